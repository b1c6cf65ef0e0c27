"""Every reason there is can be provoked: by a file, here or in the test that is named for it.

A new reason goes into one of the three tables, or the first test fails.
"""

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import pikepdf
import pytest
from PIL import Image

from services.console.demo.scans import Hand, Stroke
from services.intake.pages.page import Limits
from shared.events import Reason
from tests.bench.forms.cases import printed, template
from tests.unit.reading.mails import reasons_of
from tests.unit.reading.papers import documents, paper, pdf, png, wiped
from tests.unit.reading.test_bad_input import beside, filled, printed_by

A4 = (3508, 2480)
CODES = template().codes

Reasons = Callable[[], set[Reason]]


def of_file(data: bytes, name: str = "svar.pdf", limits: Limits | None = None) -> set[Reason]:
    return {reason for one in documents(data, name, limits=limits) for reason in one.reasons}


def locked() -> bytes:
    file = io.BytesIO()
    with pikepdf.open(io.BytesIO(printed())) as made:
        made.save(file, encryption=pikepdf.Encryption(owner="o", user="u"))
    return file.getvalue()


def stumbling() -> bytes:
    file = io.BytesIO()
    with pikepdf.open(io.BytesIO(printed())) as form:
        picture = form.make_stream(b"x", {"/Subtype": pikepdf.Name.Image, "/Height": 1})
        picture.Width = pikepdf.String("wide")
        form.pages[0].add_resource(picture, pikepdf.Name.XObject)
        form.save(file)
    return file.getvalue()


def large() -> bytes:
    file = io.BytesIO()
    Image.new("1", (9_000, 9_000), 1).save(file, "PNG")
    return file.getvalue()


def with_appendix() -> set[Reason]:
    page = np.full(A4, 250, np.uint8)
    cv2.putText(page, "Protokoll", (300, 900), cv2.FONT_HERSHEY_SIMPLEX, 5, (0,), 12)
    return reasons_of({"svar.pdf": pdf([paper()]), "protokoll.png": png(page)})


def coarse() -> set[Reason]:
    small = cv2.resize(paper(), None, fx=0.42, fy=0.42, interpolation=cv2.INTER_AREA)
    return of_file(pdf([small]))


def without_marks_in_the_corners() -> set[Reason]:
    page = paper()
    for mark in template().corner_marks[:3]:
        page = wiped(page, mark.grown(0.5))
    return of_file(png(page), "svar.png")


def two_codes_that_differ() -> set[Reason]:
    other = filled(printed_by(initiative="kompetens-2019"))
    page = np.array(paper())
    half = page.shape[0] // 2
    page[half:] = other[half:]
    return of_file(png(page), "svar.png")


def written_between_the_boxes() -> set[Reason]:
    return of_file(png(paper(note="ja, men inte i år", note_at_mm=(110.0, 96.0))), "svar.png")


PROVOKED: Final[Mapping[Reason, Reasons]] = {
    Reason.UNREADABLE_FILE: lambda: of_file(b"%PDF-1.7\nnothing more"),
    Reason.FILE_REPAIRED: lambda: of_file(pdf([paper()])[:-30]),
    Reason.LOCKED_FILE: lambda: of_file(locked()),
    Reason.EMPTY_FILE: lambda: of_file(b""),
    Reason.UNSUPPORTED_FORMAT: lambda: of_file(b"{\\rtf1 Vi svarar ja.}", "svar.rtf"),
    Reason.TOO_LARGE: lambda: of_file(pdf([paper()]), limits=Limits(bytes=1000)),
    Reason.TOO_MANY_PAGES: lambda: of_file(pdf([paper()] * 2), limits=Limits(pages=1)),
    Reason.TOO_MANY_PIXELS: lambda: of_file(large(), "svar.png"),
    Reason.READER_CRASHED: lambda: of_file(stumbling()),
    Reason.BLANK_PAGE: lambda: of_file(pdf([np.full(A4, 250, np.uint8)])),
    Reason.NO_CODE: lambda: of_file(pdf([np.zeros(A4, np.uint8)])),
    Reason.CODE_FORGED: lambda: of_file(pdf([filled(printed_by(key=b"somebody else's key"))])),
    Reason.CODE_CONFLICT: two_codes_that_differ,
    Reason.CODE_MISSING_ONE: lambda: of_file(pdf([wiped(paper(), CODES[0].symbol.grown(1))])),
    Reason.SEVERAL_FORMS_ON_PAGE: lambda: of_file(pdf([beside(paper(), paper(seed=4))])),
    Reason.EXTRA_PAGE: with_appendix,
    Reason.REGISTRATION_FAILED: without_marks_in_the_corners,
    Reason.LOW_RESOLUTION: coarse,
    Reason.UNEXPLAINED_INK: written_between_the_boxes,
    Reason.UNKNOWN_INITIATIVE: lambda: of_file(pdf([printed_by(initiative="kompetens-2019")])),
    Reason.MARK_DOUBTFUL: lambda: of_file(pdf([paper({"ja": Stroke.CROSSED_OUT})])),
    Reason.SEVERAL_MARKED: lambda: of_file(pdf([paper({"ja": Stroke.CROSS, "nej": Stroke.TICK})])),
    Reason.NONE_MARKED: lambda: of_file(pdf([paper({})])),
    Reason.SIGNATURE_MISSING: lambda: of_file(pdf([paper(hand=Hand.NOTHING)])),
    Reason.SIGNATURE_UNCLEAR: lambda: of_file(pdf([paper(hand=Hand.TYPED_NAME)])),
    Reason.SAME_MAIL_CONTRADICTS: lambda: reasons_of(
        {"a.pdf": pdf([paper()]), "b.pdf": pdf([paper({"nej": Stroke.CROSS}, seed=4)])}
    ),
}
"""By a file, or a few in a mail."""

PROVOKED_IN: Final[Mapping[Reason, str]] = {
    Reason.READER_TIMEOUT: "faults/test_contained_files.py",
    Reason.READER_MEMORY: "faults/test_contained_files.py",
    Reason.READER_BUDGET: "faults/test_mail_budget.py",
    Reason.UNKNOWN_MUNICIPALITY: "unit/reading/test_defaced_scans.py",
    Reason.UNKNOWN_FORM_VERSION: "unit/reading/test_defaced_scans.py",
    Reason.FIELDS_CONTRADICT_PIXELS: "unit/reading/test_filled_on_screen.py",
    Reason.LOOK_CAN_CHANGE: "unit/reading/test_look.py",
    Reason.E_SIGNATURE_UNTRUSTED: "unit/reading/test_electronic_signatures.py",
    Reason.E_SIGNATURE_INVALID: "unit/reading/test_electronic_signatures.py",
    Reason.E_SIGNATURE_ON_PAPER: "unit/reading/test_proofs.py",
    Reason.FORM_AMBIGUOUS: "unit/reading/test_other_form.py",
    Reason.MUNICIPALITY_UNPROVEN: "unit/reading/test_other_form.py",
    Reason.NEED_WITHOUT_TEMPLATE: "flow/test_needs.py",
    Reason.NEED_INCOMPLETE: "unit/reading/test_needs.py",
    Reason.FIELD_SAYS_MORE: "unit/reading/test_remarks.py",
    Reason.MAIL_SAYS_MORE: "flow/test_receive_and_read.py",
    Reason.UNREADABLE_MAIL: "unit/intake/test_message.py",
    Reason.TOO_MANY_PARTS: "unit/intake/test_containers.py",
    Reason.REARRANGED: "flow/test_rearrange.py",
}
"""By a file too, in a test of its own, below `tests/`."""

NOT_OF_A_FILE: Final = frozenset(
    {
        Reason.NO_ATTACHMENT,
        Reason.SENDER_NOT_AUTHENTIC,
        Reason.SENDER_OTHER_MUNICIPALITY,
        Reason.SENDER_UNKNOWN,
        Reason.QUESTION,
        Reason.CONFLICT,
        Reason.SENDER_NOT_TOLD,
    }
)
"""What the mail's sender and words, and the register, give reason for."""


def test_every_reason_is_provoked_somewhere() -> None:
    tables = [set(PROVOKED), set(PROVOKED_IN), set(NOT_OF_A_FILE)]
    assert set().union(*tables) == set(Reason)
    assert sum(len(table) for table in tables) == len(Reason)


@pytest.mark.parametrize("reason", PROVOKED)
def test_a_file_gives_this_reason(reason: Reason) -> None:
    assert reason in PROVOKED[reason]()


@pytest.mark.parametrize("reason", PROVOKED_IN)
def test_another_test_provokes_this_reason(reason: Reason) -> None:
    test = Path(__file__).parents[2] / PROVOKED_IN[reason]
    assert f"Reason.{reason.name}" in test.read_text()
