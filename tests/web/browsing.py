"""What the tests with a real browser share."""

from playwright.sync_api import Page, expect

from tests.web.world import PASSWORD, World


def log_in(page: Page, world: World) -> None:
    page.goto(f"{world.address}/logga-in")
    page.get_by_label("Användarnamn").fill("rut")
    page.get_by_label("Lösenord").fill(PASSWORD)
    page.get_by_role("button", name="Logga in").click()
    expect(page.get_by_role("heading", name="Översikt", exact=True)).to_be_visible()
