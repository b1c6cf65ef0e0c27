"""From files to documents: several answers in one, one answer in several."""

import io
import zipfile
from collections.abc import Mapping

import cv2
import numpy as np
import pikepdf
import pytest

from services.console.demo.scans import Picture, Stroke
from shared.events import DocumentKind, DocumentReading, Outcome, Reason
from tests.outlook import Attached, saved_mail, winmail
from tests.unit.intake.test_message import letter
from tests.unit.reading.mails import mail_of, read_mail, readings_of
from tests.unit.reading.papers import paper, pdf, png

NO = {"nej": Stroke.CROSS}


def written() -> Picture:
    """An appendix: a page with something on it that is no form."""
    page = np.full_like(paper(), 250)
    cv2.putText(page, "Protokoll", (300, 900), cv2.FONT_HERSHEY_SIMPLEX, 5, (0,), 12)
    return page


def blank() -> Picture:
    return np.full_like(paper(), 250)


def shape(readings: list[DocumentReading]) -> list[tuple[tuple[int, ...], Outcome]]:
    return [(reading.parts, reading.outcome) for reading in readings]


AUTO, REVIEW, RETURN = Outcome.AUTO, Outcome.REVIEW, Outcome.RETURN


def test_two_answers_in_two_files_are_two_documents() -> None:
    readings = readings_of({"a.pdf": pdf([paper()]), "b.pdf": pdf([paper(seed=9)])})
    assert shape(readings) == [((1,), AUTO), ((2,), AUTO)]
    assert len({reading.document_id for reading in readings}) == 2


def test_the_same_form_in_two_files_that_differ_is_for_a_person() -> None:
    readings = readings_of({"a.pdf": pdf([paper()]), "b.png": png(paper(NO, seed=4))})
    assert shape(readings) == [((1,), REVIEW), ((2,), REVIEW)]
    assert all(Reason.SAME_MAIL_CONTRADICTS in reading.reasons for reading in readings)


@pytest.mark.parametrize("form_first", [True, False])
def test_a_form_and_its_appendix_are_one_document_and_are_doubted(form_first: bool) -> None:
    files = [("svar.pdf", pdf([paper()])), ("protokoll.png", png(written()))]
    [reading] = readings_of(files if form_first else files[::-1])
    assert (reading.parts, reading.reasons) == ((1, 2), (Reason.EXTRA_PAGE,))
    assert [page.part for page in reading.pages] == [1, 2]
    assert reading.answer is not None
    assert reading.answer.area is not None
    assert reading.answer.area.page == (1 if form_first else 2)


def test_an_appendix_to_several_answers_stands_alone_and_all_are_doubted() -> None:
    readings = readings_of(
        {"a.pdf": pdf([paper()]), "protokoll.png": png(written()), "b.pdf": pdf([paper(seed=9)])}
    )
    assert [reading.parts for reading in readings] == [(1,), (2,), (3,)]
    assert [reading.reasons for reading in readings] == [
        (Reason.EXTRA_PAGE,), (Reason.NO_CODE,), (Reason.EXTRA_PAGE,),
    ]  # fmt: skip


def test_the_backs_of_sheets_in_files_of_their_own_are_doubted_by_nobody() -> None:
    readings = readings_of(
        [
            ("1.png", png(paper())),
            ("2.png", png(blank())),
            ("3.png", png(paper(seed=9))),
            ("4.png", png(np.full_like(paper(), 249))),
        ]
    )
    assert shape(readings) == [((1, 2), AUTO), ((3, 4), AUTO)]


def test_a_form_photographed_in_two_halves_is_one_document_for_a_person() -> None:
    whole = paper()
    middle = whole.shape[0] // 2
    [reading] = readings_of(
        {"upptill.png": png(whole[: middle + 300]), "nedtill.png": png(whole[middle - 300 :])}
    )
    assert (reading.kind, reading.outcome) == (DocumentKind.ANSWER, REVIEW)
    assert reading.parts == (1, 2)
    assert {Reason.CODE_MISSING_ONE, Reason.EXTRA_PAGE} <= set(reading.reasons)


def test_a_faulty_file_beside_an_answer_has_its_own_fate() -> None:
    locked = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf([written()]))) as made:
        made.save(locked, encryption=pikepdf.Encryption(owner="o", user="u"))
    readings = readings_of({"svar.pdf": pdf([paper()]), "låst.pdf": locked.getvalue()})
    assert shape(readings) == [((1,), AUTO), ((2,), RETURN)]
    assert readings[1].reasons == (Reason.LOCKED_FILE,)


def test_files_without_any_form_stay_apart() -> None:
    readings = readings_of({"a.png": png(written()), "b.png": png(written()[100:])})
    assert [reading.kind for reading in readings] == [DocumentKind.OTHER] * 2
    assert [reading.parts for reading in readings] == [(1,), (2,)]


# --- in containers ---------------------------------------------------------------------------


def in_zip(files: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return file.getvalue()


def in_pdf(data: bytes) -> bytes:
    """Return a PDF with a blank page and the file attached."""
    file = io.BytesIO()
    with pikepdf.new() as made:
        made.add_blank_page(page_size=(595, 842))
        made.attachments["svar.pdf"] = pikepdf.AttachedFileSpec(made, data, filename="svar.pdf")
        made.save(file)
    return file.getvalue()


def forwarded(data: bytes) -> bytes:
    inner = letter("Vidarebefordrat")
    inner.add_attachment(data, maintype="application", subtype="pdf", filename="svar.pdf")
    return inner.as_bytes()


CONTAINERS = {
    "zip": lambda data: {"svar.zip": in_zip({"svar.pdf": data})},
    "zip in zip": lambda data: {"svar.zip": in_zip({"inre.zip": in_zip({"svar.pdf": data})})},
    "saved Outlook mail": lambda data: {"svar.msg": saved_mail("Hej", [Attached("a.pdf", data)])},
    "winmail.dat": lambda data: {"winmail.dat": winmail("Hej", {"svar.pdf": data})},
    "mail in a zip": lambda data: {"svar.zip": in_zip({"brev.eml": forwarded(data)})},
    "mail as a file": lambda data: {"brev.eml": forwarded(data)},
    "PDF portfolio": lambda data: {"portfölj.pdf": in_pdf(data)},
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_an_answer_is_read_wherever_it_lies(container: str) -> None:
    files = CONTAINERS[container](pdf([paper()]))
    parsed, [reading] = read_mail(mail_of(files))
    assert (reading.kind, reading.outcome) == (DocumentKind.ANSWER, AUTO)
    assert reading.answer is not None
    assert reading.answer.text == "ja"
    assert parsed.reasons == ()


def test_what_cannot_be_taken_out_of_an_archive_is_a_document_with_its_reason() -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("svar.pdf", pdf([paper()]))
        archive.writestr("noll.bin", bytes(30_000_000))
    readings = readings_of({"svar.zip": bomb.getvalue()})
    assert shape(readings) == [((1,), REVIEW), ((2,), AUTO)]
    assert readings[0].reasons == (Reason.TOO_LARGE,)
