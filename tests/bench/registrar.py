"""A registrar in a real Chromium: right proposals, one key each, as fast as the machine goes."""

import shutil
import statistics
import time
from dataclasses import dataclass

from playwright.sync_api import Page, sync_playwright

from shared.municipalities import all_municipalities
from tests.web.browsing import log_in
from tests.web.test_matter import doubtful
from tests.web.world import World

PROPOSALS = 30
WAIT_MS = 60_000
_TIMES = """() => {
  const [page] = performance.getEntriesByType("navigation");
  const scan = performance.getEntriesByType("resource")
    .find((one) => one.name.includes("sidbilder"));
  return [page.domContentLoadedEventEnd, scan?.responseEnd ?? 0, scan?.transferSize ?? -1];
}"""
"""Interactive is a page whose scripts have run: the keys work. Milliseconds since the key."""
_BYTES = """() => performance.getEntriesByType("resource")
  .concat(performance.getEntriesByType("navigation"))
  .filter((one) => !one.name.includes("sidbilder"))
  .reduce((sum, one) => sum + one.transferSize, 0)"""


@dataclass(frozen=True)
class Session:
    """What was measured. Times in seconds, bytes as transferred without anything kept before."""

    interactive: list[float]
    pictures: list[float]
    preloaded: int
    """How many pictures were there before they were asked for."""
    each_s: float
    """Wall time for each verdict, the browser's driver included."""
    first_bytes: int
    queue_bytes: int
    """Of the queue, without its pictures."""


def propose(world: World) -> None:
    """Put right proposals into the queue, before all else that waits there."""
    for municipality in all_municipalities()[: PROPOSALS + 1]:
        doubtful(world, f"bench {municipality.code}", municipality.code)


def resolve_all(world: World) -> Session:
    """Log in, open the first item, and press one key for each proposal."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.set_default_timeout(WAIT_MS)
        page = context.new_page()
        log_in(page, world)
        first_bytes = _first_view(page, world, "/")
        queue_bytes = _first_view(page, world, "/ej-kopplade")
        page.locator(".items h2 a").first.click()
        page.wait_for_load_state("load")
        found, began = [], time.perf_counter()
        for _ in range(PROPOSALS):
            before = page.url
            page.keyboard.press("k")
            page.wait_for_url(lambda url, before=before: url != before, wait_until="load")
            found.append(page.evaluate(_TIMES))
        each_s = (time.perf_counter() - began) / PROPOSALS
        context.close()
        browser.close()
    return Session(
        interactive=[one[0] / 1000 for one in found],
        pictures=[one[1] / 1000 for one in found],
        preloaded=sum(one[2] == 0 for one in found),
        each_s=each_s,
        first_bytes=first_bytes,
        queue_bytes=queue_bytes,
    )


def p95(taken: list[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(taken, n=20)[-1]


def _first_view(page: Page, world: World, path: str) -> int:
    """Bytes of a page, with a browser that has kept nothing."""
    session = page.context.new_cdp_session(page)
    session.send("Network.clearBrowserCache")
    page.goto(world.address + path, wait_until="load")
    size = page.evaluate(_BYTES)
    session.detach()
    return int(size)
