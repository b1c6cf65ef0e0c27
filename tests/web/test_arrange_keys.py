"""Pages arranged by keyboard alone, in a real browser: the result is shown before it is sent."""

from pathlib import Path

from playwright.sync_api import Browser, expect
from sqlmodel import select

from shared.events import PagesArranged, Turn
from shared.outbox import OutboxRow
from tests.web.browsing import log_in
from tests.web.test_arrange import arranged_item
from tests.web.world import add_people, build, quick, served


def test_a_page_is_moved_and_turned_by_keys_and_the_rest_follows(
    browser: Browser, tmp_path: Path
) -> None:
    database = quick(f"sqlite:///{tmp_path / 'registry.sqlite3'}")
    desk = build(tmp_path, database)
    add_people(desk)
    item = arranged_item(desk)
    with served(desk):
        page = browser.new_page()
        page.set_default_timeout(20_000)
        log_in(page, desk)
        page.goto(f"{desk.address}{item}")
        page.keyboard.press("o")
        card = page.locator('[data-page="1-2"]')
        expect(card).to_have_attribute("tabindex", "0")  # the page's script has run
        card.focus()
        for key in ("3", "v", "v"):
            page.keyboard.press(key)
        expect(card).to_be_focused()
        expect(page.locator('[data-group="3"] [data-page="1-2"]')).to_be_visible()
        expect(page.get_by_role("heading", name="Handling 4")).to_be_visible()
        expect(page.locator('[data-group="2"] [data-state]')).to_have_text("Oförändrad")
        page.keyboard.press("s")
        expect(page.locator('[data-page="1-1"]')).to_be_focused()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowLeft")
        expect(page.get_by_role("status").filter(has_text="Handling 2, plats 1")).to_have_count(1)
        expect(page.locator('[data-group="1"] [data-state]')).to_have_text("Tom")
        page.keyboard.press("k")
        expect(page.get_by_text("Sidorna läses på nytt")).to_be_visible()
        page.close()
    with database.read() as session:
        [row] = [
            one for one in session.exec(select(OutboxRow)) if one.subject == PagesArranged.subject
        ]
    database.close()
    merged, turned = PagesArranged.model_validate_json(row.body).documents
    assert [one.source_page for one in merged.pages] == [1, 3]
    assert [(one.source_page, one.turn) for one in turned.pages] == [(2, Turn.HALF)]
