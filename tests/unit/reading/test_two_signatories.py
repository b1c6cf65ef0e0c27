"""A form that asks for two signatures: both must be there, each by a hand of its own."""

from datetime import date
from functools import cache

import cv2
import numpy as np
import pytest

from services.console.demo.scans import Channel, Filling, Hand, Picture, Stroke, as_png, blank_page
from services.console.demo.scans import fill as filled
from services.console.demo.scans import scan as scanned_by
from services.intake.conclude import conclude
from services.intake.documents import placed
from services.registry.forms.print import print_form
from shared.events import DocumentReading, Outcome, Reason, SignatureState
from shared.identifiers import digest_of, mail_id_of
from shared.own_form import own_form
from tests.bench.forms.cases import INITIATIVE, KEY, MUNICIPALITY, OPTIONS
from tests.unit.reading.papers import PER_MM, document, measured, png

TEMPLATE = own_form(tuple(OPTIONS), signatories=2)
MARKS = {"nej": Stroke.TICK}
HANDWRITTEN = SignatureState.HANDWRITTEN


@cache
def blank() -> Picture:
    return blank_page(
        print_form(
            initiative=INITIATIVE,
            initiative_name="Kompetensgemenskaper",
            round_name="2024",
            last_answer_day=date(2024, 9, 30),
            options=OPTIONS,
            municipality=MUNICIPALITY,
            municipality_name="Umeå kommun",
            key=KEY,
            signatories=2,
        )
    )


def paper(hand: Hand = Hand.SIGNATURE, co_hand: Hand = Hand.SIGNATURE, **more: str) -> Picture:
    filling = Filling(marks=MARKS, hand=hand, co_hands=(co_hand,), texts=more)
    return filled(blank(), TEMPLATE, filling, seed=7)


def read(picture: Picture) -> DocumentReading:
    return document(png(picture))


def test_two_signatures_are_recorded_by_the_machine_each_in_its_place() -> None:
    reading = read(paper())
    assert (reading.outcome, reading.reasons) == (Outcome.AUTO, ())
    assert reading.signature is HANDWRITTEN
    assert [each.state for each in reading.signatures] == [HANDWRITTEN, HANDWRITTEN]
    first, second = (each.area for each in reading.signatures)
    assert first == reading.signature_area
    assert first.bottom < second.top


@pytest.mark.parametrize("channel", [Channel.FAX, Channel.PHONE])
def test_two_signatures_are_seen_through_bad_channels(channel: Channel) -> None:
    reading = document(as_png(scanned_by(paper(), channel, seed=3)))
    assert [each.state for each in reading.signatures] == [HANDWRITTEN, HANDWRITTEN]
    assert reading.outcome is Outcome.AUTO


@pytest.mark.parametrize("missing", [0, 1])
def test_one_of_two_signatures_missing_is_a_signature_missing(missing: int) -> None:
    hands = [Hand.SIGNATURE, Hand.SIGNATURE]
    hands[missing] = Hand.NOTHING
    reading = read(paper(*hands))
    assert (reading.outcome, reading.reasons) == (Outcome.RETURN, (Reason.SIGNATURE_MISSING,))
    assert reading.signature is SignatureState.MISSING
    assert reading.signatures[missing].state is SignatureState.MISSING
    assert reading.signatures[1 - missing].state is HANDWRITTEN


def test_a_typed_name_as_the_second_signature_is_for_a_person() -> None:
    reading = read(paper(co_hand=Hand.TYPED_NAME))
    assert (reading.outcome, reading.reasons) == (Outcome.REVIEW, (Reason.SIGNATURE_UNCLEAR,))


def test_one_signature_through_both_boxes_is_not_two() -> None:
    picture = np.array(paper(Hand.NOTHING, Hand.NOTHING))
    upper, lower = (signature.area for signature in TEMPLATE.signatures)
    left, right = upper.left_mm + 12, upper.left_mm + 60
    sweep = [
        (left + (right - left) * step / 12, (upper.top_mm + 5, lower.bottom_mm - 5)[step % 2])
        for step in range(13)
    ]
    points = np.round(np.array(sweep) * PER_MM).astype(np.int32)
    cv2.polylines(picture, [points.reshape(-1, 1, 2)], False, (40,), 6, cv2.LINE_AA)
    reading = read(picture)
    assert reading.signature is SignatureState.UNCLEAR
    assert Reason.SIGNATURE_UNCLEAR in reading.reasons
    assert reading.outcome is Outcome.REVIEW


def test_both_signatories_names_are_read() -> None:
    names = {
        "signatory.name": "Åsa Öberg",
        "signatory.title": "Kommundirektör",
        "signatory_2.name": "Björn Ålund",
        "signatory_2.title": "Ekonomichef",
        "place_date_2": "Umeå 2024-09-12",
    }
    reading = read(paper(**names))
    assert reading.signatory.name is not None
    assert reading.signatory.name.text == "Åsa Öberg"
    [other] = reading.co_signatories
    assert other.name is not None
    assert other.title is not None
    assert (other.name.text, other.title.text) == ("Björn Ålund", "Ekonomichef")
    assert reading.outcome is Outcome.AUTO


def test_a_child_that_measures_fewer_signatures_than_the_code_says_is_not_believed() -> None:
    data = png(paper(co_hand=Hand.NOTHING))
    found = measured(data)
    [page] = found.pages
    assert page.form is not None
    one = page.form.model_copy(update={"signatures": page.form.signatures[:1]})
    lying = found.model_copy(update={"pages": (page.model_copy(update={"form": one}),)})
    digest = digest_of(data)
    [reading] = conclude(
        [placed(lying, 0, digest)],
        key=KEY,
        options={INITIATIVE: tuple(OPTIONS)},
        municipalities={MUNICIPALITY},
        mail_id=mail_id_of(digest),
    )
    assert (reading.outcome, reading.answer) == (Outcome.REVIEW, None)
    assert reading.reasons == (Reason.UNKNOWN_FORM_VERSION,)
