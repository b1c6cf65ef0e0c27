"""Good scans, spoilt one thing at a time: each gate closes, and says why."""

from collections.abc import Mapping
from datetime import date

import cv2
import numpy as np
import pytest

from services.console.demo.scans import Hand, Picture, Stroke, blank_page
from services.intake.conclude import conclude
from services.intake.documents import placed
from services.intake.measure import measure_file
from services.intake.pages.page import Limits
from services.registry.forms.print import print_form
from shared.events import DocumentKind, Outcome, Reason, SignatureState
from shared.forms import CodeCorner, Rect
from shared.identifiers import digest_of, mail_id_of
from tests.bench.forms.cases import INITIATIVE, KEY, MUNICIPALITY, OPTIONS, printed, template
from tests.unit.reading.papers import KNOWN, covered, document, documents, paper, pdf, png, wiped

CODES = {code.corner: code.symbol for code in template().codes}
MARKS = template().corner_marks


def test_a_good_form_is_read_by_the_machine() -> None:
    reading = document(png(paper({"nej": Stroke.TICK})))
    assert reading.outcome is Outcome.AUTO
    assert reading.reasons == ()
    assert reading.kind is DocumentKind.ANSWER
    assert reading.initiative is not None
    assert reading.initiative.text == INITIATIVE
    assert reading.municipality is not None
    assert reading.municipality.text == MUNICIPALITY
    assert reading.answer is not None
    assert reading.answer.text == "nej"
    assert reading.signature is SignatureState.HANDWRITTEN


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_form_is_read_and_shown_upright(turns: int) -> None:
    reading = document(png(np.ascontiguousarray(np.rot90(paper(), turns))))
    assert reading.outcome is Outcome.AUTO
    [image] = reading.pages
    assert image.height_px > image.width_px
    assert reading.answer is not None
    area = reading.answer.area
    assert area is not None
    box = template().boxes[0].area
    assert area.left == pytest.approx(box.left_mm / 210, abs=0.01)
    assert area.top == pytest.approx(box.top_mm / 297, abs=0.01)


def test_typed_contact_data_is_read() -> None:
    texts = {
        "signatory.name": "Åsa Öberg",
        "signatory.title": "Kommundirektör",
        "place_date": "Umeå 2024-09-12",
        "contact.name": "Björn Ålund",
        "contact.email": "bjorn.alund@umea.se",
        "contact.phone": "090-16 10 00",
    }
    reading = document(png(paper(texts=texts)))
    assert reading.outcome is Outcome.AUTO
    read = {
        "signatory.name": reading.signatory.name,
        "signatory.title": reading.signatory.title,
        "place_date": reading.signatory.place_date,
        "contact.name": reading.contact.name,
        "contact.email": reading.contact.email,
        "contact.phone": reading.contact.phone,
    }
    assert {name: value.text if value else None for name, value in read.items()} == texts
    assert reading.their_reference is None


# --- the code --------------------------------------------------------------------------------


@pytest.mark.parametrize("corner", CodeCorner)
def test_one_code_missing_is_for_a_person(corner: CodeCorner) -> None:
    reading = document(png(wiped(paper(), CODES[corner].grown(2))))
    assert reading.outcome is Outcome.REVIEW
    assert Reason.CODE_MISSING_ONE in reading.reasons
    assert reading.municipality is not None
    assert reading.municipality.confidence < 1


def test_no_code_is_no_form_of_ours() -> None:
    page = paper()
    for symbol in CODES.values():
        page = wiped(page, symbol.grown(2))
    reading = document(png(page))
    assert (reading.outcome, reading.reasons) == (Outcome.REVIEW, (Reason.NO_CODE,))
    assert reading.initiative is None


def test_two_codes_that_differ_prove_nothing() -> None:
    page = _with_code_of_another_municipality(paper(), CodeCorner.BOTTOM_LEFT)
    reading = document(png(page))
    assert reading.outcome is Outcome.REVIEW
    assert Reason.CODE_CONFLICT in reading.reasons
    assert reading.initiative is None
    assert reading.municipality is None


def test_a_code_signed_with_another_key_is_forged() -> None:
    reading = document(png(paper()), key=b"the real key")
    assert reading.outcome is Outcome.REVIEW
    assert Reason.CODE_FORGED in reading.reasons
    assert reading.municipality is None


def test_an_unknown_initiative_is_for_a_person() -> None:
    reading = document(png(paper()), known={"annat-2024": ("ja", "nej")})
    assert (reading.outcome, reading.reasons) == (Outcome.REVIEW, (Reason.UNKNOWN_INITIATIVE,))


@pytest.mark.parametrize(
    "now", [("nej", "ja"), ("avvakta", "ja"), ("ja",), ("ja", "nej", "vet_ej")]
)
@pytest.mark.parametrize("hand", [Hand.SIGNATURE, Hand.NOTHING])
def test_a_form_printed_with_other_options_is_for_a_person_to_read(
    now: tuple[str, ...], hand: Hand
) -> None:
    for option in ("ja", "nej"):
        scan = pdf([paper({option: Stroke.CROSS}, hand=hand)])
        reading = document(scan, "skanning.pdf", known={INITIATIVE: now})
        assert reading.outcome is Outcome.REVIEW
        assert Reason.UNKNOWN_FORM_VERSION in reading.reasons
        # Its boxes mean something else than their places say.
        assert (reading.answer, reading.marks) == (None, ())


def test_options_that_change_between_measuring_and_deciding_are_for_a_person() -> None:
    data = pdf([paper()])
    other = {INITIATIVE: ("nej", "ja")}
    for before, after in ((KNOWN, other), (other, KNOWN)):
        measured = measure_file(data, "skanning.pdf", "", Limits(), before)
        [reading] = conclude(
            [placed(measured, 0, digest_of(data))],
            key=KEY,
            options=after,
            municipalities={MUNICIPALITY},
            mail_id=mail_id_of(digest_of(data)),
        )
        assert (reading.outcome, reading.answer) == (Outcome.REVIEW, None)
        assert reading.reasons == (Reason.UNKNOWN_FORM_VERSION,)


# --- registration ----------------------------------------------------------------------------


@pytest.mark.parametrize("missing", range(4))
def test_one_corner_mark_may_be_missing_where_the_rest_agree(missing: int) -> None:
    assert document(png(wiped(paper(), MARKS[missing].grown(0.5)))).outcome is Outcome.AUTO


def test_two_corner_marks_missing_are_not_inferred() -> None:
    page = wiped(wiped(paper(), MARKS[0].grown(0.5)), MARKS[3].grown(0.5))
    reading = document(png(page))
    assert reading.outcome is Outcome.REVIEW
    assert Reason.REGISTRATION_FAILED in reading.reasons


def test_a_corner_mark_in_the_wrong_place_is_noticed() -> None:
    mark = MARKS[3]
    moved = Rect(left_mm=mark.left_mm - 3, top_mm=mark.top_mm - 3, width_mm=5, height_mm=5)
    page = covered(wiped(paper(), mark.grown(0.5)), moved, 0)
    assert document(png(page)).outcome is Outcome.REVIEW


def test_a_page_that_is_bent_more_than_two_millimetres_is_for_a_person() -> None:
    page = paper()
    rows, columns = np.indices(page.shape, dtype=np.float32)
    columns += 5 * 11.8 * np.sin(rows / page.shape[0] * 3.1416)
    bent = cv2.remap(page, columns, rows, cv2.INTER_LINEAR, borderValue=(255,))
    assert document(png(np.asarray(bent))).outcome is Outcome.REVIEW


def test_too_coarse_a_scan_is_for_a_person() -> None:
    small = cv2.resize(paper(), None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA)
    reading = document(png(np.asarray(small)))
    assert reading.outcome is Outcome.REVIEW
    assert Reason.LOW_RESOLUTION in reading.reasons


# --- the boxes -------------------------------------------------------------------------------


def test_both_boxes_marked_goes_back_to_the_sender() -> None:
    reading = document(png(paper({"ja": Stroke.CROSS, "nej": Stroke.TICK})))
    assert (reading.outcome, reading.reasons) == (Outcome.RETURN, (Reason.SEVERAL_MARKED,))
    assert reading.answer is None


def test_no_box_marked_goes_back_to_the_sender() -> None:
    reading = document(png(paper({})))
    assert (reading.outcome, reading.reasons) == (Outcome.RETURN, (Reason.NONE_MARKED,))


@pytest.mark.parametrize("stroke", [Stroke.FILLED, Stroke.CROSSED_OUT, Stroke.FAINT_TICK])
def test_a_box_that_is_not_plainly_marked_is_for_a_person(stroke: Stroke) -> None:
    reading = document(png(paper({"ja": stroke})))
    assert reading.outcome is Outcome.REVIEW
    assert Reason.MARK_DOUBTFUL in reading.reasons
    assert reading.answer is None


@pytest.mark.parametrize("stroke", [Stroke.CROSSED_OUT, Stroke.FAINT_TICK, Stroke.BESIDE])
def test_anything_in_or_at_the_other_box_is_for_a_person(stroke: Stroke) -> None:
    reading = document(png(paper({"ja": Stroke.CROSS, "nej": stroke})))
    assert reading.outcome is Outcome.REVIEW
    assert reading.answer is None


def test_a_tick_beside_its_box_is_seen() -> None:
    reading = document(png(paper({"ja": Stroke.BESIDE})))
    assert reading.outcome is Outcome.REVIEW
    assert Reason.MARK_DOUBTFUL in reading.reasons


def test_a_box_whose_border_is_gone_is_for_a_person() -> None:
    box = template().boxes[1].area
    reading = document(png(wiped(paper(), box.grown(0.5))))
    assert reading.outcome is Outcome.REVIEW
    assert Reason.MARK_DOUBTFUL in reading.reasons


def test_a_smudge_in_the_empty_box_is_for_a_person() -> None:
    box = template().boxes[1].area
    reading = document(png(covered(paper(), box.grown(-1.8), 190)))
    assert reading.outcome is Outcome.REVIEW


# --- other ink -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "at_mm",
    [(110.0, 101.0), (110.0, 96.2), (40.0, 110.5), (96.0, 117.5), (60.0, 232.0), (195.0, 70.0)],
)
def test_a_note_on_the_form_is_for_a_person(at_mm: tuple[float, float]) -> None:
    reading = document(png(paper(note="ja, men", note_at_mm=at_mm)))
    assert reading.outcome is Outcome.REVIEW
    assert Reason.UNEXPLAINED_INK in reading.reasons


def test_a_line_through_the_chosen_option_is_for_a_person() -> None:
    page = paper()
    label = template().boxes[0].label
    y = label.centre_mm[1]
    struck = covered(page, Rect.spanning(label.left_mm, y, label.left_mm + 60, y + 0.5), 40)
    reading = document(png(struck))
    assert reading.outcome is Outcome.REVIEW
    assert Reason.UNEXPLAINED_INK in reading.reasons


def test_a_stamp_in_its_place_needs_no_person() -> None:
    assert document(png(paper(stamp=True))).outcome is Outcome.AUTO


@pytest.mark.parametrize("at_mm", [(15.0, 92.0), (70.0, 100.0), (30.0, 205.0)])
def test_a_stamp_elsewhere_does(at_mm: tuple[float, float]) -> None:
    assert document(png(paper(stamp_at_mm=at_mm))).outcome is Outcome.REVIEW


def test_punched_holes_and_a_streak_need_no_person() -> None:
    page = paper()
    for y in (108, 188):
        cv2.circle(page, (round(8.5 * 11.81), round(y * 11.81)), round(3 * 11.81), (30,), -1)
    page[:, 1800:1804] = np.minimum(page[:, 1800:1804], 150)
    assert document(png(page)).outcome is Outcome.AUTO


def grainy(page: Picture, holes_mm: list[tuple[float, float]]) -> Picture:
    """Lay what a scan in two levels makes of the dark behind punched holes."""
    grain = np.random.default_rng(3).random(page.shape) < 0.4
    holes = np.zeros_like(page)
    for x, y in holes_mm:
        cv2.circle(holes, (round(x * 11.81), round(y * 11.81)), round(2.75 * 11.81), (255,), -1)
    return np.where(grain & (holes > 0), np.uint8(0), page)


def test_punched_holes_that_came_out_as_grain_need_no_person() -> None:
    page = grainy(paper(), [(12.5, 113.0), (12.5, 193.0)])
    assert document(png(page)).outcome is Outcome.AUTO


@pytest.mark.parametrize("second_mm", [(12.5, 150.0), (18.0, 193.0)])
def test_grain_that_no_punch_made_does(second_mm: tuple[float, float]) -> None:
    page = grainy(paper(), [(12.5, 113.0), second_mm])
    assert Reason.UNEXPLAINED_INK in document(png(page)).reasons


# --- the signature ---------------------------------------------------------------------------


def test_an_unsigned_form_goes_back_to_the_sender() -> None:
    reading = document(png(paper(hand=Hand.NOTHING)))
    assert (reading.outcome, reading.reasons) == (Outcome.RETURN, (Reason.SIGNATURE_MISSING,))
    assert reading.signature is SignatureState.MISSING
    assert reading.answer is not None


@pytest.mark.parametrize("hand", [Hand.TYPED_NAME, Hand.INITIALS])
def test_a_typed_name_or_initials_are_for_a_person(hand: Hand) -> None:
    reading = document(png(paper(hand=hand)))
    assert reading.outcome is Outcome.REVIEW
    assert reading.signature is SignatureState.UNCLEAR


def test_a_stamp_is_no_signature() -> None:
    box = template().signatures[0].area
    page = paper(hand=Hand.NOTHING, stamp_at_mm=(box.left_mm + 15, box.top_mm + 3))
    assert document(png(page)).signature is SignatureState.UNCLEAR


def test_a_line_through_the_signature_box_is_no_signature() -> None:
    box = template().signatures[0].area
    line = Rect.spanning(box.left_mm + 5, box.top_mm + 14, box.right_mm - 5, box.top_mm + 14.6)
    reading = document(png(covered(paper(hand=Hand.NOTHING), line, 20)))
    assert reading.signature is not SignatureState.HANDWRITTEN


# --- several pages ---------------------------------------------------------------------------


def test_two_forms_in_one_file_are_two_documents() -> None:
    other = _blank_form("0114", OPTIONS)
    first, second = documents(pdf([paper(), other]), "två.pdf")
    assert [page.source_page for page in first.pages] == [1]
    assert [page.source_page for page in second.pages] == [2]
    assert first.document_id != second.document_id
    assert first.outcome is Outcome.AUTO
    assert Reason.UNKNOWN_MUNICIPALITY in second.reasons


def test_the_same_form_twice_with_different_answers_is_for_a_person() -> None:
    both = documents(pdf([paper({"ja": Stroke.CROSS}), paper({"nej": Stroke.CROSS})]), "två.pdf")
    assert [reading.outcome for reading in both] == [Outcome.REVIEW, Outcome.REVIEW]
    assert all(Reason.SAME_MAIL_CONTRADICTS in reading.reasons for reading in both)


def test_another_printing_of_the_same_form_beside_it_is_for_a_person() -> None:
    earlier = _blank_form(MUNICIPALITY, dict(reversed(OPTIONS.items())))
    both = documents(pdf([paper(), earlier]), "två.pdf")
    assert [reading.outcome for reading in both] == [Outcome.REVIEW, Outcome.REVIEW]
    assert all(Reason.SAME_MAIL_CONTRADICTS in reading.reasons for reading in both)
    assert Reason.UNKNOWN_FORM_VERSION in both[1].reasons


def test_the_blank_back_of_the_sheet_belongs_to_the_form() -> None:
    back = np.full_like(paper(), 250)
    reading = document(pdf([paper(), back]), "två.pdf")
    assert reading.outcome is Outcome.AUTO
    assert [page.source_page for page in reading.pages] == [1, 2]


def test_a_written_page_beside_the_form_is_for_a_person() -> None:
    letter = np.full_like(paper(), 250)
    cv2.putText(letter, "Se protokoll", (300, 900), cv2.FONT_HERSHEY_SIMPLEX, 5, (0,), 12)
    reading = document(pdf([letter, paper()]), "två.pdf")
    assert (reading.outcome, reading.reasons) == (Outcome.REVIEW, (Reason.EXTRA_PAGE,))
    assert [page.source_page for page in reading.pages] == [1, 2]
    assert reading.answer is not None
    assert reading.answer.area is not None
    assert reading.answer.area.page == 2


def test_a_blank_page_alone_says_so() -> None:
    reading = document(png(np.full((3508, 2480), 250, np.uint8)))
    assert reading.reasons == (Reason.BLANK_PAGE,)


def _blank_form(municipality: str, options: Mapping[str, str]) -> Picture:
    return blank_page(
        print_form(
            initiative=INITIATIVE,
            initiative_name="Kompetensgemenskaper",
            round_name="2024",
            last_answer_day=date(2024, 9, 30),
            options=options,
            municipality=municipality,
            municipality_name="Upplands Väsby kommun",
            key=KEY,
        )
    )


def _with_code_of_another_municipality(page: Picture, corner: CodeCorner) -> Picture:
    other = _blank_form("0114", OPTIONS)
    assert other.shape == blank_page(printed()).shape
    result = np.array(page)
    symbol = CODES[corner].grown(1)
    rows = slice(round(symbol.top_mm * 11.81), round(symbol.bottom_mm * 11.81))
    columns = slice(round(symbol.left_mm * 11.81), round(symbol.right_mm * 11.81))
    result[rows, columns] = other[rows, columns]
    return result
