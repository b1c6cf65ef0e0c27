"""The printed form: one page, fillable, coded, readable in black and white."""

import io
from collections.abc import Mapping
from datetime import date

import numpy as np
import pikepdf
import pypdfium2 as pdfium
import pytest
import zxingcpp

from services.registry.forms.print import print_form
from shared.form_code import options_mark, verify
from shared.own_form import own_form

KEY = b"a key"
OPTIONS = {"ja": "Ja, kommunen ansluter sig", "nej": "Nej, kommunen avstår"}
FIELDS = {
    "signature",
    "signatory.name",
    "signatory.title",
    "place_date",
    "contact.name",
    "contact.email",
    "contact.phone",
    "their_reference",
}


def printed(
    *,
    options: Mapping[str, str] = OPTIONS,
    name: str = "Kompetensgemenskaper",
    municipality_name: str = "Håbo kommun",
) -> bytes:
    return print_form(
        initiative="kompetens-2024",
        initiative_name=name,
        round_name="2024",
        last_answer_day=date(2024, 9, 30),
        options=options,
        municipality="0305",
        municipality_name=municipality_name,
        key=KEY,
    )


def test_the_fields_have_the_names_that_others_rely_on() -> None:
    with pikepdf.open(io.BytesIO(printed())) as pdf:
        names = {str(field["/T"]) for field in pdf.Root.AcroForm.Fields}
    assert names == FIELDS | {"answer.ja", "answer.nej"}


def test_the_boxes_are_where_the_reader_looks_for_them() -> None:
    points_per_mm = 72 / 25.4
    template = own_form(tuple(OPTIONS))
    with pikepdf.open(io.BytesIO(printed())) as pdf:
        widgets = {str(w["/T"]): [float(v) for v in w["/Rect"]] for w in pdf.pages[0].Annots}
    for box in template.boxes:
        left, bottom, right, top = widgets[f"answer.{box.option}"]
        assert left == pytest.approx(box.area.left_mm * points_per_mm, abs=0.01)
        assert right == pytest.approx(box.area.right_mm * points_per_mm, abs=0.01)
        assert top == pytest.approx((297 - box.area.top_mm) * points_per_mm, abs=0.01)
        assert bottom == pytest.approx((297 - box.area.bottom_mm) * points_per_mm, abs=0.01)


def test_it_is_one_page_in_swedish_with_a_title_and_embedded_fonts() -> None:
    with pikepdf.open(io.BytesIO(printed())) as pdf:
        assert len(pdf.pages) == 1
        assert str(pdf.Root.Lang) == "sv-SE"
        assert "Håbo kommun" in str(pdf.docinfo["/Title"])
        fonts = pdf.pages[0].Resources.Font
        embedded = [f for f in fonts.values() if "/FontDescriptor" in f]
        assert len(embedded) == 2
        assert all("/FontFile2" in font.FontDescriptor for font in embedded)


def test_both_codes_say_whose_form_it_is() -> None:
    document = pdfium.PdfDocument(printed())
    picture = document[0].render(scale=150 / 72, grayscale=True).to_numpy()
    codes = zxingcpp.read_barcodes(np.ascontiguousarray(picture.reshape(picture.shape[:2])))
    assert len(codes) == 2
    for code in codes:
        said = verify(code.text, KEY)
        assert said.municipality == "0305"
        assert said.options == options_mark(tuple(OPTIONS))


def test_it_says_what_a_person_needs_in_swedish() -> None:
    text = pdfium.PdfDocument(printed())[0].get_textpage().get_text_range()
    for words in ("Håbo kommun", "30 september 2024", "registratur@skr.se", "Nej, kommunen avstår"):
        assert words in text
    assert "!" not in text


def test_the_same_form_is_the_same_bytes() -> None:
    assert printed() == printed()


@pytest.mark.parametrize(
    "name", ["Upplands Väsby kommun", "Västerviks kommun", "Lidköpings kommun", "Region Gotland"]
)
def test_every_length_of_municipality_name_fits(name: str) -> None:
    assert printed(municipality_name=name)


def test_four_long_options_fit_and_stay_within_their_strips() -> None:
    options = {
        "ja": "Ja, kommunen ansluter sig från starten",
        "senare": "Ja, men vi vill ansluta oss senare när kommunens egen upphandling är klar och "
        "nämnden har fattat sitt beslut",
        "delvis": "Delvis",
        "nej": "Nej, kommunen avstår",
    }
    document = pdfium.PdfDocument(printed(options=options))
    picture = document[0].render(scale=8 * 25.4 / 72, grayscale=True).to_numpy()
    dark = picture.reshape(picture.shape[:2]) < 128
    template = own_form(tuple(options))
    for rect in (*template.may_carry_ink(), *(b.label for b in template.boxes)):
        dark[_px(rect.top_mm) : _px(rect.bottom_mm), _px(rect.left_mm) : _px(rect.right_mm)] = False
    for box in template.boxes:
        area = box.area.grown(0.2)
        dark[_px(area.top_mm) : _px(area.bottom_mm), _px(area.left_mm) : _px(area.right_mm)] = False
    places = [(x / 8, y / 8) for y, x in np.argwhere(dark)]
    assert places == []


def test_an_option_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        printed(options={"ja": "Ja, under förutsättning att " * 20})


def _px(mm: float) -> int:
    return round(mm * 8)
