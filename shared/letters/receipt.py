"""The receipt: tells the sender that a mail has arrived, what it is registered as, and, where a
document cannot be used, what to send instead.

It confirms arrival and nothing more. Of the sender's mail it repeats only the files' names. How it
is worded stands in its parts: a frame, and a block for each document.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from shared.events import Disposition, Fate, MailRegistered, Reason, RegisteredDocument
from shared.letters.document import facts, lateness, origin, signature, values_of
from shared.letters.letter import Block, Letter, Shape
from shared.letters.mending import faults_of, steps_for
from shared.letters.parts import PartName
from shared.letters.plain import listing, moment, number_word, one_line
from shared.letters.wordings import Worded, Wordings
from shared.letters.written import sections_of

KIND: Final = "receipt"
MAX_SHOWN: Final = 50
"""Documents named one by one; a mail with more is no answer from a municipality."""
MAX_NUMBERS_IN_SUBJECT: Final = 3


def receipt(
    event: MailRegistered,
    *,
    send_to: str,
    signed_by: str,
    organisation: str,
    wordings: Wordings | None = None,
) -> Letter:
    """Write the receipt for a mail.

    `send_to` is the address for a new document, `signed_by` the name of the mailbox that answers,
    `organisation` has received the mail. Unless there are `wordings`, it is worded as delivered.
    """
    words = wordings or Wordings()
    values = {
        "organisation": organisation,
        "inkom": moment(event.received_at),
        "svarsadress": send_to,
    }
    if not event.documents:
        titles = whole = words.word(mail_part(event), None, values | _own_number(event))
    elif len(event.documents) == 1:
        titles, whole = _one(event.documents[0], send_to, words, values)
    else:
        titles = whole = _several(event.documents, send_to, words, values)
    return Letter(
        subject=titles.subject,
        heading=titles.heading,
        sections=tuple(sections_of(whole.blocks)),
        signature=signature(
            signed_by,
            organisation,
            words.word(PartName.NOTE_AUTOMATIC, shared_initiative(event.documents)),
        ),
    )


def mail_part(event: MailRegistered) -> PartName:
    """Which part words the receipt for a mail that is itself the matter."""
    if Reason.NO_ATTACHMENT in event.mail_reasons:
        return PartName.MAIL_NO_FILE
    if event.disposition is Disposition.QUESTION or Reason.QUESTION in event.mail_reasons:
        return PartName.MAIL_QUESTION
    if event.disposition is Disposition.NEED:
        return PartName.MAIL_NEED
    return PartName.MAIL_OTHER


def frame_part(documents: Sequence[RegisteredDocument]) -> PartName:
    """Which part words what stands around the documents."""
    returned = sum(document.fate is Fate.RETURNED for document in documents)
    if len(documents) == 1:
        return PartName.RECEIPT_ONE
    if returned == len(documents):
        return PartName.RECEIPT_ALL_RETURNED
    if returned:
        return PartName.RECEIPT_SOME_RETURNED
    if all(_is_answer(document) for document in documents):
        return PartName.RECEIPT_ANSWERS
    return PartName.RECEIPT_SEVERAL


def document_part(document: RegisteredDocument) -> PartName:
    """Which part words what is said of one document."""
    match document.fate:
        case Fate.RECORDED:
            return PartName.DOCUMENT_RECORDED
        case Fate.DUPLICATE:
            return PartName.DOCUMENT_DUPLICATE
        case Fate.RETURNED:
            return PartName.DOCUMENT_RETURNED
        case Fate.NEED:
            return PartName.DOCUMENT_NEED
        case _ if document.initiative_name is not None:
            return PartName.DOCUMENT_ANSWER_REVIEWED
        case _:
            return PartName.DOCUMENT_REVIEWED


def shared_initiative(documents: Sequence[RegisteredDocument]) -> str | None:
    """Return the initiative that all of these concern, if it is one."""
    initiatives = {document.initiative for document in documents}
    return initiatives.pop() if len(initiatives) == 1 else None


# --- A mail with documents -------------------------------------------------------------------


def _one(
    document: RegisteredDocument, send_to: str, words: Wordings, values: Mapping[str, str]
) -> tuple[Worded, Worded]:
    """Titles by what became of the document, all else by the frame."""
    about = _about(document, send_to, words, alone=True)
    need = document.fate is Fate.NEED
    what = "er beskrivning av ett behov" if need else f"en handling{origin(document)}"
    frame = words.word(
        PartName.RECEIPT_ONE,
        document.initiative,
        {**values, "handlingen": what},
        {"handlingar": about.blocks, "förbehåll": _reservation(words, [document])},
    )
    return about, frame


def _several(
    documents: Sequence[RegisteredDocument],
    send_to: str,
    words: Wordings,
    values: Mapping[str, str],
) -> Worded:
    beyond = len(documents) - MAX_SHOWN
    return words.word(
        frame_part(documents),
        shared_initiative(documents),
        {
            **values,
            "antal": str(len(documents)),
            "antal_ord": number_word(len(documents)),
            "antal_nya": number_word(sum(one.fate is Fate.RETURNED for one in documents)),
            "diarienummer": _numbers(documents),
            "ytterligare": str(beyond) if beyond > 0 else "",
        },
        {
            "handlingar": tuple(_each(documents[:MAX_SHOWN], send_to, words)),
            "förbehåll": _reservation(words, documents),
        },
    )


def _each(
    documents: Sequence[RegisteredDocument], send_to: str, words: Wordings
) -> Iterator[Block]:
    for document in documents:
        yield Block(Shape.HEADING, (_title(document),))
        yield from _about(document, send_to, words, alone=False).blocks
    # What the frame says after them belongs to none of them.
    yield Block(Shape.HEADING, ("",))


def _about(document: RegisteredDocument, send_to: str, words: Wordings, *, alone: bool) -> Worded:
    values = values_of(document, send_to)
    pieces = {
        "uppgifter": facts(document, with_initiative=alone),
        "för_sent": lateness(document, words),
    }
    if document.fate is Fate.RETURNED:
        faults = faults_of(document.reasons, words, document.initiative, values)
        values["vad_som_är_fel"] = " ".join(what for fault in faults for what in fault.what)
        pieces["steg"] = (Block(Shape.STEPS, steps_for(faults)),)
    return words.word(document_part(document), document.initiative, values, pieces)


def _title(document: RegisteredDocument) -> str:
    if document.initiative_name:
        return one_line(document.initiative_name)
    if document.fate is Fate.NEED:
        return "Behov"
    return f"Handling {document.handling}"


def _reservation(words: Wordings, documents: Sequence[RegisteredDocument]) -> tuple[Block, ...]:
    if all(document.fate is Fate.NEED for document in documents):
        return ()
    return words.word(PartName.NOTE_AUTHORITY, shared_initiative(documents)).blocks


def _is_answer(document: RegisteredDocument) -> bool:
    return document.fate in (Fate.RECORDED, Fate.DUPLICATE) or (
        document.fate is Fate.REVIEW and document.initiative_name is not None
    )


def _numbers(documents: Sequence[RegisteredDocument]) -> str:
    numbers = list(dict.fromkeys(one_line(document.dnr) for document in documents))
    if len(numbers) > MAX_NUMBERS_IN_SUBJECT:
        return f"{', '.join(numbers[:MAX_NUMBERS_IN_SUBJECT])} m.fl."
    return listing(numbers)


def _own_number(event: MailRegistered) -> dict[str, str]:
    if not event.dnr:
        return {}
    number = one_line(event.dnr)
    whole = f"{number}, handling {event.handling}" if event.handling else number
    return {"dnr": number, "nummer": whole}
