"""Karta och kurva: what is drawn, and the same in tables."""

import gzip
import re
from datetime import date, timedelta

import pytest

from services.registry.web import curve
from services.registry.web.curve import curve as drawn
from services.registry.web.map_of_sweden import HEIGHT, WIDTH, regions
from services.registry.web.views import State
from shared.archive import Area as ArchiveArea
from shared.municipalities import all_municipalities
from tests.web.client import Client
from tests.web.world import World, answered, arrived, scan_png

PAGE = "/svar/kompetens-2024/karta"
OPTIONS = {"ja": "Ja", "nej": "Nej"}
LAST = date(2024, 9, 30)


def heights(points: str) -> list[float]:
    return [float(point.split(",")[1]) for point in points.split()]


# --- the map ---------------------------------------------------------------------------------


def test_every_municipality_is_drawn_once_within_the_map() -> None:
    (region,) = regions(lambda code: State("Svar saknas", "missing"))
    assert [one.code for one in region.shapes] == [one.code for one in all_municipalities()]
    for shape in region.shapes:
        assert re.fullmatch(r"(M\d+ \d+l[-\d ]+z)+", shape.path), shape.code
        for across, down in re.findall(r"M(\d+) (\d+)", shape.path):
            assert 0 <= int(across) <= WIDTH
            assert 0 <= int(down) <= HEIGHT


def test_municipalities_lie_where_they_should() -> None:
    places = {
        one.code: tuple(map(int, re.findall(r"\d+", one.path)[:2]))
        for one in regions(lambda code: State("", ""))[0].shapes
    }
    kiruna, malmö, gotland, göteborg = (places[code] for code in ("2584", "1280", "0980", "1480"))
    assert kiruna[1] < göteborg[1] < malmö[1]
    assert göteborg[0] < malmö[0] < gotland[0]


def test_a_municipality_has_its_name_its_state_and_a_link_but_is_no_tab_stop(
    registrar: Client,
) -> None:
    html = registrar.get(PAGE).html
    assert html.count('tabindex="-1"><path') == 290
    assert re.search(
        r'<a href="/kommuner/0305" tabindex="-1"><path d="[^"]+"><title>Håbo kommun: Ja</title>',
        html,
    )


def test_the_table_says_the_same_and_leads_to_the_list(registrar: Client) -> None:
    text = registrar.get(PAGE).text
    totals = re.search(r"<tfoot>.*</tfoot>", text, re.DOTALL)
    assert totals
    assert re.findall(r"<td>(\d+)</td>", totals[0]) == ["88", "22", "1", "179"]
    assert '<a href="/svar/kompetens-2024?lan=14">Västra Götalands län</a>' in text


def test_the_states_differ_in_pattern_and_not_only_in_colour(registrar: Client) -> None:
    html = registrar.get("/svar/sakerhet-2024/karta").html
    patterns = dict(re.findall(r'<pattern id="fyllning-([^"]+)"[^>]*>(.*?)</pattern>', html))
    assert set(patterns) == {"option-1", "option-2", "option-3", "review", "missing"}
    drawn_alike = {patterns["option-1"], patterns["missing"]}
    assert len(drawn_alike) == 1  # one is filled, the other is not
    assert len(set(patterns.values())) == 4


def test_the_page_is_small(registrar: Client) -> None:
    assert len(gzip.compress(registrar.get(PAGE).body)) < 30_000
    assert len(registrar.get(PAGE).body) < 100_000


# --- the curve -------------------------------------------------------------------------------


def test_the_curve_rises_with_each_answer_and_ends_at_the_sum() -> None:
    found = drawn([(LAST - timedelta(days=9), "ja"), (LAST, "ja"), (LAST, "nej")], OPTIONS, LAST)
    assert found
    ja, nej = found.lines
    assert (ja.total, nej.total) == (2, 1)
    assert heights(ja.points) == sorted(heights(ja.points), reverse=True)
    assert min(heights(ja.points)) == curve.TOP
    assert [(day.came, day.so_far["ja"]) for day in found.table] == [(1, 1), (2, 2)]


def test_an_answer_of_the_last_day_is_within_the_line_and_a_late_one_beyond() -> None:
    within = drawn([(LAST, "ja")], OPTIONS, LAST)
    beyond = drawn([(LAST + timedelta(days=1), "ja")], OPTIONS, LAST)
    assert within
    assert beyond
    assert within.deadline == curve.WIDTH - curve.RIGHT
    assert beyond.deadline < curve.WIDTH - curve.RIGHT


@pytest.mark.parametrize("count", [1, 3, 7, 88, 290, 2_000])
def test_the_scale_reaches_what_is_drawn_in_few_marks(count: int) -> None:
    found = drawn([(LAST, "ja")] * count, OPTIONS, LAST)
    assert found
    assert len(found.heights) <= 12
    assert int(found.heights[-1].label) >= count


def test_without_answers_there_is_no_curve(registrar: Client) -> None:
    assert drawn([], OPTIONS, LAST) is None
    assert "Inga svar ännu" in registrar.get("/svar/moln-2024/karta").text


def test_the_days_are_those_of_the_offices_clock(fresh: World, fresh_registrar: Client) -> None:
    scan = fresh.archive.put(scan_png("ja"), ArchiveArea.DERIVED)
    reading = answered("ja", "kompetens-2024", "0305", scan)
    half_past_midnight = (27 * 24 + 15) * 60 + 27
    fresh.record(arrived(reading, name="one", minutes=half_past_midnight))
    assert "30 september 2024</time></th><td>1</td>" in fresh_registrar.get(PAGE).text


def test_a_day_after_the_last_answer_day_is_marked(registrar: Client) -> None:
    text = registrar.get("/svar/valfard-2024/karta").text
    assert re.search(r"12 oktober 2024</time> <span class=\"tag late\">För sent</span>", text)


def test_an_unknown_initiative_is_not_there(registrar: Client) -> None:
    assert registrar.get("/svar/finns-inte/karta").status == 404
