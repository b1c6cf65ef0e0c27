"""Words that may change an answer, where a name, a number or a stamp is asked for."""

from datetime import date

import numpy as np
import pytest
import reportlab
from PIL import Image, ImageDraw, ImageFont

from services.console.demo.scans import Channel, Picture, as_png, scan
from services.intake.reading.remarks import is_remark
from shared.events import Outcome, Reason
from tests.bench.forms.cases import template
from tests.unit.reading.papers import PER_MM, document, paper

FONT = f"{reportlab.__path__[0]}/fonts/VeraBd.ttf"


@pytest.mark.parametrize(
    "text",
    [
        "Ja bara om Lund går med",
        "Gäller ej 2026",
        "AVSLAG",
        "Svaret är villkorat av budget",
        "UTKAST",
        "Makulerat",
        "Nej",
        "Gäller endast om kostnaden delas",
    ],
)
def test_words_that_may_change_an_answer_are_noticed(text: str) -> None:
    assert is_remark(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Anna-Karin Åkerlund",
        "Jan Mensson",
        "Kommunstyrelsens ordförande",
        "Tillförordnad förvaltningschef",
        f"Umeå {date(2026, 9, 3)}",
        "KS 2026/118 § 12",
        "ja.nej@umea.se",
        "090-16 10 00",
        "Ankom 2026-09-12 Umeå kommun Kommunstyrelsen Dnr",
    ],
)
def test_what_is_asked_for_is_no_remark(text: str) -> None:
    assert not is_remark(text)


@pytest.mark.parametrize("channel", [Channel.SCANNER, Channel.FAX])
@pytest.mark.parametrize("words", ["Gäller endast om\nkostnaden delas", "AVSLAG enligt KS"])
def test_a_condition_in_the_room_for_a_stamp_is_for_a_person(words: str, channel: Channel) -> None:
    reading = document(as_png(scan(stamped(words), channel, seed=3)))
    assert (reading.outcome, reading.reasons) == (Outcome.REVIEW, (Reason.FIELD_SAYS_MORE,))


@pytest.mark.parametrize("channel", [Channel.SCANNER, Channel.FAX])
def test_a_stamp_says_no_more_than_it_should(channel: Channel) -> None:
    stamp = stamped("UMEÅ KOMMUN\nAnkom 2026-09-12\nDnr KS 2026/118")
    reading = document(as_png(scan(stamp, channel, seed=3)))
    assert reading.outcome is Outcome.AUTO, reading.reasons


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("contact.name", "Ja, bara om Lund går med"),
        ("their_reference", "Gäller ej 2026"),
        ("signatory.title", "Endast under förutsättning"),
    ],
)
def test_a_condition_in_a_text_field_is_for_a_person(field: str, words: str) -> None:
    page = paper(texts={"contact.name": "Ylva Bäckström", field: words})
    reading = document(as_png(scan(page, Channel.SCANNER, seed=3)))
    assert (reading.outcome, reading.reasons) == (Outcome.REVIEW, (Reason.FIELD_SAYS_MORE,))


def stamped(words: str) -> Picture:
    room = template().stamp
    assert room is not None
    picture = Image.fromarray(paper())
    left, top = (room.left_mm + 4) * PER_MM, (room.top_mm + 6) * PER_MM
    font = ImageFont.truetype(FONT, round(3.6 * PER_MM))
    ImageDraw.Draw(picture).multiline_text((left, top), words, fill=40, font=font, spacing=14)
    return np.asarray(picture)
