"""The printed form: one page, fillable, coded, readable in black and white."""

import io
from collections.abc import Mapping
from datetime import date

import numpy as np
import pikepdf
import pypdfium2 as pdfium
import pytest
import zxingcpp

from services.registry.forms.page import DoesNotFit
from services.registry.forms.print import print_form
from shared.form_code import options_mark, verify
from shared.own_form import own_form

KEY = b"a key"
LONG_ORGANISATION = "Kommunalförbundet för samverkan i Östra Värmland och Dalarna"
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
    signatories: int = 1,
    return_address: str = "registratur@skr.se",
    organisation: str = "Sveriges Kommuner och Regioner",
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
        signatories=signatories,
        return_address=return_address,
        organisation=organisation,
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


LONG_OPTIONS = {
    "ja": "Ja, kommunen ansluter sig från starten",
    "senare": "Ja, men vi vill ansluta oss senare när kommunens egen upphandling är klar och "
    "nämnden har fattat sitt beslut",
    "delvis": "Delvis: kommunen ansluter sig till de delar som rör gemensamma inköp av system, "
    "men inte till dem som rör en gemensam organisation, och återkommer om den när regionen har "
    "tagit ställning",
    "nej": "Nej, kommunen avstår",
}
LONG_NAME = (
    "Gemensam förmåga att hantera digitala identiteter, behörigheter och underskrifter för "
    "medarbetare, elever och förtroendevalda i kommunal verksamhet"
)


@pytest.mark.parametrize("signatories", [1, 2])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_the_longest_names_and_labels_stay_where_the_reader_expects_print(
    count: int, signatories: int
) -> None:
    options = dict(list(LONG_OPTIONS.items())[-count:])
    data = printed(
        options=options,
        name=LONG_NAME,
        municipality_name="Stenungsunds och Örnsköldsviks gemensamma kommun",
        signatories=signatories,
        return_address="digitalisering.registratur@kommunforbundet.example",
    )
    document = pdfium.PdfDocument(data)
    picture = document[0].render(scale=8 * 25.4 / 72, grayscale=True).to_numpy()
    dark = picture.reshape(picture.shape[:2]) < 128
    template = own_form(tuple(options), signatories=signatories)
    for rect in (
        *template.may_carry_ink(),
        *template.barred_lines,
        *(b.label for b in template.boxes),
    ):
        dark[_px(rect.top_mm) : _px(rect.bottom_mm), _px(rect.left_mm) : _px(rect.right_mm)] = False
    for box in template.boxes:
        area = box.area.grown(0.2)
        dark[_px(area.top_mm) : _px(area.bottom_mm), _px(area.left_mm) : _px(area.right_mm)] = False
    assert [(x / 8, y / 8) for y, x in np.argwhere(dark)] == []


@pytest.mark.parametrize("signatories", [1, 2])
@pytest.mark.parametrize("count", [1, 2, 4])
def test_what_counts_as_printed_is_no_larger_than_the_print(count: int, signatories: int) -> None:
    options = dict(list(LONG_OPTIONS.items())[-count:])
    data = printed(options=options, signatories=signatories)
    picture = pdfium.PdfDocument(data)[0].render(scale=8 * 25.4 / 72, grayscale=True).to_numpy()
    dark = picture.reshape(picture.shape[:2]) < 128
    for rect in own_form(tuple(options), signatories=signatories).printed:
        inside = dark[_px(rect.top_mm) : _px(rect.bottom_mm), _px(rect.left_mm) :][
            :, : _px(rect.width_mm)
        ]
        columns = np.flatnonzero(inside.any(axis=0)) / 8
        assert columns[0] < 2.0, rect
        assert columns[-1] > rect.width_mm - 2.0, rect
        assert rect.height_mm < 10.0


@pytest.mark.parametrize("signatories", [1, 2])
def test_nothing_is_printed_where_something_is_to_be_written(signatories: int) -> None:
    data = printed(options=LONG_OPTIONS, signatories=signatories)
    picture = pdfium.PdfDocument(data)[0].render(scale=8 * 25.4 / 72, grayscale=True).to_numpy()
    dark = picture.reshape(picture.shape[:2]) < 128
    template = own_form(tuple(LONG_OPTIONS), signatories=signatories)
    assert template.stamp is not None
    for area in (
        *(box.area.grown(-0.5) for box in template.boxes),
        *(signature.area.grown(-0.4) for signature in template.signatures),
        *(field.area.grown(-0.3) for field in template.fields),
        template.stamp.grown(-0.3),
    ):
        rows = slice(_px(area.top_mm), _px(area.bottom_mm))
        assert not dark[rows, _px(area.left_mm) : _px(area.right_mm)].any(), area


def test_an_option_that_does_not_fit_is_refused() -> None:
    with pytest.raises(DoesNotFit, match="Too long"):
        printed(options={"ja": "Ja, under förutsättning att " * 20})


def test_a_letter_that_the_font_does_not_have_is_refused() -> None:
    with pytest.raises(DoesNotFit, match="cannot be printed"):
        printed(name="Vård på distans 🙂")


def test_a_form_for_two_has_a_box_and_fields_for_each() -> None:
    with pikepdf.open(io.BytesIO(printed(signatories=2))) as pdf:
        names = {str(field["/T"]) for field in pdf.Root.AcroForm.Fields}
    second = {"signature_2", "signatory_2.name", "signatory_2.title", "place_date_2"}
    assert names == FIELDS | second | {"answer.ja", "answer.nej"}
    text = text_of(printed(signatories=2))
    assert "en i varje ruta" in text


def test_a_form_with_one_box_speaks_of_one_box() -> None:
    assert "ett kryss i rutan." in text_of(printed(options={"ja": "Ja, vi är med"}))


# --- for those who do not see it -----------------------------------------------------------------


def test_every_field_says_what_it_is_and_no_two_say_the_same() -> None:
    with pikepdf.open(io.BytesIO(printed(signatories=2))) as pdf:
        said = [str(widget["/TU"]) for widget in pdf.pages[0].Annots]
    assert len(set(said)) == len(said)
    assert "Befattning, underskrift 2 av 2" in said
    assert "Ja, kommunen ansluter sig" in said


def test_everything_drawn_is_tagged_or_decoration_and_read_in_the_order_of_the_form() -> None:
    with pikepdf.open(io.BytesIO(printed())) as pdf:
        assert bool(pdf.Root.MarkInfo.Marked)
        page = pdf.pages[0]
        assert page.obj.Tabs == pikepdf.Name.S
        open_marks = 0
        for instruction in pikepdf.parse_content_stream(page):
            operator = str(instruction.operator)
            open_marks += {"BDC": 1, "BMC": 1, "EMC": -1}.get(operator, 0)
            if operator in ("Tj", "TJ", "f", "f*", "S", "B", "'"):
                assert open_marks == 1, operator
        elements = list(pdf.Root.StructTreeRoot.K.K)
        order = []
        for element in elements:
            role = str(element.S)
            order.append(str(element.K.Obj["/T"]) if role == "/Form" else role)
        assert order.index("/H1") < order.index("answer.ja") < order.index("signature")
        assert order.index("signature") < order.index("signatory.name")
        assert order.index("place_date") < order.index("contact.name")
        figures = [element for element in elements if pikepdf.Name.Figure == element.S]
        assert [bool(str(figure.Alt)) for figure in figures] == [True, True]


def test_each_tag_is_found_from_what_it_tags() -> None:
    with pikepdf.open(io.BytesIO(printed(signatories=2))) as pdf:
        page = pdf.pages[0]
        numbers = list(pdf.Root.StructTreeRoot.ParentTree.Nums)
        parents = {int(numbers[i]): numbers[i + 1] for i in range(0, len(numbers), 2)}
        contents = parents[int(page.obj.StructParents)]
        assert [int(element.K) for element in contents] == list(range(len(contents)))
        for widget in page.Annots:
            assert parents[int(widget.StructParent)].K.Obj["/T"] == widget["/T"]
        with pdf.open_metadata() as metadata:
            assert metadata["dc:title"] == str(pdf.docinfo["/Title"])


def text_of(data: bytes) -> str:
    text: str = pdfium.PdfDocument(data)[0].get_textpage().get_text_range()
    return text


def _px(mm: float) -> int:
    return round(mm * 8)


@pytest.mark.parametrize(
    "organisation", ["Adda", "Sveriges Kommuner och Regioner", LONG_ORGANISATION]
)
def test_it_says_whose_form_it_is(organisation: str) -> None:
    data = printed(organisation=organisation)
    with pdfium.PdfDocument(data) as document:
        first, *_ = document[0].get_textpage().get_text_range().splitlines()
        assert document.get_metadata_value("Author") == organisation
    assert first.strip() == f"{organisation} · Handslag för digitalisering · omgång 2024"
