"""Pointing at a blank's fields in a real browser: by keyboard only, by mouse, without a script."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from services.registry.tables import Role
from tests.web.browsing import log_in
from tests.web.taught import begun, draft
from tests.web.world import NAMES, World


@pytest.fixture
def pointing(fresh: World) -> str:
    return begun(fresh.database, fresh.archive)


@pytest.fixture
def page(browser: Browser, fresh: World) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    made = context.new_page()
    log_in(made, fresh, NAMES[Role.PROGRAMME_OFFICE])
    yield made
    context.close()


def tab_to(page: Page, selector: str, key: str = "Tab") -> None:
    """Press the key until what is looked for has the focus."""
    for _ in range(80):
        if page.evaluate("chosen => document.activeElement.matches(chosen)", selector):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{selector} is not reached by {key}")


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_field_is_pointed_at_by_keyboard_only(fresh: World, page: Page, pointing: str) -> None:
    page.goto(f"{fresh.address}/blanketter/utkast/{pointing}")
    tab_to(page, "#falt")
    page.keyboard.type("Underskrift")
    page.keyboard.press("Tab")
    page.keyboard.type("Ram vid")
    left = page.locator("#vanster")
    expect(left).to_have_value("22,3")
    tab_to(page, ".point-handle", "Shift+Tab")
    handle = page.locator(".point-handle")
    expect(handle).to_have_attribute("aria-label", "Underskrift (måste finnas): 22,3, 119,3 mm, "
                                     "109,4 × 29,4 mm")  # fmt: skip
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Alt+ArrowDown")
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Shift+ArrowUp")
    expect(left).to_have_value("23,3")
    page.keyboard.press("Enter")
    page.wait_for_url("**#peka")
    assert draft(fresh.database, pointing).fields == {"signature": [23.3, 119.4, 108.4, 28.4]}


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_field_is_pointed_at_with_the_mouse(fresh: World, page: Page, pointing: str) -> None:
    page.goto(f"{fresh.address}/blanketter/utkast/{pointing}")
    surface = page.locator("[data-point] img")
    box = surface.bounding_box()
    assert box is not None
    scale = box["width"] / 210
    page.mouse.click(box["x"] + 26 * scale, box["y"] + 86 * scale)
    expect(page.locator("#plats")).to_have_value("box-1")
    page.get_by_role("button", name="Spara fältet").click()
    page.wait_for_url("**#peka")
    expect(page.locator("#falt")).to_have_value("answer.nej")
    page.locator("#falt").select_option("contact.name")
    box = surface.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 60 * scale, box["y"] + 204 * scale)
    page.mouse.down()
    page.mouse.move(box["x"] + 100 * scale, box["y"] + 208 * scale)
    page.mouse.move(box["x"] + 140 * scale, box["y"] + 212 * scale)
    page.mouse.up()
    page.get_by_role("button", name="Spara fältet").click()
    page.wait_for_url("**#peka")
    fields = draft(fresh.database, pointing).fields
    assert set(fields) == {"answer.ja", "contact.name"}
    assert fields["contact.name"] == pytest.approx([60, 204, 80, 8], abs=0.5)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_field_is_pointed_at_without_a_script(
    fresh: World, browser: Browser, pointing: str
) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    log_in(page, fresh, NAMES[Role.PROGRAMME_OFFICE])
    page.goto(f"{fresh.address}/blanketter/utkast/{pointing}")
    page.get_by_label("Fält", exact=True).select_option("answer.nej")
    page.get_by_label("Plats som läsaren har hittat").select_option("box-2")
    page.get_by_role("button", name="Spara fältet").click()
    expect(page.get_by_role("link", name="Ändra Ruta: Nej, kommunen avstår")).to_be_visible()
    context.close()
    assert set(draft(fresh.database, pointing).fields) == {"answer.nej"}
