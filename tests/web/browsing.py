"""What the tests with a real browser share."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from services.registry.tables import Role
from tests.web.world import NAMES, PASSWORD, World

STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def faults(page: Page, **options: Any) -> list[str]:
    """What axe-core finds wrong with the page: the rule, and what of the page breaks it."""
    found = Axe().run(page, options={"resultTypes": ["violations"]} | options)
    return [
        f"{fault['id']}: {node['html'][:200]}"
        for fault in found.response["violations"]
        for node in fault["nodes"]
    ]


def log_in(page: Page, world: World, name: str = NAMES[Role.REGISTRAR]) -> None:
    page.goto(f"{world.address}/logga-in")
    page.get_by_label("Användarnamn").fill(name)
    page.get_by_label("Lösenord").fill(PASSWORD)
    page.get_by_role("button", name="Logga in").click()
    expect(page.get_by_role("heading", name="Översikt", exact=True)).to_be_visible()
