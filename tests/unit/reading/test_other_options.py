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
from shared.events import Outcome
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


@cache
def blank(count: int) -> Picture:
    return blank_page(
        print_form(
            initiative=INITIATIVE,
            initiative_name="Kompetensgemenskaper",
            round_name="2024",
            last_answer_day=date(2024, 9, 30),
            options=options_of(count),
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
