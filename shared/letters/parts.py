"""The mails that leave by themselves, part by part: what staff may word of them. Pure.

A receipt is a frame with one block for each document; a request to send again names each fault; a
decision is one letter. Every wording that depends on what happened is a part of its own, so that no
template needs a condition.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from shared.events import Reason
from shared.letters.part_names import Form, Group, PartName
from shared.letters.part_variables import (
    ANY_DOCUMENT,
    DECISION,
    FAULT,
    FAULTS,
    FAULTS_IN_A_ROW,
    FORMER_ANSWER,
    FRAME,
    FRAME_OF_ONE,
    FRAME_OF_SEVERAL,
    LATE,
    MAIL,
    RESERVATION,
    SENT_AGAIN,
    STEPS,
    Variable,
)

__all__ = (
    "FAULT_PARTS",
    "PARTS",
    "Form",
    "Group",
    "Part",
    "PartName",
    "part_of",
    "part_source",
    "steps_in_order",
)


@dataclass(frozen=True)
class Part:
    """One template: what staff call it, where it stands, when it is used, what it may say."""

    name: PartName
    group: Group
    title: str
    used: str
    """When it is used, or what it is for; a sentence."""
    variables: tuple[Variable, ...] = ()
    titled: bool = False
    """Whether it has subject and heading; those of the others come from elsewhere."""
    form: Form = Form.FREE
    of_initiative: bool = True
    """Whether an initiative may have its own wording; what concerns none cannot."""


def _receipt(name: PartName, title: str, used: str, *variables: Variable) -> Part:
    return Part(name, Group.RECEIPT, title, used, variables, titled=True)


def _mail(name: PartName, title: str, used: str) -> Part:
    return Part(name, Group.RECEIPT, title, used, MAIL, titled=True, of_initiative=False)


def _document(name: PartName, title: str, used: str, *variables: Variable) -> Part:
    return Part(name, Group.DOCUMENT, title, used, (*ANY_DOCUMENT, *variables, LATE), titled=True)


def _decision(name: PartName, title: str, used: str, *variables: Variable) -> Part:
    return Part(name, Group.DECISION, title, used, (*DECISION, *variables), titled=True)


def _fault(name: PartName, title: str, used: str = "") -> Part:
    when = used or "När handlingen behöver skickas på nytt av det skälet."
    return Part(name, Group.FAULT, title, when, FAULT, form=Form.FAULT)


def _note(name: PartName, title: str, used: str, form: Form = Form.PARAGRAPHS) -> Part:
    return Part(name, Group.NOTE, title, used, form=form)


_P: Final = PartName
PARTS: Final[tuple[Part, ...]] = (
    Part(
        _P.RECEIPT_ONE, Group.RECEIPT, "Mejl med en handling",
        "Det som står före och efter uppgifterna om handlingen. Ämne och rubrik följer av vad som "
        "hände med den.",
        (*FRAME, FRAME_OF_ONE),
    ),
    _receipt(
        _P.RECEIPT_ANSWERS, "Mejl med flera svar",
        "När allt i mejlet är svar och inget behöver skickas på nytt.", *FRAME, *FRAME_OF_SEVERAL,
    ),
    _receipt(
        _P.RECEIPT_SEVERAL, "Mejl med flera handlingar",
        "När mejlet innehåller annat än svar och inget behöver skickas på nytt.",
        *FRAME, *FRAME_OF_SEVERAL,
    ),
    _receipt(
        _P.RECEIPT_SOME_RETURNED, "Mejl med flera handlingar, någon behövs på nytt",
        "När minst en av handlingarna behöver skickas på nytt, men inte alla.",
        *FRAME, *FRAME_OF_SEVERAL, SENT_AGAIN,
    ),
    _receipt(
        _P.RECEIPT_ALL_RETURNED, "Mejl med flera handlingar, alla behövs på nytt",
        "När alla handlingarna behöver skickas på nytt.", *FRAME, *FRAME_OF_SEVERAL, SENT_AGAIN,
    ),
    _mail(_P.MAIL_NO_FILE, "Mejl utan bifogad fil", "När mejlet saknar den fil det borde ha."),
    _mail(_P.MAIL_QUESTION, "Mejl med en fråga", "När mejlet är en fråga och inget svar."),
    _mail(_P.MAIL_NEED, "Mejl som beskriver ett behov", "När behovet står i mejlet, utan fil."),
    _mail(_P.MAIL_OTHER, "Mejl som en registrator läser", "När mejlet inte gick att läsa av."),
    _document(
        _P.DOCUMENT_RECORDED, "Svar registrerat", "När svaret är säkert och har registrerats."
    ),
    _document(
        _P.DOCUMENT_ANSWER_REVIEWED, "Svar som en registrator går igenom",
        "När det är ett svar om ett känt initiativ, men något är osäkert.",
    ),
    _document(
        _P.DOCUMENT_REVIEWED, "Handling som en registrator går igenom",
        "När det inte är säkert vad handlingen är.",
    ),
    _document(
        _P.DOCUMENT_DUPLICATE, "Dubblett", "När samma svar har kommit in tidigare."
    ),
    _document(
        _P.DOCUMENT_RETURNED, "Ny handling behövs",
        "När avsändaren behöver skicka handlingen på nytt. Vad som är fel, och hur det rättas, "
        "kommer från mallarna för skäl.", FAULTS_IN_A_ROW, STEPS,
    ),
    _document(_P.DOCUMENT_NEED, "Behov", "När handlingen beskriver ett behov."),
    _decision(
        _P.DECISION_RECORDED, "Svaret är registrerat",
        "När en registrator har registrerat svaret.", FORMER_ANSWER, LATE, RESERVATION,
    ),
    _decision(
        _P.DECISION_DUPLICATE, "Handlingen är en dubblett",
        "När en registrator har sett att samma svar har kommit in tidigare.",
    ),
    _decision(
        _P.DECISION_RETURNED, "Begäran om nytt svar",
        "När en registrator begär ett nytt svar. Vad som är fel, och hur det rättas, kommer från "
        "mallarna för skäl.", FAULTS, STEPS,
    ),
    _fault(_P.RESEND_SIGNATURE_MISSING, "Underskrift saknas"),
    _fault(_P.RESEND_SIGNATURE_UNCLEAR, "Underskriften är otydlig"),
    _fault(_P.RESEND_SEVERAL_MARKED, "Mer än ett svar markerat"),
    _fault(_P.RESEND_NONE_MARKED, "Inget svar markerat"),
    _fault(_P.RESEND_MARK_DOUBTFUL, "Markeringen är otydlig"),
    _fault(_P.RESEND_UNEXPLAINED_INK, "Något är skrivet utanför fälten"),
    _fault(_P.RESEND_FIELDS_CONTRADICT_PIXELS, "Formulärfälten stämmer inte med sidan"),
    _fault(_P.RESEND_LOOK_CAN_CHANGE, "Filen kan se olika ut"),
    _fault(_P.RESEND_LOCKED_FILE, "Filen är låst"),
    _fault(_P.RESEND_EMPTY_FILE, "Filen är tom"),
    _fault(_P.RESEND_UNREADABLE_FILE, "Filen går inte att öppna"),
    _fault(_P.RESEND_FILE_REPAIRED, "Filen är skadad"),
    _fault(_P.RESEND_UNSUPPORTED_FORMAT, "Okänd filtyp"),
    _fault(_P.RESEND_TOO_LARGE, "Filen är för stor"),
    _fault(_P.RESEND_TOO_MANY_PAGES, "För många sidor"),
    _fault(_P.RESEND_TOO_MANY_PIXELS, "Bilden är för stor"),
    _fault(_P.RESEND_BLANK_PAGE, "Sidan är tom"),
    _fault(_P.RESEND_LOW_RESOLUTION, "Bilden är otydlig"),
    _fault(_P.RESEND_NO_CODE, "Inte vår blankett"),
    _fault(_P.RESEND_UNKNOWN_FORM_VERSION, "Fel blankett för initiativet"),
    _fault(_P.RESEND_UNKNOWN_INITIATIVE, "Initiativet framgår inte"),
    _fault(_P.RESEND_UNKNOWN_MUNICIPALITY, "Kommunen framgår inte"),
    _fault(_P.RESEND_MUNICIPALITY_UNPROVEN, "Kommunen framgår inte säkert"),
    _fault(_P.RESEND_SEVERAL_FORMS_ON_PAGE, "Flera blanketter på en sida"),
    _fault(_P.RESEND_EXTRA_PAGE, "Mer än blanketten"),
    _fault(_P.RESEND_SAME_MAIL_CONTRADICTS, "Olika svar i samma mejl"),
    _fault(_P.RESEND_CONFLICT, "Ett annat svar har lämnats tidigare"),
    _fault(_P.RESEND_E_SIGNATURE_UNTRUSTED, "E-underskrift från okänd utfärdare"),
    _fault(_P.RESEND_E_SIGNATURE_INVALID, "E-underskriften gäller inte"),
    _fault(_P.RESEND_E_SIGNATURE_ON_PAPER, "Utskriven e-underskrift"),
    _fault(
        _P.RESEND_NOT_READ, "Filen gick inte att läsa",
        "När filen inte gick att läsa och inget annat skäl är känt.",
    ),
    _fault(
        _P.RESEND_NOT_CERTAIN, "Svaret är inte säkert",
        "När en registrator begär ett nytt svar utan något av de andra skälen.",
    ),
    _note(
        _P.NOTE_LATE, "För sent inkommet",
        "Där {{för_sent}} står, när handlingen kom in efter sista svarsdag.",
    ),
    _note(
        _P.NOTE_AUTHORITY, "Förbehåll om underskrift",
        "Där {{förbehåll}} står, när mejlet innehåller ett svar.",
    ),
    _note(
        _P.NOTE_AUTOMATIC, "Sista raden i en bekräftelse", "Under avsändarens namn.", Form.LINE
    ),
    _note(
        _P.NOTE_BY_PERSON, "Sista raden i ett besked om beslut", "Under avsändarens namn.",
        Form.LINE,
    ),
)  # fmt: skip

FAULT_PARTS: Final[Mapping[Reason, PartName]] = {
    **{
        reason: PartName(f"resend_{reason.value}")
        for reason in Reason
        if f"resend_{reason.value}" in set(PartName)
    },
    Reason.REGISTRATION_FAILED: PartName.RESEND_LOW_RESOLUTION,
}
"""The reasons whose fault a sender can mend, and how each is told of."""


@cache
def part_of(name: PartName) -> Part:
    """What is known of a part."""
    return next(part for part in PARTS if part.name is name)


@cache
def part_source(name: PartName) -> str:
    """The part as it is delivered, for `template.parse`."""
    return (_FOLDER / "automatic" / f"{name}.txt").read_text("utf-8")


@cache
def steps_in_order() -> tuple[str, ...]:
    """Every step of the faults as delivered, in the order in which one takes them."""
    return tuple((_FOLDER / "steps.txt").read_text("utf-8").splitlines())


_FOLDER: Final = Path(__file__).parent / "templates"
