"""Live: open pages are told what others do, by a real client and in real browsers."""

import json
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from sqlmodel import select

from services.registry.tables import LoginSession, ReviewItem, Role
from services.registry.web import live as web_live
from services.registry.web.pages import live as pages_live
from shared.database import Database
from shared.outbox import now
from tests.web.browsing import log_in
from tests.web.client import Client
from tests.web.test_browser import STANDARDS, faults
from tests.web.test_matter import HÅBO, UMEA, doubtful, rows
from tests.web.world import NAMES, PASSWORD, World, open_world, quick, served

SOON_S = 10


class Stream:
    """One connection for events, as a browser has it."""

    def __init__(self, client: Client, path: str) -> None:
        self._connection = HTTPConnection(client.host, timeout=SOON_S)
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        self._connection.request(
            "GET", path, headers={"Accept": "text/event-stream", "Cookie": cookie}
        )
        self.response: HTTPResponse = self._connection.getresponse()

    def next(self) -> tuple[str, Any]:
        """The next event's name and data; a heartbeat is named `:`; `ended` when it is over."""
        name, data = "message", ""
        while line := self.response.readline().decode():
            field, _, value = line.rstrip("\n").partition(":")
            if field == "event":
                name = value.strip()
            elif field == "data":
                data = value.strip()
                if name == "message":
                    return name, json.loads(data)
                return name, data
            elif line.startswith(":"):
                return ":", None
        return "ended", None

    def until(self, wanted: Any) -> Any:
        """Read on until an event's data is as wanted."""
        deadline = time.monotonic() + SOON_S
        while time.monotonic() < deadline:
            name, told = self.next()
            if name == "message" and wanted(told):
                return told
            assert name in ("message", ":"), name
        raise AssertionError("it was never told")

    def close(self) -> None:
        self.response.close()
        self._connection.close()


@contextmanager
def stream(client: Client, path: str = "/handelser") -> Iterator[Stream]:
    opened = Stream(client, path)
    try:
        yield opened
    finally:
        opened.close()


def a_client(world: World, role: Role = Role.REGISTRAR) -> Client:
    client = Client(world.address)
    client.log_in(NAMES[role], PASSWORD)
    return client


def test_it_tells_at_once_how_things_are_and_then_what_changes(
    fresh: World, fresh_registrar: Client
) -> None:
    doubtful(fresh, "a", UMEA)
    (first,) = rows(fresh, ReviewItem)
    with stream(fresh_registrar, f"/handelser?efter={first.id}&visar={first.id}") as told:
        assert told.response.status == 200
        assert told.response.headers["Content-Type"].startswith("text/event-stream")
        _, data = told.next()
        nothing = dict.fromkeys(
            ("returned", "tasks", "questions", "bounces", "needs", "mailings"), 0
        )
        assert data["counts"] == {"queue": 1} | nothing
        assert data["new"] == 0
        assert data["items"][str(first.id)]["open"]
        doubtful(fresh, "b", HÅBO)
        assert told.until(lambda data: data["new"] == 1)["counts"]["queue"] == 2
        other = a_client(fresh, Role.ADMINISTRATOR)
        other.submit(f"/ej-kopplade/{first.id}", f"/ej-kopplade/{first.id}/ta")
        claimed = told.until(lambda data: data["items"][str(first.id)]["claimed_by"])
        assert claimed["items"][str(first.id)]["claimed_by"] == NAMES[Role.ADMINISTRATOR]


def test_another_process_hears_what_this_one_does(
    fresh: World, fresh_registrar: Client, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Two registries on one database: the pages of one, the recorder of the other."""
    again = Database(str(fresh.database.engine.url.render_as_string(hide_password=False)),
                     schema="registry")  # fmt: skip
    with served(open_world(tmp_path_factory.mktemp("other"), again)) as other:
        client = Client(other.address)
        client.log_in(NAMES[Role.REGISTRAR], PASSWORD)
        with stream(client) as told:
            assert told.next()[1]["new"] == 0
            doubtful(fresh, "a", UMEA)
            told.until(lambda data: data["new"] == 1)
    again.close()


def test_a_reader_is_told_that_something_changed_and_nothing_else(fresh: World) -> None:
    reader = a_client(fresh, Role.READER)
    with stream(reader, "/handelser?visar=1") as told:
        assert told.next()[1] == {"counts": {}}
        doubtful(fresh, "a", UMEA)
        assert told.next()[1] == {"counts": {}}


def test_who_asks_for_no_stream_is_answered_once(fresh: World, fresh_registrar: Client) -> None:
    doubtful(fresh, "a", UMEA)
    answer = fresh_registrar.get("/handelser?efter=x&visar=1,y,99999999999999")
    assert answer.status == 200
    assert '"new": 1' in answer.text


def test_it_ends_when_the_log_in_does_and_does_not_keep_it_alive(
    fresh: World, fresh_registrar: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_live, "HEARTBEAT_S", 0.3)
    monkeypatch.setattr(pages_live, "HEARTBEAT_S", 0.3)
    old = now().replace(year=2020)
    with fresh.database.write() as session:
        (row,) = session.exec(select(LoginSession)).all()
        row.seen_at = now().replace(microsecond=0)
        seen = row.seen_at
    with stream(fresh_registrar) as told:
        told.next()
        assert told.next()[0] == ":"
        (row,) = rows(fresh, LoginSession)
        assert row.seen_at == seen
        with fresh.database.write() as session:
            session.get_one(LoginSession, row.token_digest).expires_at = old
        while (name := told.next()[0]) == ":":
            pass
        assert name == "utloggad"
        assert told.next()[0] == "ended"


def test_the_oldest_of_too_many_pages_of_one_person_is_let_go(
    fresh: World, fresh_registrar: Client
) -> None:
    opened = [Stream(fresh_registrar, "/handelser") for _ in range(web_live.MOST_PER_PERSON)]
    for each in opened:
        assert each.next()[0] == "message"
    with stream(fresh_registrar) as one_more, stream(a_client(fresh, Role.ADMINISTRATOR)) as other:
        assert one_more.next()[0] == "message"
        assert other.next()[0] == "message"
        assert opened[0].next()[0] == "slut"
        doubtful(fresh, "a", UMEA)
        for each in [*opened[1:], one_more, other]:
            each.until(lambda data: data["new"] == 1)
    for each in opened:
        each.close()


def test_the_server_stops_with_open_pages(fresh: World, fresh_registrar: Client) -> None:
    told = Stream(fresh_registrar, "/handelser")
    assert told.next()[0] == "message"
    began = time.monotonic()
    fresh.app.state.site.live.close()
    assert told.next()[0] == "slut"
    assert time.monotonic() - began < 2
    told.close()
    with stream(fresh_registrar) as late:
        assert late.next()[0] == "slut"


@pytest.fixture
def on_sqlite(empty_register: Any, tmp_path: Any) -> Iterator[World]:
    """One database is enough for what the browser does."""
    database = quick(f"sqlite:///{shutil.copy(empty_register, tmp_path)}")
    with served(open_world(tmp_path, database)) as made:
        yield made
    database.close()


def registrar(browser: Browser, world: World, name: str) -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 700}).new_page()
    page.set_default_timeout(20_000)
    log_in(page, world, name)
    return page


def connected(page: Page) -> Page:
    """Wait until the page has heard how things are."""
    expect(page.locator("html")).to_have_attribute("data-live", "open")
    return page


def test_what_comes_is_told_in_a_bar_and_nothing_moves(on_sqlite: World, browser: Browser) -> None:
    for place, code in enumerate((UMEA, "0114", "0115", "0117", "0120", "0123", "0125")):
        doubtful(on_sqlite, f"item {place}", code)
    page = registrar(browser, on_sqlite, "rut")
    page.goto(f"{on_sqlite.address}/ej-kopplade")
    connected(page)
    page.evaluate("scrollTo({top: 300, behavior: 'instant'})")
    place = "[...document.querySelectorAll('.items li')].map(one => one.offsetTop)"
    before, scrolled = page.evaluate(place), page.evaluate("scrollY")
    assert scrolled == 300
    doubtful(on_sqlite, "new", HÅBO)
    bar = page.get_by_role("status", name="Nytt på sidan")
    expect(bar).to_have_text("1 ny handling")
    expect(bar).to_be_in_viewport()
    assert page.title().startswith("(1) ")
    assert page.locator("nav [data-count=queue]").inner_text() == "8"
    assert (page.evaluate(place), page.evaluate("scrollY")) == (before, scrolled)
    page.get_by_role("link", name="Visa", exact=True).click()
    expect(page.locator(".items li")).to_contain_text(["Håbo kommun"])
    page.context.close()


def test_two_registrars_see_what_the_other_does(on_sqlite: World, browser: Browser) -> None:
    doubtful(on_sqlite, "a", UMEA)
    doubtful(on_sqlite, "b", "0114")
    rut = registrar(browser, on_sqlite, "rut")
    adam = registrar(browser, on_sqlite, "adam")
    adam.goto(f"{on_sqlite.address}/ej-kopplade")
    rut.goto(f"{on_sqlite.address}/ej-kopplade/1")
    connected(rut)
    listed = adam.locator("[data-item='1'] .overtaken")
    rut.get_by_role("button", name="Ta hand om").click()
    expect(listed).to_have_text("Tagen av rut")
    adam.goto(f"{on_sqlite.address}/ej-kopplade/1")
    connected(adam)
    connected(rut)
    expect(rut.locator(".live")).to_be_hidden()
    adam.get_by_role("button", name="Ta över").click()
    bar = rut.get_by_role("status", name="Nytt på sidan")
    expect(bar).to_have_text("adam hanterar den här nu")
    adam.get_by_role("button", name="Koppla och registrera").click()
    expect(bar).to_have_text("adam har hanterat den här")
    rut.get_by_role("link", name="Visa", exact=True).click()
    expect(rut.get_by_text(re.compile("Hanterat.*av adam"))).to_be_visible()
    rut.context.close()
    adam.context.close()


def test_the_figures_of_the_overview_follow(on_sqlite: World, browser: Browser) -> None:
    doubtful(on_sqlite, "a", UMEA)
    page = registrar(browser, on_sqlite, "lars")
    connected(page)
    figures = page.locator("[data-refresh='kompetens-2024'] .figures")
    expect(figures.locator("dd").first).to_have_text("0")
    rut = a_client(on_sqlite)
    rut.submit("/ej-kopplade/1", "/ej-kopplade/1/hantera", sedd="1", kommun=UMEA,
               svar="kompetens-2024:ja", underskrift="handwritten", gor="koppla")  # fmt: skip
    expect(figures.locator("dd").first).to_have_text("1")
    page.context.close()


def test_a_page_whose_server_is_away_asks_seldom_and_comes_back(
    on_sqlite: World, browser: Browser
) -> None:
    page = registrar(browser, on_sqlite, "rut")
    asked: list[str] = []

    def away(route: Route) -> None:
        asked.append(route.request.url)
        route.abort()

    page.route("**/handelser*", away)
    page.goto(f"{on_sqlite.address}/ej-kopplade")
    page.wait_for_timeout(5000)
    assert 1 <= len(asked) <= 3
    page.unroute("**/handelser*")
    page.evaluate("dispatchEvent(new Event('online'))")
    connected(page)
    doubtful(on_sqlite, "a", UMEA)
    expect(page.get_by_role("status", name="Nytt på sidan")).to_have_text("1 ny handling")
    assert faults(page, runOnly={"type": "tag", "values": STANDARDS}) == []
    page.context.close()
