"""What a registrar decided about a document, told to its sender: registered, a duplicate, or a new
one is needed.

Of the sender's mail it repeats only the files' names; of the register, only what concerns this
answer. What the registrar wrote stands in it as text.
"""

from dataclasses import dataclass
from typing import Final

from shared.events import DocumentResolved, Fate
from shared.letters.document import (
    LATE,
    NO_AUTHORITY_CHECKED,
    REGISTERED,
    WRONG,
    facts,
    origin,
    where_to,
)
from shared.letters.letter import Letter, Section
from shared.letters.mending import (
    NEW_FORM,
    SCAN_AGAIN,
    SIGN,
    Fault,
    faults_of,
    steps_for,
)
from shared.letters.plain import moment, one_line, paragraphs_of

DECISION: Final = "decision"
RETURN_REQUEST: Final = "return_request"
KINDS: Final = {
    Fate.RECORDED: DECISION,
    Fate.DUPLICATE: DECISION,
    Fate.RETURNED: RETURN_REQUEST,
}
"""What kind of mail tells of a fate; of the others, nothing is told."""
WHY_HEADING: Final = "Varför vi behöver ett nytt svar"
STEPS_HEADING: Final = "Så skickar ni ett nytt svar"
MESSAGE_HEADING: Final = "Meddelande från registraturen"
BY_A_PERSON: Final = "En registrator har gått igenom handlingen. Mejlet är skickat automatiskt."
NOT_CERTAIN: Final = Fault(
    "Vi kan inte säkert se vad kommunen svarar.", (NEW_FORM, SIGN, SCAN_AGAIN)
)


@dataclass(frozen=True)
class _Wording:
    """What the kinds of letter do not have in common."""

    heading: str
    opening: str
    closing: tuple[str, ...] = (WRONG,)


_RECORDED: Final = _Wording(
    "Nu är ert svar registrerat",
    "En registrator har gått igenom den och registrerat ert svar.",
    (NO_AUTHORITY_CHECKED, WRONG),
)
_DUPLICATE: Final = _Wording(
    "Handlingen är en dubblett",
    "En registrator har gått igenom den och sett att samma svar har kommit in tidigare. "
    "Handlingen ändrar inte det som redan är registrerat, och ni behöver inte göra något.",
)
_RETURNED: Final = _Wording(
    "Vi behöver ett nytt svar",
    "En registrator har gått igenom den. Vi kan inte registrera något svar från handlingen och "
    "ber er därför att skicka en ny.",
)
_WORDINGS: Final = {
    Fate.RECORDED: _RECORDED,
    Fate.DUPLICATE: _DUPLICATE,
    Fate.RETURNED: _RETURNED,
}


def decision(event: DocumentResolved, *, send_to: str, signed_by: str, organisation: str) -> Letter:
    """Write the letter about a decision whose fate is one of `KINDS`.

    `send_to` is the address for a new document, `signed_by` the name of the mailbox that answers,
    `organisation` has received the mail.
    """
    document = event.document
    wording = _WORDINGS[document.fate]
    arrived = (
        f"{organisation} har den {moment(event.received_at)} tagit emot en handling"
        f"{origin(document)}."
    )
    return Letter(
        subject=f"{wording.heading}, dnr {one_line(document.dnr)}",
        heading=wording.heading,
        opening=(f"{arrived} {wording.opening}",),
        sections=_sections(event, send_to),
        closing=wording.closing,
        signature=(signed_by, organisation, BY_A_PERSON),
    )


def _sections(event: DocumentResolved, send_to: str) -> tuple[Section, ...]:
    """What the reader is to do comes before what is only to be known."""
    document = event.document
    registered = Section(
        REGISTERED,
        facts=facts(document, with_initiative=True, reviewed=True),
        remarks=_remarks(event),
    )
    paragraphs = tuple(paragraphs_of(event.message))
    message = (Section(MESSAGE_HEADING, remarks=paragraphs),) if paragraphs else ()
    if document.fate is not Fate.RETURNED:
        return (*message, registered)
    # A registrar may ask again for a reason that only the message tells.
    faults = faults_of(document.reasons, otherwise=NOT_CERTAIN)
    why = Section(WHY_HEADING, remarks=tuple(fault.what for fault in faults))
    steps = Section(STEPS_HEADING, steps=(*steps_for(faults), where_to(document, send_to)))
    return (why, *message, steps, registered)


def _remarks(event: DocumentResolved) -> tuple[str, ...]:
    document = event.document
    remarks: list[str] = []
    if document.fate is Fate.RECORDED and event.replaces_label:
        former = one_line(event.replaces_label)
        remarks.append(f"Svaret ersätter kommunens tidigare svar, som var: {former}.")
    number, former_number = one_line(document.dnr), one_line(event.former_dnr)
    if former_number and former_number != number:
        remarks.append(
            f"I vår bekräftelse stod diarienumret {former_number}. Handlingen har nu "
            f"diarienumret {number}, och det är det som gäller."
        )
    if document.fate is Fate.RECORDED and document.late:
        remarks.append(LATE)
    return tuple(remarks)
