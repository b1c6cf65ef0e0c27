"""Pages that can look otherwise to somebody else: nothing of them is recorded by the machine.

Each is signed in a way that would do: on the screen with a trusted certificate, or by hand.
"""

import io
from collections.abc import Callable
from datetime import timedelta

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from services.intake.pages.trust import Trust
from shared.events import DocumentReading, Outcome, Reason, SignatureState
from shared.forms import Rect
from tests.bench.forms.cases import printed, template
from tests.unit.reading.papers import document, paper, pdf
from tests.unit.reading.screen import Edited, box_of, edited, filled
from tests.unit.reading.signing import NOW, director, root, sign

TRUST = Trust(roots=(root().pem,), at=NOW + timedelta(minutes=1))
JA, NEJ = (box.area for box in template().boxes)


def read(data: bytes) -> DocumentReading:
    return document(data, "svar.pdf", trust=TRUST)


def changed(data: bytes, change: Callable[[Edited], None]) -> bytes:
    with edited(data) as form:
        change(form)
    return form.data


def signed_on_screen(change: Callable[[Edited], None]) -> DocumentReading:
    return read(sign(changed(filled({}, ("answer.ja",)), change), director()))


def signed_by_hand(change: Callable[[Edited], None]) -> DocumentReading:
    return read(changed(pdf([paper()]), change))


def nothing(_: Edited) -> None:
    pass


def test_without_peculiarities_both_are_recorded() -> None:
    assert signed_on_screen(nothing).outcome is Outcome.AUTO
    assert signed_by_hand(nothing).outcome is Outcome.AUTO


# --- The file ----------------------------------------------------------------------------------


def _layers(form: Edited) -> None:
    layer = form.pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("Svar")))
    form.pdf.Root.OCProperties = Dictionary(
        OCGs=Array([layer]), D=Dictionary(ON=Array([]), OFF=Array([layer]))
    )


def _script_on_opening(form: Edited) -> None:
    form.pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=String("this.getField('x')"))


def _script_by_name(form: Edited) -> None:
    action = Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))
    form.pdf.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("a"), action])))


def _script_after_a_harmless_step(form: Edited) -> None:
    form.pdf.Root.OpenAction = Dictionary(
        S=Name.GoTo, D=String("x"), Next=Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))
    )


def _script_of_the_page(form: Edited) -> None:
    form.pdf.pages[0].obj.AA = Dictionary(O=Dictionary(S=Name.JavaScript, JS=String("1")))


@pytest.mark.parametrize(
    "change",
    [
        _layers,
        _script_on_opening,
        _script_by_name,
        _script_after_a_harmless_step,
        _script_of_the_page,
    ],
)
@pytest.mark.parametrize("how", [signed_on_screen, signed_by_hand])
def test_a_file_that_can_change_its_look(
    how: Callable[[Callable[[Edited], None]], DocumentReading], change: Callable[[Edited], None]
) -> None:
    reading = how(change)
    assert (reading.outcome, reading.reasons) == (Outcome.REVIEW, (Reason.LOOK_CAN_CHANGE,))


def test_a_second_form_in_xml() -> None:
    def change(form: Edited) -> None:
        form.pdf.Root.AcroForm.XFA = pikepdf.Stream(form.pdf, b"<xdp/>")

    assert signed_on_screen(change).reasons == (Reason.LOOK_CAN_CHANGE,)


def test_a_field_that_is_calculated() -> None:
    def change(form: Edited) -> None:
        widget = form.widget("answer.ja")
        widget.AA = Dictionary(C=Dictionary(S=Name.JavaScript, JS=String("event.value='Yes'")))
        form.pdf.Root.AcroForm.CO = Array([widget])

    assert signed_on_screen(change).reasons == (Reason.LOOK_CAN_CHANGE,)


def test_opening_at_a_place_is_harmless() -> None:
    def change(form: Edited) -> None:
        form.pdf.Root.OpenAction = Dictionary(S=Name.GoTo, D=String("start"))

    assert signed_by_hand(change).outcome is Outcome.AUTO


# --- Laid over the page ------------------------------------------------------------------------

CROSS = b"2 w 2 2 m 15 15 l 2 15 m 15 2 l S"
WHITE = b"1 g 0 0 300 300 re f"


@pytest.mark.parametrize("kind", ["Stamp", "Square", "Ink", "FreeText"])
@pytest.mark.parametrize("look", [CROSS, WHITE])
def test_a_note_over_a_box_of_a_signed_scan(kind: str, look: bytes) -> None:
    reading = signed_by_hand(lambda form: form.annotate(kind, JA.grown(0.5), look))
    assert reading.outcome is Outcome.REVIEW
    assert Reason.LOOK_CAN_CHANGE in reading.reasons


def test_a_white_box_over_the_mark_and_a_cross_in_the_other_box() -> None:
    def change(form: Edited) -> None:
        form.annotate("Square", JA.grown(-0.6), WHITE)
        form.annotate("Ink", NEJ, CROSS)

    assert signed_by_hand(change).outcome is Outcome.REVIEW
    assert signed_on_screen(change).outcome is Outcome.REVIEW


def test_the_same_drawn_into_the_page_of_a_signed_scan() -> None:
    def change(form: Edited) -> None:
        for area, look in ((JA.grown(-0.6), b"1 g 0 0 20 20 re f"), (NEJ, CROSS)):
            left, bottom, _, _ = box_of(area)
            form.draw(b"1 0 0 1 %.1f %.1f cm %s" % (left, bottom, look))

    reading = signed_by_hand(change)
    assert reading.outcome is Outcome.REVIEW
    assert Reason.SIGNATURE_UNCLEAR in reading.reasons


def test_a_small_picture_pasted_on_a_signed_scan() -> None:
    def change(form: Edited) -> None:
        picture = pikepdf.Stream(form.pdf, b"\xff")
        picture.Type, picture.Subtype = Name.XObject, Name.Image
        picture.Width = picture.Height = 1
        picture.BitsPerComponent, picture.ColorSpace = 8, Name.DeviceGray
        page = form.pdf.pages[0]
        name = page.add_resource(picture, Name.XObject)
        left, bottom, right, top = box_of(JA.grown(-0.6))
        form.draw(
            b"%.1f 0 0 %.1f %.1f %.1f cm %s Do"
            % (right - left, top - bottom, left, bottom, str(name).encode())
        )

    reading = signed_by_hand(change)
    assert reading.outcome is Outcome.REVIEW
    assert Reason.LOOK_CAN_CHANGE in reading.reasons


def test_a_field_that_the_form_was_not_printed_with() -> None:
    def change(form: Edited) -> None:
        look = pikepdf.Stream(form.pdf, WHITE)
        look.Type, look.Subtype, look.BBox = Name.XObject, Name.Form, Array([0, 0, 17, 17])
        cover = form.pdf.make_indirect(
            Dictionary(
                Type=Name.Annot,
                Subtype=Name.Widget,
                FT=Name.Tx,
                T=String("cover"),
                F=4,
                Rect=Array(box_of(NEJ.grown(-0.6))),
                AP=Dictionary(N=look),
            )
        )
        form.pdf.pages[0].Annots.append(cover)
        form.pdf.Root.AcroForm.Fields.append(cover)

    assert signed_on_screen(change).reasons == (Reason.LOOK_CAN_CHANGE,)


# --- Fields and what is seen of them -----------------------------------------------------------


def test_a_box_whose_state_is_not_its_value() -> None:
    def change(form: Edited) -> None:
        form.widget("answer.nej").V = Name.Yes

    reading = signed_on_screen(change)
    assert reading.outcome is Outcome.REVIEW
    assert Reason.LOOK_CAN_CHANGE in reading.reasons


def test_a_field_there_are_two_of() -> None:
    def change(form: Edited) -> None:
        twin = form.pdf.make_indirect(Dictionary(form.widget("answer.ja")))
        twin.V = twin.AS = Name.Off
        twin.Rect = Array([0, 0, 1, 1])
        form.pdf.pages[0].Annots.append(twin)
        form.pdf.Root.AcroForm.Fields.append(twin)

    assert Reason.FIELDS_CONTRADICT_PIXELS in signed_on_screen(change).reasons


def test_values_that_the_viewer_is_to_draw_anew_are_not_what_is_seen() -> None:
    data = filled({"contact.name": "Någon Annan"}, ("answer.ja",), render=False)

    def change(form: Edited) -> None:
        form.pdf.Root.AcroForm.NeedAppearances = True

    reading = read(sign(changed(data, change), director()))
    assert reading.reasons == (Reason.FIELDS_CONTRADICT_PIXELS,)


@pytest.mark.parametrize("said", ["eva.ek@umea.se", "bjorn.alund@ornea.se"])
def test_an_address_that_is_shown_otherwise_is_not_taken_from_the_field(said: str) -> None:
    data = filled({"contact.email": "bjorn.alund@umea.se"}, ("answer.ja",))

    def change(form: Edited) -> None:
        form.widget("contact.email").V = String(said)

    reading = read(sign(changed(data, change), director()))
    email = reading.contact.email
    assert reading.outcome is Outcome.REVIEW or (email is not None and email.text != said)


# --- Printed to a PDF on the screen --------------------------------------------------------------


def flattened(data: bytes) -> bytes:
    """Print to a PDF: what the fields show becomes a part of the page."""
    with pikepdf.open(io.BytesIO(data)) as form:
        form.flatten_annotations()
        file = io.BytesIO()
        form.save(file)
    return file.getvalue()


def test_a_form_filled_in_and_printed_to_a_file_is_understood_and_goes_back() -> None:
    texts = {"contact.name": "Karin Ek", "contact.email": "karin.ek@umea.se"}
    reading = read(flattened(filled(texts, ("answer.nej",))))
    assert (reading.outcome, reading.reasons) == (Outcome.RETURN, (Reason.SIGNATURE_MISSING,))
    assert reading.answer is not None
    assert reading.answer.text == "nej"
    assert reading.contact.name is not None
    assert reading.contact.name.text == "Karin Ek"


def test_the_same_signed_with_a_pasted_picture_is_for_a_person() -> None:
    def change(form: Edited) -> None:
        left, bottom, _, _ = box_of(template().signatures[0].area)
        form.draw(
            b"1 0 0 1 %.1f %.1f cm 2 w 20 20 m 40 70 60 0 80 50 c 100 10 120 70 160 25 c S"
            % (left, bottom)
        )

    reading = read(changed(flattened(filled({}, ("answer.ja",))), change))
    assert (reading.outcome, reading.reasons) == (Outcome.REVIEW, (Reason.SIGNATURE_UNCLEAR,))
    assert reading.signature is SignatureState.UNCLEAR


def test_letters_made_into_lines_are_no_scan() -> None:
    """Some programs print letters as outlines: such a page has no text, and never was paper."""
    with edited(printed()) as form:
        page = form.pdf.pages[0]
        outlines = [
            instruction
            for instruction in pikepdf.parse_content_stream(page)
            if str(instruction.operator) not in ("Tj", "TJ", "'", '"')
        ]
        page.Contents = pikepdf.Stream(form.pdf, pikepdf.unparse_content_stream(outlines))
        left, bottom, _, _ = box_of(template().signatures[0].area)
        form.draw(
            b"1 0 0 1 %.1f %.1f cm 2 w 20 20 m 40 70 60 0 80 50 c 100 10 120 70 160 25 c S"
            % (left, bottom)
        )
    reading = read(form.data)
    assert reading.signature is SignatureState.UNCLEAR


def test_text_hidden_behind_a_scan_does_not_make_it_digital() -> None:
    scan = pdf([paper()])
    with edited(scan) as form:
        page = form.pdf.pages[0]
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        name = page.add_resource(form.pdf.make_indirect(font), Name.Font)
        text = b"q BT %s 12 Tf 100 500 Td (Nej) Tj ET Q" % str(name).encode()
        page.contents_add(pikepdf.Stream(form.pdf, text), prepend=True)
    reading = read(form.data)
    assert reading.outcome is Outcome.AUTO
    assert reading.answer is not None
    assert reading.answer.text == "ja"


def test_a_place_far_from_the_boxes_is_no_better() -> None:
    corner = Rect.spanning(195, 200, 205, 210)
    assert signed_by_hand(lambda form: form.annotate("Stamp", corner, WHITE)).reasons == (
        Reason.LOOK_CAN_CHANGE,
    )
