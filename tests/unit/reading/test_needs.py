"""The needs template, filled in by many hands, and what is no template at all."""

import io
from collections.abc import Callable, Sequence

import cv2
import numpy as np
import pikepdf
import pypdfium2
import pypdfium2.raw as pdfium_c
import pytest
from cv2.typing import MatLike
from docx import Document
from docx.document import Document as WordDocument
from docx.oxml.ns import qn
from docx.shared import Cm

from services.console.demo.needs import example_answers, filled_template, letter
from services.intake.conclude import conclude
from services.intake.documents import placed
from services.intake.measure import measure_file
from services.intake.pages.page import Limits
from services.intake.reading.needs.unread import written_in
from services.registry.forms.needs_template import TemplateKind, needs_template
from shared.events import Area, DocumentKind, DocumentReading, NeedReading, Outcome, Reason, Source
from shared.identifiers import digest_of
from shared.municipalities import all_municipalities
from shared.needs import LABELS, QUESTIONS, REQUIRED, NeedField, missing

HABO = next(one for one in all_municipalities() if one.code == "0643")
ANSWERS = example_answers(HABO)
WORD, PDF = TemplateKind.DOCX, TemplateKind.PDF


def read(data: bytes, filename: str = "behov", *, expected: bool = True) -> DocumentReading:
    """The one document of a file, as if it had come to a mailbox."""
    measured = measure_file(data, filename, "", Limits(), {}, needs_expected=expected)
    [document] = conclude(
        [placed(measured, 1, digest_of(data))],
        key=b"k" * 16,
        options={},
        municipalities=None,
        mail_id="m" + "0" * 23,
    )
    return document


def need(data: bytes, *, expected: bool = True) -> NeedReading:
    found = read(data, expected=expected).need
    assert found is not None
    return found


def texts(found: NeedReading) -> dict[str, str]:
    return {key: " ".join(value.text.split()) for key, value in found.fields.items()}


def changed(change: Callable[[WordDocument], None], data: bytes | None = None) -> bytes:
    """The filled Word template, or another file, changed by somebody in Word."""
    document = Document(io.BytesIO(data or filled_template(WORD, ANSWERS)))
    change(document)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def word_file(lines: Sequence[str]) -> bytes:
    document = Document()
    for line in lines:
        document.add_paragraph(line)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def picture(pdf: bytes, *, dpi: int = 200, degrees: float = 0.0, turns: int = 0) -> bytes:
    """A PDF's first page printed and scanned: grey, a little askew, perhaps upside down."""
    document = pypdfium2.PdfDocument(pdf)
    document.init_forms()
    bitmap = document[0].render(scale=dpi / 72, grayscale=True, may_draw_forms=True)
    page: MatLike = np.array(bitmap.to_numpy()).reshape(bitmap.height, bitmap.width)
    height, width = page.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    page = cv2.warpAffine(page, turn, (width, height), borderValue=(255,))
    noise = np.random.default_rng(1).normal(0, 5, page.shape)
    grey = np.clip(np.rot90(page, turns) * 0.93 + np.rot90(noise, turns), 0, 255)
    encoded = cv2.imencode(".jpg", grey.astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 80])[1]
    return encoded.tobytes()


# --- Word --------------------------------------------------------------------------------------


def test_a_filled_word_template_is_read_into_its_fields() -> None:
    found = read(filled_template(WORD, ANSWERS))
    assert (found.kind, found.outcome, found.reasons) == (DocumentKind.NEED, Outcome.AUTO, ())
    assert found.need is not None
    assert found.need.with_template
    assert texts(found.need) == ANSWERS
    assert {value.source for value in found.need.fields.values()} == {Source.TEXT_LAYER}
    areas = [value.area for value in found.need.fields.values()]
    assert all(area is not None and area.page == 1 for area in areas)
    assert len(found.pages) == 1


def test_an_answer_of_several_lines_keeps_them() -> None:
    data = filled_template(WORD, ANSWERS | {NeedField.PROBLEM: "En rad.\nEn till."})
    assert need(data).fields["problem"].text == "En rad.\nEn till."


def test_an_empty_template_says_which_questions_are_not_answered() -> None:
    found = read(needs_template(WORD))
    assert (found.kind, found.outcome) == (DocumentKind.NEED, Outcome.AUTO)
    assert found.reasons == (Reason.NEED_INCOMPLETE,)
    assert found.need is not None
    assert found.need.fields == {}
    assert set(found.need.missing) == {field.value for field in REQUIRED}


def test_a_half_filled_template_says_what_is_missing_in_its_order() -> None:
    half = {field: ANSWERS[field] for field in (NeedField.TITLE, NeedField.CONTACT_EMAIL)}
    found = need(filled_template(WORD, half))
    assert texts(found) == half
    assert found.missing == ("problem", "affected", "effect", "proposer", "contact_name")


def test_answers_are_found_in_their_controls_though_every_label_is_gone() -> None:
    def without_labels(document: WordDocument) -> None:
        for paragraph in document.element.body.iter(qn("w:p")):
            if not list(paragraph.iter(qn("w:sdt"))):
                for text in paragraph.iter(qn("w:t")):
                    text.text = "–"

    assert texts(need(changed(without_labels))) == ANSWERS


def test_answers_are_found_below_their_labels_though_every_control_is_gone() -> None:
    def without_controls(document: WordDocument) -> None:
        for control in list(document.element.body.iter(qn("w:sdt"))):
            for run in control.find(qn("w:sdtContent")):
                control.addprevious(run)
            control.getparent().remove(control)

    assert texts(need(changed(without_controls))) == ANSWERS


def test_what_is_written_beside_a_control_belongs_to_its_question() -> None:
    def more(document: WordDocument) -> None:
        document.tables[1].cell(0, 0).add_paragraph("Detta skrevs under rutan.")

    assert need(changed(more)).fields["problem"].text.endswith("Detta skrevs under rutan.")


def test_a_picture_pasted_into_the_template_contradicts_nothing() -> None:
    def pasted(document: WordDocument) -> None:
        file = io.BytesIO(picture(flattened(filled_template(PDF, {})), dpi=100))
        document.add_picture(file, width=Cm(12))

    found = read(changed(pasted))
    assert (found.outcome, found.reasons, len(found.pages)) == (Outcome.AUTO, (), 2)


def test_questions_may_come_in_another_order_and_some_not_at_all() -> None:
    lines = ["Beskriv ett behov"]
    for question in reversed(QUESTIONS[:5]):
        lines += [question.label, ANSWERS.get(question.field, "Ett beslutat mål.")]
    found = need(word_file(lines))
    assert set(texts(found)) == {question.field.value for question in QUESTIONS[:5]}
    assert texts(found)["title"] == ANSWERS[NeedField.TITLE]
    assert found.missing == ("proposer", "contact_name", "contact_email")


def test_a_retyped_template_is_known_by_labels_that_are_only_alike() -> None:
    lines = [
        "1. Behovet i korthett: Gemensam e-tjänst",
        "2. Vilket är behovet eller problemet",
        "Alla gör samma sak.",
        "3) Vem berörs ?",
        "Invånare.",
        "VILKEN EFFEKT HOPPAS NI PÅ? Mindre dubbelarbete.",
        "Kontakt person: Bo Ek",
    ]
    assert texts(need(word_file(lines))) == {
        "title": "Gemensam e-tjänst",
        "problem": "Alla gör samma sak.",
        "affected": "Invånare.",
        "effect": "Mindre dubbelarbete.",
        "contact_name": "Bo Ek",
    }


def test_somebody_elses_template_is_known_by_other_words_for_the_same_questions() -> None:
    def in_a_table(document: WordDocument) -> None:
        rows = (
            ("Rubrik", "Gemensam e-tjänst"),
            ("Problem", "Alla gör samma sak."),
            ("Målgrupp", "Invånare"),
            ("Förväntad effekt", "Mindre dubbelarbete"),
            ("Kommun", "Habo kommun"),
        )
        table = document.add_table(rows=0, cols=2)
        for label, answer in rows:
            cells = table.add_row().cells
            cells[0].text, cells[1].text = label, answer

    found = need(changed(in_a_table, word_file(())))
    assert texts(found)["problem"] == "Alla gör samma sak."
    assert texts(found)["proposer"] == "Habo kommun"


@pytest.mark.parametrize(
    "lines",
    [
        ("Vi föreslår ett gemensamt e-arkiv.", "Kontaktperson: Bo Ek", "Telefon: 0171-525 00"),
        ("Behov", "Vi behöver ett e-arkiv.", "Effekt", "Det blir bättre."),
        ("Till Handslaget", "Vem berörs? Alla kommuner. Vad finns i dag? Ingenting."),
    ],
)
def test_a_letter_with_a_few_of_the_words_is_not_the_template(lines: Sequence[str]) -> None:
    found = read(word_file(lines))
    assert (found.kind, found.need) == (DocumentKind.OTHER, None)


def test_a_letter_is_no_template_and_can_be_looked_at() -> None:
    found = read(letter(HABO))
    assert (found.kind, found.need) == (DocumentKind.OTHER, None)
    assert len(found.pages) == 1


# --- PDF ---------------------------------------------------------------------------------------


def test_a_pdf_filled_on_the_screen_is_read_from_its_fields_with_their_places() -> None:
    found = read(filled_template(PDF, ANSWERS))
    assert (found.kind, found.outcome, found.reasons) == (DocumentKind.NEED, Outcome.AUTO, ())
    assert found.need is not None
    assert texts(found.need) == ANSWERS
    assert {value.source for value in found.need.fields.values()} == {Source.FORM_FIELD}
    areas = [value.area for value in found.need.fields.values()]
    assert all(area is not None and area.page == 1 for area in areas)


def test_a_field_that_says_what_its_page_does_not_show_is_for_a_person() -> None:
    with pikepdf.open(io.BytesIO(flattened(filled_template(PDF, ANSWERS)))) as shown:
        hidden = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot,
            Subtype=pikepdf.Name.Widget,
            FT=pikepdf.Name.Tx,
            T=pikepdf.String(NeedField.TITLE.form_name),
            V=pikepdf.String("Något helt annat som ingen kan se"),
            Rect=pikepdf.Array([0, 0, 0, 0]),
            F=2,
        )
        field = shown.make_indirect(hidden)
        shown.pages[0].obj.Annots = pikepdf.Array([field])
        shown.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([field]))
        file = io.BytesIO()
        shown.save(file)
    found = read(file.getvalue())
    assert (found.kind, found.outcome) == (DocumentKind.NEED, Outcome.REVIEW)
    assert found.reasons == (Reason.FIELDS_CONTRADICT_PIXELS,)
    assert found.need is not None
    assert found.need.fields["title"].confidence < 0.1


def flattened(pdf: bytes) -> bytes:
    """The PDF printed to a PDF: what was typed is text of the page, and no field is left."""
    document = pypdfium2.PdfDocument(pdf)
    document.init_forms()
    page = document[0]
    assert pdfium_c.FPDFPage_Flatten(page.raw, pdfium_c.FLAT_PRINT) == pdfium_c.FLATTEN_SUCCESS
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def test_a_pdf_without_fields_is_read_from_its_text() -> None:
    found = need(flattened(filled_template(PDF, ANSWERS)))
    assert texts(found) == ANSWERS
    assert {value.source for value in found.fields.values()} == {Source.TEXT_LAYER}


# --- Scans -------------------------------------------------------------------------------------


def test_a_scan_upside_down_and_askew_is_turned_and_read() -> None:
    scan = picture(filled_template(PDF, ANSWERS), dpi=300, degrees=1.6, turns=2)
    found = need(scan)
    assert {value.source for value in found.fields.values()} == {Source.OCR}
    assert texts(found)["title"] == ANSWERS[NeedField.TITLE]
    assert texts(found)["contact_name"] == "Märta Åkerlund"
    assert texts(found)["contact_email"] == ANSWERS[NeedField.CONTACT_EMAIL]
    assert missing([NeedField(key) for key in found.fields]) == ()


def test_a_scanned_template_is_known_where_only_answers_are_expected() -> None:
    scan = picture(filled_template(PDF, ANSWERS))
    found = read(scan, expected=False)
    assert found.kind is DocumentKind.NEED
    assert found.need is not None
    assert texts(found.need)["title"] == ANSWERS[NeedField.TITLE]


def test_an_empty_template_that_was_scanned_has_no_answers() -> None:
    found = need(picture(needs_template(PDF)))
    assert found.fields == {}
    assert set(found.missing) == {field.value for field in REQUIRED}


def test_no_more_scanned_pages_are_recognised_than_the_setting_says() -> None:
    scan = picture(filled_template(PDF, ANSWERS))
    none = measure_file(scan, "behov", "", Limits(need_pages=0), {}, needs_expected=True)
    one = measure_file(scan, "behov", "", Limits(need_pages=1), {}, needs_expected=True)
    assert none.need is None
    assert one.need is not None


def test_every_question_has_a_label_of_its_own() -> None:
    assert set(LABELS) == set(NeedField)
    assert len({label.casefold() for label in LABELS.values()}) == len(LABELS)


def test_what_was_written_by_hand_is_not_said_to_be_missing() -> None:
    page = cv2.imdecode(np.frombuffer(picture(needs_template(PDF)), np.uint8), 0)
    per_mm = page.shape[1] / 210
    for left, top in ((30, 75), (30, 83), (30, 120)):  # in the boxes of the need, and of whom
        steps = np.arange(0, 90, 0.4)
        x = (left + steps + 1.5 * np.sin(steps * 2.1)) * per_mm
        y = (top + 2.2 * np.sin(steps * 1.7) + 1.2 * np.cos(steps * 4.3)) * per_mm
        line = np.stack([x, y], axis=1).round().astype(np.int32)
        cv2.polylines(page, [line], isClosed=False, color=(70,), thickness=3)
    found = need(cv2.imencode(".png", page)[1].tobytes())
    assert {"problem", "affected"} <= set(found.fields)
    assert found.missing == ("title", "effect", "proposer", "contact_name", "contact_email")
    for value in found.fields.values():
        assert (value.text, value.source, value.confidence) == ("", Source.INK, 0)
        assert value.area is not None


def test_ink_that_recognition_made_nothing_of_is_seen_where_an_answer_belongs() -> None:
    page = np.full((2339, 1654), 255, np.uint8)
    cv2.polylines(
        page,
        [np.array([(x, 400 + 25 * (x // 20 % 2)) for x in range(200, 700, 20)], np.int32)],
        isClosed=False,
        color=(60,),
        thickness=4,
    )
    cv2.rectangle(page, (150, 900), (1500, 1000), (0,), 3)
    rooms = {
        NeedField.PROBLEM: Area(page=1, left=0.05, top=0.15, right=0.95, bottom=0.3),
        NeedField.EFFECT: Area(page=1, left=0.05, top=0.37, right=0.95, bottom=0.45),
    }
    assert set(written_in(page, (), rooms)) == {NeedField.PROBLEM}
