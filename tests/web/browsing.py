"""What the tests with a real browser share."""

from playwright.sync_api import Page, expect

from services.registry.tables import Role
from tests.web.world import NAMES, PASSWORD, World


def log_in(page: Page, world: World, name: str = NAMES[Role.REGISTRAR]) -> None:
    page.goto(f"{world.address}/logga-in")
    page.get_by_label("Användarnamn").fill(name)
    page.get_by_label("Lösenord").fill(PASSWORD)
    page.get_by_role("button", name="Logga in").click()
    expect(page.get_by_role("heading", name="Översikt", exact=True)).to_be_visible()
