"""Learning a blank: what is found is where it says, and what is not is refused with its line."""

import io

import pytest
from reportlab.pdfgen.canvas import Canvas

from services.intake.learn import Surveyed, learned_from
from services.intake.learning.fields import FieldsFile, WrongFields, read_fields
from services.intake.learning.preview import preview
from services.intake.learning.survey import survey
from services.intake.pages.page import Limits
from shared.forms import FormTemplate
from tests.bench.forms.other_form import DRAWN_FIELDS, Blank, drawn_blank, learn_in_process, learned

_PER_MM = 72 / 25.4


def place(fields: str, *, blank: bytes | None = None) -> FormTemplate:
    return learn_in_process(blank or drawn_blank(), fields.encode()).template


def with_line(old: str, new: str) -> str:
    assert old in DRAWN_FIELDS
    return DRAWN_FIELDS.replace(old, new)


def test_fields_are_where_the_blank_has_them() -> None:
    form = learned(Blank.DRAWN).template
    yes, no = form.boxes
    assert yes.area.left_mm == pytest.approx(24, abs=0.3)
    assert yes.area.top_mm == pytest.approx(84, abs=0.3)
    assert yes.area.width_mm == pytest.approx(4.7, abs=0.3)
    assert no.area.top_mm - yes.area.top_mm == pytest.approx(11, abs=0.1)
    name = form.field("municipality.name").area
    assert name.left_mm == pytest.approx(40, abs=0.5)
    assert name.right_mm == pytest.approx(130, abs=0.5)
    assert name.bottom_mm == pytest.approx(66, abs=0.6)
    [signature] = form.signatures
    assert signature.area.top_mm == pytest.approx(119.4, abs=0.5)
    assert signature.area.bottom_mm < 146


def test_boxes_that_are_characters_are_found_as_drawn_ones_are() -> None:
    yes, no = learned(Blank.LIBREOFFICE).template.boxes
    for box in (yes, no):
        assert box.area.width_mm == pytest.approx(2.8, abs=0.1)
    assert no.area.left_mm == pytest.approx(yes.area.left_mm, abs=0.05)


def test_the_words_that_tell_the_form_are_its_name_numbers_headings_and_labels() -> None:
    form = learned(Blank.LIBREOFFICE).template
    assert form.print is not None
    telling = {word.text for word in form.print.words if word.telling}
    assert {"Kompetensgemenskaper", "2024.", "Nej,", "avstår", "Svar"} <= telling
    assert "genom" not in telling


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            with_line('"Befattning:"', '"Titel:"'),
            "line 9: signatory.title: “Titel:” is not printed",
        ),
        (with_line('"Nej, vi avstår"', '"vi"'), "line 4: answer.nej: “vi” stands 2 times"),
        (
            with_line('after: "Befattning:"', 'box: "Befattning:"'),
            "line 9: signatory.title is not a box",
        ),
        (with_line('box: "Nej, vi avstår"', 'after: "Nej,"'), "line 4: answer.nej is a box"),
        (with_line('box: "Nej, vi avstår"', 'box: "Befattning:"'), "no empty box stands beside"),
        (with_line("answer.nej", "answer.kanske"), "line 4: the initiative has no option kanske"),
        (with_line('"Nej, vi avstår"', '"Ja, vi ansluter…"'), "are one box"),
        (with_line("contact.phone", "contact.fax"), "line 13: no field is called contact.fax"),
        (with_line("[120, 240, 66, 30]", "[120, 240, 66]"), "line 14: stamp: mm takes"),
        (
            with_line('in: "Underskrift av behörig företrädare"', "mm: [22, 119, 20, 5]"),
            "line 7: signature: there are only 20 × 5 mm",
        ),
        (with_line('in: "Underskrift av', 'in: "Handslag för'), "is not printed on the blank"),
        (with_line('{after: "Kommun:"}', "{mm: [22, 120, 80, 7]}"), "lies over"),
        (with_line("contact.phone", "contact.email"), "line 13: contact.email stands twice"),
        ("fields: [", "not YAML"),
        ("page: 3\n" + DRAWN_FIELDS, "the blank has 1 pages"),
        ('municipality: "9999"\n' + DRAWN_FIELDS, "line 1: no municipality has the code 9999"),
        ("fields:\n  answer.ja: {box: Ja}\n  answer.ja2: 4\n", "line 3: answer.ja2 must be names"),
    ],
)
def test_what_is_not_certain_is_refused_with_its_line(fields: str, said: str) -> None:
    with pytest.raises(WrongFields) as refused:
        place(fields)
    assert said in str(refused.value)


def test_every_option_and_a_signature_must_be_given() -> None:
    lines = DRAWN_FIELDS.splitlines(keepends=True)
    with pytest.raises(WrongFields, match=r"answer\.nej"):
        place("".join(line for line in lines if "answer.nej" not in line))
    with pytest.raises(WrongFields, match="signature"):
        place("".join(line for line in lines if "signature" not in line))


def test_a_scanned_blank_has_no_words_to_know_it_by() -> None:
    out = io.BytesIO()
    page = Canvas(out, invariant=1)
    page.rect(60, 600, 14, 14)
    page.drawString(80, 600, "Ja")
    page.save()
    with pytest.raises(WrongFields, match="words of text"):
        place(DRAWN_FIELDS, blank=out.getvalue())


def test_words_that_nobody_sees_are_no_words() -> None:
    out = io.BytesIO()
    page = Canvas(out, invariant=1)
    page.setFillGray(1)
    page.drawString(80, 600, "Osynligt")
    page.setFillGray(0)
    page.drawString(80, 500, "Synligt")
    page.save()
    blank, _ = survey(out.getvalue(), Limits())
    assert [word.text for word in blank.pages[0].words] == ["Synligt"]


def test_form_fields_of_our_names_serve_without_a_file() -> None:
    out = io.BytesIO()
    page = Canvas(out, pagesize=(210 * _PER_MM, 297 * _PER_MM), invariant=1)
    for row in range(10):
        page.drawString(60, 780 - 14 * row, "Ord som finns på blanketten här och där")
    for name, y in (("answer.ja", 560), ("answer.nej", 530)):
        page.rect(60, y, 14, 14)
        page.acroForm.checkbox(name=name, x=60, y=y, size=14, borderWidth=0, fillColor=None)
    for name, y, height in (("signature", 440, 60), ("contact.email", 400, 20)):
        page.acroForm.textfield(
            name=name, x=60, y=y, width=250, height=height, borderWidth=0, fillColor=None
        )
    page.save()
    blank, pictures = survey(out.getvalue(), Limits())
    form = learned_from(
        Surveyed(blank, tuple(pictures)),
        FieldsFile(),
        options=("ja", "nej"),
        names=(),
        version=1,
    ).template
    assert [box.option for box in form.boxes] == ["ja", "nej"]
    assert form.boxes[0].area.left_mm == pytest.approx(60 / _PER_MM, abs=0.4)
    assert [field.name for field in form.fields] == ["contact.email"]


def test_the_preview_is_a_picture_of_the_blank() -> None:
    form = learned(Blank.DRAWN)
    picture = preview(form.template, form.picture)
    assert picture.startswith(b"\x89PNG")


def test_a_file_may_say_whose_the_blank_is_and_where_its_second_signature_is() -> None:
    fields = 'municipality: "2480"\n' + with_line(
        "stamp:", "  signature.2: {mm: [140, 119, 50, 28]}\nstamp:"
    )
    form = place(fields)
    assert form.municipality == "2480"
    assert [signature.name for signature in form.signatures] == ["signature", "signature.2"]
    assert read_fields(fields.encode()).stamp is not None
