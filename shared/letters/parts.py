"""The mails that leave by themselves, part by part: what staff may word of them. Pure.

A receipt is a frame with one block for each document; a request to send again names each fault; a
decision is one letter. Every wording that depends on what happened is a part of its own, so that no
template needs a condition.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from shared.events import Reason
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


class Group(StrEnum):
    """Where a part stands; the order in which staff read them."""

    RECEIPT = "receipt"
    DOCUMENT = "document"
    DECISION = "decision"
    FAULT = "fault"
    NOTE = "note"


class Form(StrEnum):
    """What a part's text may consist of."""

    FREE = "free"
    FAULT = "fault"
    """Paragraphs that say what is wrong, then numbered steps that mend it; both."""
    PARAGRAPHS = "paragraphs"
    LINE = "line"


class PartName(StrEnum):
    """One template each. What happened decides which is used, and staff how it is worded."""

    RECEIPT_ONE = "receipt_one"
    RECEIPT_ANSWERS = "receipt_answers"
    RECEIPT_SEVERAL = "receipt_several"
    RECEIPT_SOME_RETURNED = "receipt_some_returned"
    RECEIPT_ALL_RETURNED = "receipt_all_returned"
    MAIL_NO_FILE = "mail_no_file"
    MAIL_QUESTION = "mail_question"
    MAIL_NEED = "mail_need"
    MAIL_OTHER = "mail_other"
    DOCUMENT_RECORDED = "document_recorded"
    DOCUMENT_ANSWER_REVIEWED = "document_answer_reviewed"
    DOCUMENT_REVIEWED = "document_reviewed"
    DOCUMENT_DUPLICATE = "document_duplicate"
    DOCUMENT_RETURNED = "document_returned"
    DOCUMENT_NEED = "document_need"
    DECISION_RECORDED = "decision_recorded"
    DECISION_DUPLICATE = "decision_duplicate"
    DECISION_RETURNED = "decision_returned"
    RESEND_SIGNATURE_MISSING = "resend_signature_missing"
    RESEND_SIGNATURE_UNCLEAR = "resend_signature_unclear"
    RESEND_SEVERAL_MARKED = "resend_several_marked"
    RESEND_NONE_MARKED = "resend_none_marked"
    RESEND_MARK_DOUBTFUL = "resend_mark_doubtful"
    RESEND_UNEXPLAINED_INK = "resend_unexplained_ink"
    RESEND_FIELDS_CONTRADICT_PIXELS = "resend_fields_contradict_pixels"
    RESEND_LOOK_CAN_CHANGE = "resend_look_can_change"
    RESEND_LOCKED_FILE = "resend_locked_file"
    RESEND_EMPTY_FILE = "resend_empty_file"
    RESEND_UNREADABLE_FILE = "resend_unreadable_file"
    RESEND_FILE_REPAIRED = "resend_file_repaired"
    RESEND_UNSUPPORTED_FORMAT = "resend_unsupported_format"
    RESEND_TOO_LARGE = "resend_too_large"
    RESEND_TOO_MANY_PAGES = "resend_too_many_pages"
    RESEND_TOO_MANY_PIXELS = "resend_too_many_pixels"
    RESEND_BLANK_PAGE = "resend_blank_page"
    RESEND_LOW_RESOLUTION = "resend_low_resolution"
    RESEND_NO_CODE = "resend_no_code"
    RESEND_UNKNOWN_FORM_VERSION = "resend_unknown_form_version"
    RESEND_UNKNOWN_INITIATIVE = "resend_unknown_initiative"
    RESEND_UNKNOWN_MUNICIPALITY = "resend_unknown_municipality"
    RESEND_MUNICIPALITY_UNPROVEN = "resend_municipality_unproven"
    RESEND_SEVERAL_FORMS_ON_PAGE = "resend_several_forms_on_page"
    RESEND_EXTRA_PAGE = "resend_extra_page"
    RESEND_SAME_MAIL_CONTRADICTS = "resend_same_mail_contradicts"
    RESEND_CONFLICT = "resend_conflict"
    RESEND_E_SIGNATURE_UNTRUSTED = "resend_e_signature_untrusted"
    RESEND_E_SIGNATURE_INVALID = "resend_e_signature_invalid"
    RESEND_E_SIGNATURE_ON_PAPER = "resend_e_signature_on_paper"
    RESEND_NOT_READ = "resend_not_read"
    RESEND_NOT_CERTAIN = "resend_not_certain"
    NOTE_LATE = "note_late"
    NOTE_AUTHORITY = "note_authority"
    NOTE_AUTOMATIC = "note_automatic"
    NOTE_BY_PERSON = "note_by_person"


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
