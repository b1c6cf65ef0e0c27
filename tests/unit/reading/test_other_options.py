"""Forms with other options than yes and no, their labels wrapped over several lines."""

from datetime import date
from functools import cache

import pytest

from services.console.demo.scans import (
    Channel,
    Filling,
    Picture,
    Stroke,
    as_png,
    blank_page,
    fill,
    scan,
)
from services.registry.forms.print import print_form
from shared.events import Outcome, Reason
from shared.own_form import own_form
from tests.bench.forms.cases import INITIATIVE, KEY, MUNICIPALITY
from tests.unit.reading.papers import document

OPTIONS = {
    "nu": "Ja, kommunen ansluter sig från starten",
    "senare": "Ja, men kommunen ansluter sig senare, när vår egen upphandling är klar och nämnden "
    "har fattat sitt beslut",
    "delvis": "Delvis: kommunen ansluter sig till de delar som rör gemensamma inköp av system, men "
    "inte till dem som rör en gemensam organisation, och återkommer när regionen har bestämt sig",
    "nej": "Nej, kommunen avstår",
}


SHORT_END = {
    "nu": "Ja, kommunen ansluter sig från starten",
    "senare": "Ja, kommunen ansluter sig enligt "
    "kommunstyrelseförvaltningsutredningsuppdraget, fast senare",
}
"""A word so long that the lines of the second label cannot be equally long."""


def blank(count: int) -> Picture:
    return _blank(tuple(options_of(count).items()))


def short_ended() -> Picture:
    return _blank(tuple(SHORT_END.items()))


@cache
def _blank(options: tuple[tuple[str, str], ...]) -> Picture:
    return blank_page(
        print_form(
            initiative=INITIATIVE,
            initiative_name="Kompetensgemenskaper",
            round_name="2024",
            last_answer_day=date(2024, 9, 30),
            options=dict(options),
            municipality=MUNICIPALITY,
            municipality_name="Umeå kommun",
            key=KEY,
            signatories=2,
        )
    )


def options_of(count: int) -> dict[str, str]:
    return dict(list(OPTIONS.items())[-count:])


@pytest.mark.parametrize(
    ("count", "chosen", "channel"),
    [
        (1, "nej", Channel.SCANNER),
        (3, "delvis", Channel.FAX),
        (4, "senare", Channel.PHONE),
        (4, "delvis", Channel.ROUGH_SCANNER),
        (4, "nej", Channel.FAX),
    ],
)
def test_any_option_is_read_by_its_key(count: int, chosen: str, channel: Channel) -> None:
    keys = tuple(options_of(count))
    paper = fill(
        blank(count), own_form(keys, signatories=2), Filling({chosen: Stroke.CROSS}), seed=11
    )
    data = as_png(scan(paper, channel, seed=4))
    reading = document(data, known={INITIATIVE: keys})
    assert (reading.outcome, reading.reasons) == (Outcome.AUTO, ())
    assert reading.answer is not None
    assert reading.answer.text == chosen
    assert [mark.option for mark in reading.marks] == list(keys)


@pytest.mark.parametrize("channel", [Channel.SCANNER, Channel.FAX, Channel.PHONE])
@pytest.mark.parametrize("words", ["ej i år", "till 2026"])
def test_words_added_to_the_shorter_line_of_a_label_are_for_a_person(
    words: str, channel: Channel
) -> None:
    keys = tuple(SHORT_END)
    form = own_form(keys, signatories=2)
    label = form.boxes[1].label
    noted = Filling({"senare": Stroke.CROSS}, note=words, note_at_mm=(label.left_mm + 68, 104.2))
    data = as_png(scan(fill(short_ended(), form, noted, seed=11), channel, seed=5))
    reading = document(data, known={INITIATIVE: keys})
    assert reading.outcome is Outcome.REVIEW
    assert Reason.UNEXPLAINED_INK in reading.reasons


@pytest.mark.parametrize("channel", [Channel.SCANNER, Channel.FAX, Channel.PHONE])
def test_a_label_with_a_shorter_line_is_read(channel: Channel) -> None:
    keys = tuple(SHORT_END)
    form = own_form(keys, signatories=2)
    paper = fill(short_ended(), form, Filling({"senare": Stroke.CROSS}), seed=11)
    data = as_png(scan(paper, channel, seed=5))
    assert document(data, known={INITIATIVE: keys}).outcome is Outcome.AUTO
