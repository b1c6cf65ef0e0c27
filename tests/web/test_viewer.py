"""The viewer of scans in a real browser: size, turning, moving, pages, and the way to a value."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from shared.archive import Area as ArchiveArea
from shared.events import Outcome, Reason
from tests.web.browsing import log_in
from tests.web.test_browser import STANDARDS, faults
from tests.web.test_matter import UMEA, doubtful
from tests.web.world import (
    World,
    _page,
    add_people,
    answered,
    arrived,
    build,
    quick,
    scan_png,
    served,
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One item of two pages, and one of a single page."""
    folder = tmp_path_factory.mktemp("viewer")
    database = quick(f"sqlite:///{folder / 'registry.sqlite3'}")
    made = build(folder, database)
    add_people(made)
    scan = made.archive.put(scan_png("ja"), ArchiveArea.DERIVED)
    reading = answered("ja", "kompetens-2024", UMEA, scan).model_copy(
        update={
            "outcome": Outcome.REVIEW,
            "reasons": (Reason.MARK_DOUBTFUL,),
            "pages": (_page(scan), _page(scan, number=2)),
        }
    )
    made.record(arrived(reading, name="two pages"))
    doubtful(made, "one page", "0114")
    with served(made):
        yield made
    database.close()


@pytest.fixture(scope="module")
def state(desk: World, browser: Browser) -> Any:
    context = browser.new_context()
    log_in(context.new_page(), desk)
    found = context.storage_state()
    context.close()
    return found


@pytest.fixture
def page(desk: World, browser: Browser, state: Any) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, storage_state=state)
    made = context.new_page()
    made.set_default_timeout(15_000)
    made.goto(f"{desk.address}/ej-kopplade/1")
    yield made
    context.close()


def until(page: Page, holds: str) -> None:
    """Wait until an expression holds; the page's own policy forbids Playwright to poll it there."""
    for _ in range(100):
        if page.evaluate(holds):
            return
        page.wait_for_timeout(50)
    raise AssertionError(holds)


def width(page: Page) -> float:
    box = page.locator(".scan-page").first.bounding_box()
    assert box
    return box["width"]


def test_the_size_is_set_by_keys_wheel_and_buttons(page: Page) -> None:
    before = width(page)
    page.keyboard.press("+")
    assert width(page) == pytest.approx(before * 1.5, rel=0.02)
    page.keyboard.press("-")
    page.keyboard.press("-")
    assert width(page) == pytest.approx(before * 0.75, rel=0.02)
    page.keyboard.press("0")
    assert width(page) == pytest.approx(before, rel=0.02)
    page.keyboard.press("w")
    box = page.locator(".scan-page").first.bounding_box()
    assert box
    assert box["height"] <= 900
    assert page.get_by_role("button", name="Hela sidan").is_visible()
    page.keyboard.press("0")
    page.locator(".scan").first.hover()
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    until(page, f"document.querySelector('.scan-page').offsetWidth > {before * 1.3}")
    assert page.evaluate("window.visualViewport.scale") == 1


def test_a_page_can_be_turned_with_what_was_found_on_it(page: Page) -> None:
    page.keyboard.press("x")
    box = page.locator(".scan-page").first.bounding_box()
    assert box
    assert box["width"] > box["height"]
    image = page.locator(".scan-page img").first.bounding_box()
    mark = page.locator("#yta-mark-ja").bounding_box()
    assert image
    assert mark
    # A box high up at the left of the upright page lies high up at the right of the turned one.
    assert mark["x"] > image["x"] + image["width"] / 2
    assert mark["y"] < image["y"] + image["height"] / 2
    for _ in range(3):
        page.keyboard.press("x")
    box = page.locator(".scan-page").first.bounding_box()
    assert box
    assert box["width"] < box["height"]


def test_an_enlarged_page_is_moved_by_dragging_and_by_the_arrow_keys(page: Page) -> None:
    for _ in range(3):
        page.keyboard.press("+")
    scan = page.locator(".scan").first
    scan.evaluate("scan => scan.scrollTo(100, 100)")
    box = scan.bounding_box()
    assert box
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 150, box["y"] + 120, steps=4)
    page.mouse.up()
    assert scan.evaluate("scan => [scan.scrollLeft, scan.scrollTop]") == [150, 180]
    scan.focus()
    page.keyboard.press("ArrowRight")
    until(page, "document.querySelector('.scan').scrollLeft > 150")


def test_a_value_leads_to_where_it_was_read_enlarged(page: Page) -> None:
    page.locator('[data-evidence="yta-signature"]').dblclick()
    area = page.locator("#yta-signature")
    expect(area).to_be_in_viewport()
    scan = page.locator(".scan").first.bounding_box()
    found = area.bounding_box()
    assert scan
    assert found
    centre = found["x"] + found["width"] / 2
    assert scan["x"] < centre < scan["x"] + scan["width"]
    page.keyboard.press("0")
    page.get_by_role("link", name="visa på sidan: Svar").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#yta-mark-ja")).to_be_in_viewport()
    until(page, "document.querySelector('.scan').classList.contains('close')")


def test_pages_are_gone_to_by_picture_and_by_key(page: Page) -> None:
    second = page.get_by_role("group", name="Sida 2, flytta")
    page.get_by_role("button", name="Sida 2").click()
    expect(second).to_be_focused()
    expect(second).to_be_in_viewport()
    page.keyboard.press(",")
    expect(page.get_by_role("group", name="Sida 1, flytta")).to_be_focused()
    page.keyboard.press(".")
    expect(second).to_be_focused()


def test_the_next_item_is_looked_at_as_the_last_one_was(desk: World, page: Page) -> None:
    before = width(page)
    page.keyboard.press("+")
    page.keyboard.press("+")
    page.locator(".scan").first.evaluate("scan => scan.scrollTo(200, 300)")
    page.keyboard.press("n")
    page.wait_for_url("**/ej-kopplade/2")
    assert width(page) == pytest.approx(before * 2, rel=0.05)
    place = page.locator(".scan").first.evaluate("scan => [scan.scrollLeft, scan.scrollTop]")
    assert place == [pytest.approx(200, abs=12), pytest.approx(300, abs=12)]
    expect(page.get_by_role("button", name="Nästa sida")).to_be_hidden()


def test_the_help_names_every_tool_and_axe_finds_nothing(page: Page) -> None:
    page.keyboard.press("+")
    page.keyboard.press("?")
    said = page.get_by_role("dialog", name="Kortkommandon")
    for tool in ("Förstora", "Förminska", "Hela sidan", "Full bredd", "Vrid sidan", "Nästa sida"):
        expect(said).to_contain_text(tool)
    expect(said).to_contain_text("Hämta originalet")
    page.keyboard.press("Escape")
    assert faults(page, runOnly={"type": "tag", "values": STANDARDS}) == []
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
