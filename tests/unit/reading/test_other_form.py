"""Forms without a code: known by their print, measured without it, and never taken for another."""

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
import pytest

from services.console.demo.scans import (
    DPI,
    Channel,
    Filling,
    Hand,
    Picture,
    Scan,
    Stroke,
    as_jpeg,
    as_pdf,
    blank_page,
    fill,
    scan,
)
from services.intake.conclude import conclude
from services.intake.documents import placed
from services.intake.measure import measure_file
from services.intake.pages.page import Limits
from services.intake.reading.measured import FileMeasured
from services.registry.domain.witnesses import WitnessRule
from shared.events import (
    DocumentKind,
    DocumentReading,
    Outcome,
    Reason,
    SignatureState,
    Source,
    WitnessKind,
)
from shared.forms import Rect
from shared.identifiers import digest_of, mail_id_of
from tests.bench.forms.other_form import (
    INITIATIVE,
    OPTIONS,
    Blank,
    OtherForm,
    drawn_blank,
    learned,
    weighed,
)
from tests.unit.reading.papers import KEY, covered, paper, png, wiped

DOMAINS = [("umea.se", "2480"), ("lund.se", "1281"), ("habo.se", "0305"), ("habokommun.se", "0643")]
TEXTS = {
    "municipality.name": "Umeå kommun",
    "signatory.name": "Åsa Öberg",
    "place_date": "Umeå 2024-09-12",
    "contact.email": "eva.sjostrom@umea.se",
}
OTHER = "annat-2024"


def filled(
    form: OtherForm,
    marks: Mapping[str, Stroke] | None = None,
    *,
    texts: Mapping[str, str] | None = None,
    **more: Any,
) -> Picture:
    filling = Filling(
        marks={"ja": Stroke.CROSS} if marks is None else marks,
        texts=TEXTS if texts is None else texts,
        **more,
    )
    return fill(form.paper, form.template, filling, seed=4)


def scanned(picture: Picture, *, turns: int = 0) -> bytes:
    return as_pdf([scan(picture, Channel.SCANNER, seed=4, quarter_turns=turns)])


def read(
    data: bytes,
    known: Sequence[OtherForm],
    filename: str = "skanning.pdf",
    *,
    sender: str | None = "umea.se",
    rule: WitnessRule | None = None,
) -> DocumentReading:
    """Return the one document of a file as the registry takes it; None: of an unproven sender."""
    options = {form.initiative: tuple(OPTIONS) for form in known}
    found = measure_file(
        data, filename, "", Limits(), options, learned=[form.for_reader for form in known]
    )
    found = FileMeasured.model_validate_json(found.model_dump_json())
    digest = digest_of(data)
    [reading] = conclude(
        [placed(found, 0, digest)],
        key=KEY,
        options=options,
        municipalities=None,
        mail_id=mail_id_of(digest),
        learned={(form.initiative, form.template.version): form.template for form in known},
    )
    return weighed(reading, DOMAINS, sender_hosts=(sender,) if sender else (), rule=rule)


# --- Read --------------------------------------------------------------------------------------


@pytest.mark.parametrize("blank", Blank)
def test_a_good_scan_is_read_wherever_its_blank_was_made(blank: Blank) -> None:
    form = learned(blank)
    found = read(scanned(filled(form, {"nej": Stroke.TICK})), [form])
    assert found.outcome is Outcome.AUTO, found.reasons
    assert found.initiative is not None
    assert (found.initiative.text, found.initiative.source) == (INITIATIVE, Source.PRINT)
    assert found.municipality is not None
    assert (found.municipality.text, found.municipality.source) == ("2480", Source.WITNESSES)
    assert found.answer is not None
    assert found.answer.text == "nej"
    assert found.signature is SignatureState.HANDWRITTEN
    assert found.form_version == form.template.version


def test_it_may_lie_upside_down_and_come_from_a_phone() -> None:
    form = learned()
    turned = read(scanned(filled(form), turns=2), [form])
    assert turned.outcome is Outcome.AUTO, turned.reasons
    photo = as_jpeg(scan(filled(form), Channel.PHONE, seed=3, quarter_turns=1))
    taken = read(photo, [form], "foto.jpg")
    assert taken.outcome is Outcome.AUTO, taken.reasons


def test_what_was_read_is_shown_where_it_stands() -> None:
    form = learned()
    found = read(as_pdf([_flat(filled(form))]), [form], sender=None)
    assert found.contact.email is not None
    assert found.contact.email.area is not None
    expected = form.template.field("contact.email").area
    assert found.contact.email.area.top == pytest.approx(expected.top_mm / 297, abs=0.003)
    assert {one.kind for one in found.witnesses} == {WitnessKind.NAME, WitnessKind.CONTACT_DOMAIN}


# --- Not read ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("marks", "more", "reason", "once_proven"),
    [
        ({"ja": Stroke.TICK}, {"hand": Hand.NOTHING}, Reason.SIGNATURE_MISSING, Outcome.RETURN),
        ({"ja": Stroke.TICK, "nej": Stroke.CROSS}, {}, Reason.SEVERAL_MARKED, Outcome.RETURN),
        ({}, {}, Reason.NONE_MARKED, Outcome.RETURN),
        ({"ja": Stroke.CROSSED_OUT}, {}, Reason.MARK_DOUBTFUL, Outcome.REVIEW),
        ({"ja": Stroke.FILLED}, {}, Reason.MARK_DOUBTFUL, Outcome.REVIEW),
        ({"ja": Stroke.BESIDE}, {}, Reason.MARK_DOUBTFUL, Outcome.REVIEW),
        (
            {"ja": Stroke.CROSS},
            {"note": "ja, men inte i år", "note_at_mm": (120.0, 108.0)},
            Reason.UNEXPLAINED_INK,
            Outcome.REVIEW,
        ),
        ({"ja": Stroke.CROSS}, {"hand": Hand.TYPED_NAME}, Reason.SIGNATURE_UNCLEAR, Outcome.REVIEW),
    ],
    ids=["unsigned", "both", "none", "crossed out", "filled", "beside", "note", "typed name"],
)
def test_a_faulty_answer_is_not_recorded(
    marks: dict[str, Stroke], more: dict[str, Any], reason: Reason, once_proven: Outcome
) -> None:
    form = learned(Blank.DRAWN if "note" in more else Blank.LIBREOFFICE)
    found = read(scanned(filled(form, marks, **more)), [form])
    assert reason in found.reasons
    assert found.once_proven is once_proven
    assert found.outcome is once_proven


def test_where_only_one_box_is_found_a_person_looks() -> None:
    form = learned()
    [_, no] = form.template.boxes
    found = read(scanned(wiped(filled(form), no.area.grown(1))), [form])
    assert Reason.MARK_DOUBTFUL in found.reasons


def test_a_line_through_an_option_is_seen() -> None:
    form = learned()
    label = form.template.boxes[0].label
    y = label.centre_mm[1]
    line = Rect(left_mm=label.left_mm, top_mm=y, width_mm=label.width_mm, height_mm=0.5)
    found = read(scanned(covered(filled(form), line, 40)), [form])
    assert found.outcome is Outcome.REVIEW


@pytest.mark.parametrize("blank", Blank)
def test_a_fold_through_a_box_is_no_mark(blank: Blank) -> None:
    form = learned(blank)
    box = form.template.boxes[0].area
    fold = Rect(left_mm=0, top_mm=box.centre_mm[1] - 0.3, width_mm=210, height_mm=0.5)
    found = read(scanned(covered(filled(form, {}), fold, 60)), [form])
    assert found.outcome is Outcome.REVIEW
    assert found.answer is None


@pytest.mark.parametrize("part", [Rect.spanning(0, 200, 210, 297), Rect.spanning(0, 0, 210, 36)])
def test_a_page_cut_off_is_not_read(part: Rect) -> None:
    form = learned()
    found = read(scanned(wiped(filled(form), part)), [form])
    assert found.outcome is Outcome.REVIEW
    assert not {Reason.REGISTRATION_FAILED, Reason.UNKNOWN_FORM_VERSION}.isdisjoint(found.reasons)


def test_a_coarse_scan_is_not_read() -> None:
    form = learned()
    small = cv2.resize(filled(form), None, fx=1 / 3, fy=1 / 3, interpolation=cv2.INTER_AREA)
    data = as_pdf([Scan(small, 100, 100, bitonal=False, jpeg_quality=80)])
    found = read(data, [form])
    assert Reason.LOW_RESOLUTION in found.reasons


# --- Not taken for another ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "unlearned",
    [
        drawn_blank("Digital arkivering"),
        drawn_blank(year="2025"),
        drawn_blank(yes="Ja, vi ansluter inte oss"),
        drawn_blank(yes="Nu, vi ansluter oss"),
    ],
    ids=["another initiative", "another year", "another meaning", "another word"],
)
def test_a_form_that_differs_in_what_matters_is_another_form(unlearned: bytes) -> None:
    form = learned()
    page = fill(
        blank_page(unlearned),
        form.template,
        Filling(marks={"ja": Stroke.CROSS}, texts=TEXTS),
        seed=4,
    )
    found = read(scanned(page), [form])
    assert found.outcome is Outcome.REVIEW
    assert found.initiative is None
    assert Reason.UNKNOWN_FORM_VERSION in found.reasons


def test_of_two_forms_that_differ_in_the_initiative_alone_the_right_one_is_known() -> None:
    one, other = learned(), learned(initiative=OTHER, name="Digital arkivering")
    for form in (one, other):
        found = read(scanned(filled(form)), [one, other])
        assert found.outcome is Outcome.AUTO, found.reasons
        assert found.initiative is not None
        assert found.initiative.text == form.initiative


def test_two_forms_that_look_alike_are_told_apart_by_nobody() -> None:
    twins = [learned(), learned(initiative=OTHER)]
    found = read(scanned(filled(twins[0])), twins)
    assert found.outcome is Outcome.REVIEW
    assert Reason.FORM_AMBIGUOUS in found.reasons
    assert found.initiative is None


def test_another_paper_is_no_form() -> None:
    random = np.random.default_rng(1)
    page = blank_page(drawn_blank())
    blocks = [page[i : i + 300].copy() for i in range(0, 3300, 300)]
    random.shuffle(blocks)
    found = read(scanned(np.vstack(blocks)[:, ::-1].copy()), [learned()])
    assert found.kind is DocumentKind.OTHER
    assert found.reasons == (Reason.NO_CODE,)


def test_our_own_form_is_known_by_its_code_as_ever() -> None:
    form = learned()
    found = read(png(paper()), [form], "skanning.png")
    assert found.municipality is not None
    assert found.municipality.source is Source.CODE


# --- Whose it is -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        ({}, "nothing says whose it is"),
        ({"municipality.name": "Umeå kommun"}, "a name alone never decides"),
        ({"contact.email": "eva.sjostrom@umea.se"}, "the form itself does not say"),
        ({**TEXTS, "municipality.name": "Lunds kommun"}, "name and domain contradict each other"),
        (
            {"municipality.name": "Habo kommun", "contact.email": "kansli@habo.se"},
            "Habo is not Håbo, whose domain that is",
        ),
        ({**TEXTS, "municipality.name": "Ume kommun"}, "what is no name may be any"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_whose_it_is_is_never_guessed(texts: dict[str, str], why: str) -> None:
    form = learned()
    # Asked for a witness outside of the paper, the registry would believe none of these anyhow.
    paper_alone = WitnessRule(outside=False)
    found = read(scanned(filled(form, texts=texts)), [form], sender=None, rule=paper_alone)
    assert found.outcome is Outcome.REVIEW, why
    assert found.reasons == (Reason.MUNICIPALITY_UNPROVEN,)
    assert found.municipality is None


def _flat(picture: Picture) -> Scan:
    return Scan(picture, DPI, DPI, bitonal=False, jpeg_quality=80)
