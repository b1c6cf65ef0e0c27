"""The receipt: tells the sender that a mail has arrived, what it is registered as, and, where a
document cannot be used, what to send instead.

It confirms arrival and nothing more. Of the sender's mail it repeats only the files' names.
"""

from typing import Final

from shared.events import Disposition, Fate, MailRegistered, Reason, RegisteredDocument
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
from shared.letters.mending import faults_of, steps_for
from shared.letters.plain import listing, moment, number_word, one_line

KIND: Final = "receipt"
WRONG_WITHOUT_NUMBER: Final = "Stämmer något inte? Svara på detta mejl."
AUTOMATIC: Final = "Det här mejlet är skickat automatiskt."
MAX_SHOWN: Final = 50
"""Documents named one by one; a mail with more is no answer from a municipality."""
MAX_NUMBERS_IN_SUBJECT: Final = 3


def receipt(event: MailRegistered, *, send_to: str, signed_by: str, organisation: str) -> Letter:
    """Write the receipt for a mail.

    `send_to` is the address for a new document, `signed_by` the name of the mailbox that answers,
    `organisation` has received the mail.
    """
    signature = (signed_by, organisation, AUTOMATIC)
    if not event.documents:
        return _about_the_mail(event, send_to, organisation, signature)
    shown = event.documents[:MAX_SHOWN]
    beyond = len(event.documents) - len(shown)
    return Letter(
        subject=_subject(event.documents),
        heading=_heading(event.documents),
        opening=_opening(event, organisation),
        sections=tuple(_section(document, len(event.documents), send_to) for document in shown),
        closing=(
            *((f"Mejlet innehåller ytterligare {beyond} handlingar.",) if beyond else ()),
            *((NO_AUTHORITY_CHECKED,) if _has_answers(event.documents) else ()),
            WRONG,
        ),
        signature=signature,
    )


# --- A mail with documents -------------------------------------------------------------------


def _opening(event: MailRegistered, organisation: str) -> tuple[str, ...]:
    when = moment(event.received_at)
    if len(event.documents) == 1:
        (document,) = event.documents
        if document.fate is Fate.NEED:
            return (f"{organisation} har den {when} tagit emot er beskrivning av ett behov.",)
        return (f"{organisation} har den {when} tagit emot en handling{origin(document)}.",)
    number = number_word(len(event.documents))
    return (
        f"{organisation} har den {when} tagit emot ett mejl med {number} handlingar. "
        "Varje handling är registrerad för sig.",
    )


def _section(document: RegisteredDocument, among: int, send_to: str) -> Section:
    heading = REGISTERED if among == 1 else _title(document)
    returned = document.fate is Fate.RETURNED
    return Section(
        heading=heading,
        facts=facts(document, with_initiative=among == 1),
        remarks=_remarks(document),
        steps_heading="Så skickar ni en ny handling" if returned else "",
        steps=_steps(document, send_to) if returned else (),
    )


def _title(document: RegisteredDocument) -> str:
    if document.initiative_name:
        return one_line(document.initiative_name)
    if document.fate is Fate.NEED:
        return "Behov"
    return f"Handling {document.handling}"


def _remarks(document: RegisteredDocument) -> tuple[str, ...]:
    remarks: list[str] = []
    match document.fate:
        case Fate.RECORDED:
            pass
        case Fate.DUPLICATE:
            remarks.append(
                "Samma handling har kommit in tidigare. Den ändrar inte det som redan är "
                "registrerat."
            )
        case Fate.REVIEW:
            remarks.append(
                "En registrator går igenom handlingen. Vi hör av oss om något behöver kompletteras."
            )
        case Fate.RETURNED:
            whats = " ".join(fault.what for fault in faults_of(document.reasons))
            remarks.append(
                f"Vi kan inte registrera något svar från den här handlingen. {whats} "
                "Vi behöver därför en ny."
            )
        case Fate.NEED:
            remarks.append(
                "Programkontoret går igenom beskrivningen. Vi hör av oss om den behöver "
                "kompletteras."
            )
    if document.late:
        remarks.append(LATE)
    return tuple(remarks)


def _steps(document: RegisteredDocument, send_to: str) -> tuple[str, ...]:
    return (
        *steps_for(faults_of(document.reasons)),
        where_to(document, send_to),
    )


def _has_answers(documents: tuple[RegisteredDocument, ...]) -> bool:
    return any(document.fate is not Fate.NEED for document in documents)


# --- Its subject -----------------------------------------------------------------------------


def _subject(documents: tuple[RegisteredDocument, ...]) -> str:
    return f"Bekräftelse – {_arrived(documents)}, {_numbers(documents)}"


def _heading(documents: tuple[RegisteredDocument, ...]) -> str:
    returned = sum(document.fate is Fate.RETURNED for document in documents)
    if not returned:
        return f"Bekräftelse – {_arrived(documents)}"
    if returned == len(documents):
        return "Vi behöver en ny handling" if returned == 1 else "Vi behöver nya handlingar"
    return f"Bekräftelse – {_arrived(documents)}"


def _arrived(documents: tuple[RegisteredDocument, ...]) -> str:
    number = len(documents)
    returned = sum(document.fate is Fate.RETURNED for document in documents)
    if number == 1:
        if returned:
            return "handling mottagen, ny handling behövs"
        if documents[0].fate is Fate.NEED:
            return "behov mottaget"
        return "svar mottaget" if _is_answer(documents[0]) else "handling mottagen"
    if returned:
        again = "en behöver" if returned == 1 else f"{number_word(returned)} behöver"
        return f"{number} handlingar mottagna, {again} skickas på nytt"
    if all(_is_answer(document) for document in documents):
        return f"{number} svar mottagna"
    return f"{number} handlingar mottagna"


def _is_answer(document: RegisteredDocument) -> bool:
    return document.fate in (Fate.RECORDED, Fate.DUPLICATE) or (
        document.fate is Fate.REVIEW and document.initiative_name is not None
    )


def _numbers(documents: tuple[RegisteredDocument, ...]) -> str:
    numbers = list(dict.fromkeys(one_line(document.dnr) for document in documents))
    if len(numbers) > MAX_NUMBERS_IN_SUBJECT:
        return f"dnr {', '.join(numbers[:MAX_NUMBERS_IN_SUBJECT])} m.fl."
    return f"dnr {listing(numbers)}"


# --- A mail that is itself the matter ---------------------------------------------------------


def _about_the_mail(
    event: MailRegistered, send_to: str, organisation: str, signature: tuple[str, ...]
) -> Letter:
    when = moment(event.received_at)
    number = (
        f" Det är registrerat med diarienummer {one_line(event.dnr)}"
        + (f", handling {event.handling}." if event.handling else ".")
        if event.dnr
        else ""
    )
    arrived = f"{organisation} har den {when} tagit emot ert mejl.{number}"
    what, remarks, steps = _matter(event, send_to)
    return Letter(
        subject=f"Bekräftelse – {what}" + (f", dnr {one_line(event.dnr)}" if event.dnr else ""),
        heading=f"Bekräftelse – {what}",
        opening=(arrived, *remarks),
        steps_heading="Om ni ville lämna ett svar på ett erbjudande" if steps else "",
        steps=steps,
        closing=(WRONG if event.dnr else WRONG_WITHOUT_NUMBER,),
        signature=signature,
    )


def _matter(event: MailRegistered, send_to: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """What the subject says, what the letter says, and what the sender can do."""
    if Reason.NO_ATTACHMENT in event.mail_reasons:
        return (
            "mejl mottaget, ingen fil hittades",
            (
                "Vi hittade ingen bifogad fil i mejlet och har därför inte registrerat något svar. "
                "En registrator läser mejlet.",
            ),
            (
                "Bifoga den underskrivna blanketten som pdf-fil. En länk till filen räcker inte.",
                f"Skicka den till {send_to}.",
            ),
        )
    if event.disposition is Disposition.QUESTION or Reason.QUESTION in event.mail_reasons:
        return "mejl mottaget", ("En handläggare läser mejlet och återkommer till er.",), ()
    if event.disposition is Disposition.NEED:
        return (
            "behov mottaget",
            ("Programkontoret går igenom ert förslag. Vi hör av oss om det behöver kompletteras.",),
            (),
        )
    return (
        "mejl mottaget",
        (
            "Vi har inte kunnat läsa av mejlet automatiskt. En registrator går igenom det och hör "
            "av sig om något behöver kompletteras.",
        ),
        (),
    )
