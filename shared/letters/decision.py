"""What a registrar decided about a document, told to its sender: registered, a duplicate, or a new
one is needed.

Of the sender's mail it repeats only the files' names; of the register, only what concerns this
answer. What the registrar wrote stands in it as text.
"""

from collections.abc import Mapping
from typing import Final

from shared.events import DocumentResolved, Fate
from shared.letters.document import facts, lateness, origin, signature, values_of
from shared.letters.letter import Block, Letter, Shape
from shared.letters.mending import faults_of, steps_for
from shared.letters.parts import PartName
from shared.letters.plain import moment, one_line, paragraphs_of
from shared.letters.wordings import Wordings
from shared.letters.written import sections_of

DECISION: Final = "decision"
RETURN_REQUEST: Final = "return_request"
KINDS: Final = {
    Fate.RECORDED: DECISION,
    Fate.DUPLICATE: DECISION,
    Fate.RETURNED: RETURN_REQUEST,
}
"""What kind of mail tells of a fate; of the others, nothing is told."""
DECISION_PARTS: Final[Mapping[Fate, PartName]] = {
    Fate.RECORDED: PartName.DECISION_RECORDED,
    Fate.DUPLICATE: PartName.DECISION_DUPLICATE,
    Fate.RETURNED: PartName.DECISION_RETURNED,
}


def decision(
    event: DocumentResolved,
    *,
    send_to: str,
    signed_by: str,
    organisation: str,
    wordings: Wordings | None = None,
) -> Letter:
    """Write the letter about a decision whose fate is one of `KINDS`.

    `send_to` is the address for a new document, `signed_by` the name of the mailbox that answers,
    `organisation` has received the mail. Unless there are `wordings`, it is worded as delivered.
    """
    words, document = wordings or Wordings(), event.document
    about_document = values_of(document, send_to)
    values = about_document | {
        "organisation": organisation,
        "inkom": moment(event.received_at),
        "handlingen": f"en handling{origin(document)}",
        "tidigare_svar": one_line(event.replaces_label or ""),
        "tidigare_dnr": _former_number(event),
    }
    pieces = {
        "uppgifter": facts(document, with_initiative=True, reviewed=True),
        "meddelande": tuple(
            Block(Shape.PARAGRAPH, (paragraph,), linked=False)
            for paragraph in paragraphs_of(event.message)
        ),
        "för_sent": lateness(document, words),
        "förbehåll": words.word(PartName.NOTE_AUTHORITY, document.initiative).blocks,
    }
    if document.fate is Fate.RETURNED:
        # A registrar may ask again for a reason that only the message tells.
        faults = faults_of(
            document.reasons,
            words,
            document.initiative,
            about_document,
            otherwise=PartName.RESEND_NOT_CERTAIN,
        )
        pieces["skäl"] = tuple(
            Block(Shape.PARAGRAPH, (what,)) for fault in faults for what in fault.what
        )
        pieces["steg"] = (Block(Shape.STEPS, steps_for(faults)),)
    worded = words.word(DECISION_PARTS[document.fate], document.initiative, values, pieces)
    last = words.word(PartName.NOTE_BY_PERSON, document.initiative)
    return Letter(
        subject=worded.subject,
        heading=worded.heading,
        sections=tuple(sections_of(worded.blocks)),
        signature=signature(signed_by, organisation, last),
    )


def _former_number(event: DocumentResolved) -> str:
    former = one_line(event.former_dnr)
    return former if former != one_line(event.document.dnr) else ""
