"""What is done inside a contained child: taking a mail apart, and measuring one file.

Only the fork server imports this module: it loads everything that opens untrusted bytes.
"""

import importlib
from collections.abc import Mapping, Sequence
from typing import Final

from services.intake.learning.preview import preview
from services.intake.learning.survey import survey
from services.intake.mail.message import UnreadableMail, parse, parse_file
from services.intake.mail.parsed import MessageLimits
from services.intake.measure import measure_file
from services.intake.pages.page import Limits, PageFault
from services.intake.pages.trust import Trust
from services.intake.reading import ocr
from services.intake.reading.learned.blank import LearnedForm
from services.intake.reading.measured import FileMeasured
from services.intake.remeasure import ChosenPage, measure_chosen
from services.intake.sandbox.job import Job
from services.intake.sandbox.wire import Message
from services.intake.searchable.found import FileFound, FoundPage
from services.intake.searchable.pages import find_words
from shared.events import Reason
from shared.forms import FormTemplate

LOADED_LATE: Final = (
    "encodings.ascii",
    "encodings.utf_16_be",
    "numpy.ma",
    "pdfplumber",
    "pdfminer.pdfpage",
    "pdfminer.layout",
    "pdfminer.converter",
    "services.intake.pages.esign.signatures",
    "services.intake.pages.words",
)
"""What the libraries import at their first use: 50 to 300 ms that each child would pay anew."""


def _parse_mail(message: Message) -> Message:
    """One blob, the mail → MailParsed, and the bytes of its documents."""
    limits = MessageLimits.model_validate(message.fields["limits"])
    try:
        parsed, documents = parse(message.blobs[0], limits)
    except (UnreadableMail, RecursionError) as error:
        return Message({"unreadable": str(error)[:300]})
    return Message({"mail": parsed.model_dump(mode="json")}, documents)


def _parse_file(message: Message) -> Message:
    """One blob, a file → FileParsed, and the bytes of the documents that it is or holds."""
    limits = MessageLimits.model_validate(message.fields["limits"])
    name, content_type = message.fields["filename"], message.fields["content_type"]
    parsed, documents = parse_file(message.blobs[0], name, content_type, limits)
    return Message({"file": parsed.model_dump(mode="json")}, documents)


def _measure_file(message: Message) -> Message:
    """The file, and pictures of learned forms → FileMeasured, and the pages' images as blobs."""
    measured = measure_file(
        message.blobs[0],
        message.fields["filename"],
        message.fields["content_type"],
        Limits.model_validate(message.fields["limits"]),
        message.fields["options"],
        learned=_learned(message, message.blobs[1:]),
        trust=Trust.model_validate(message.fields["trust"]),
        needs_expected=message.fields["needs_expected"],
    )
    return _told(measured)


def _measure_chosen(message: Message) -> Message:
    """The file, a picture for each chosen page, and of learned forms → FileMeasured, and images."""
    chosen = message.fields["chosen"]
    shown, blanks = message.blobs[1 : 1 + len(chosen)], message.blobs[1 + len(chosen) :]
    measured = measure_chosen(
        message.blobs[0],
        message.fields["filename"],
        message.fields["content_type"],
        Limits.model_validate(message.fields["limits"]),
        message.fields["options"],
        [
            ChosenPage(number, turn, picture)
            for (number, turn), picture in zip(chosen, shown, strict=True)
        ],
        learned=_learned(message, blanks),
        trust=Trust.model_validate(message.fields["trust"]),
        needs_expected=message.fields["needs_expected"],
    )
    return _told(measured)


def _learned(message: Message, pictures: Sequence[bytes]) -> list[LearnedForm]:
    return [
        LearnedForm(one["initiative"], FormTemplate.model_validate(one["template"]), picture)
        for one, picture in zip(message.fields["learned"], pictures, strict=True)
    ]


def _told(measured: FileMeasured) -> Message:
    images = [page.image for page in measured.pages]
    bare = tuple(page.model_copy(update={"image": b""}) for page in measured.pages)
    fields = measured.model_copy(update={"pages": bare}).model_dump(mode="json")
    return Message({"file": fields}, images)


def _find_words(message: Message) -> Message:
    """One blob, the file → FileFound, and the pictures of the wanted pages as blobs."""
    pages: list[FoundPage] = []
    pictures: list[bytes] = []
    fault: Reason | None = None
    wanted = find_words(
        message.blobs[0],
        message.fields["filename"],
        message.fields["content_type"],
        Limits.model_validate(message.fields["limits"]),
        message.fields["pages"],
    )
    try:
        for page, picture in wanted:
            pages.append(page)
            pictures.append(picture)
    except PageFault as wrong:
        fault = wrong.reason
    found = FileFound(pages=tuple(pages), fault=fault)
    return Message({"file": found.model_dump(mode="json")}, pictures)


def _survey_blank(message: Message) -> Message:
    """One blob, a blank form → BlankSurveyed, and its pages' pictures as blobs."""
    try:
        found, pictures = survey(message.blobs[0], Limits.model_validate(message.fields["limits"]))
    except PageFault as wrong:
        return Message({"fault": wrong.reason.value})
    return Message({"blank": found.model_dump(mode="json")}, pictures)


def _draw_fields(message: Message) -> Message:
    """A template, and the picture of its blank as a blob → the preview of it as a blob."""
    template = FormTemplate.model_validate(message.fields["template"])
    return Message({}, (preview(template, message.blobs[0]),))


def _load_libraries() -> Sequence[str]:
    for name in LOADED_LATE:
        importlib.import_module(name)
    # Pillow looks for its format plugins at the first picture.
    importlib.import_module("PIL.Image").init()
    return ocr.load()


JOBS: Final[Mapping[str, Job]] = {
    "parse_mail": Job(_parse_mail),
    "parse_file": Job(_parse_file),
    "survey_blank": Job(_survey_blank),
    "draw_fields": Job(_draw_fields),
    "measure_file": Job(_measure_file, prepare=_load_libraries),
    "measure_chosen": Job(_measure_chosen),
    "find_words": Job(_find_words, may_execute=True, background=True),
}
