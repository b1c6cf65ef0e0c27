"""The desk by keyboard alone, in a real browser: the queue is emptied without a mouse."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlmodel import select

from services.registry.tables import Answer, Document, Mail, MailState, ReviewItem, ReviewState
from shared.events import Disposition, Fate, Reason
from tests.web.browsing import STANDARDS, faults, log_in
from tests.web.test_matter import HÅBO, UMEA, doubtful, uncoded
from tests.web.world import World, add_people, arrived, build, quick, served


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[World]:
    """A small queue: two right proposals, a form without a code, an unsigned one, a question."""
    database = quick(f"sqlite:///{tmp_path / 'registry.sqlite3'}")
    made = build(tmp_path, database)
    add_people(made)
    doubtful(made, "a", UMEA)
    doubtful(made, "b", "0114", "nej")
    uncoded(made, name="c")
    doubtful(made, "d", "1281")
    uncoded(made, name="e")
    question = {"disposition": Disposition.QUESTION, "reasons": (Reason.QUESTION,)}
    made.record(arrived(name="q", minutes=60, **question))
    with served(made):
        yield made
    database.close()


@pytest.fixture
def page(desk: World, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    made = context.new_page()
    made.set_default_timeout(20_000)
    log_in(made, desk)
    yield made
    context.close()


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def settled(page: Page, text: str) -> None:
    expect(page.get_by_role("status", name="Senaste beslutet")).to_contain_text(text)


def test_the_queue_is_emptied_by_keyboard_alone(desk: World, page: Page) -> None:
    press(page, "q")  # to the queue, and to what has waited longest
    page.wait_for_url("**/ej-kopplade")
    press(page, "f")
    expect(page.get_by_label("Anledning")).to_be_focused()
    press(page, "Escape", "n")
    page.wait_for_url(re.compile(r"/ej-kopplade/\d+$"))
    expect(page.get_by_role("navigation", name="Huvudmeny")).to_be_visible()

    press(page, "k")  # a right proposal takes one key
    settled(page, "Svaret registrerades")
    press(page, "z")  # and one more to take it back
    expect(page.get_by_text("ångrat")).to_be_visible()
    press(page, "k")
    settled(page, "Svaret registrerades")
    expect(page.get_by_role("heading", level=1)).to_have_text("Upplands Väsby kommun")
    press(page, "k")
    settled(page, "Svaret registrerades")

    press(page, "m")  # without a code: municipality, answer and signature by hand
    page.keyboard.type("Håbo")
    press(page, "Escape", "2", "s", "k")
    settled(page, "Svaret registrerades")

    expect(page.get_by_role("heading", level=1)).to_have_text("Lunds kommun")
    press(page, "b")  # ask again: the first fault has the focus
    press(page, "Space", "j")
    page.keyboard.type("k är bara en bokstav här.")
    press(page, "Escape", "v")  # the mail that will be sent
    expect(page.get_by_role("region", name="Så blir mejlet")).to_contain_text("bara en bokstav")
    press(page, "g")
    settled(page, "Ett nytt svar begärs")

    press(page, "r")  # not to be registered, and why
    page.keyboard.type("Reklam")
    press(page, "Enter")  # gives the verdict that it was typed for, not the form's first
    settled(page, "Registreras inte")

    press(page, "k")
    settled(page, "Mejlet är hanterat")
    expect(page.get_by_text("Inget väntar")).to_be_visible()

    with desk.database.read() as session:
        answers = {one.municipality: one.answer for one in session.exec(select(Answer))}
        fates = sorted(one.fate for one in session.exec(select(Document)))
        (mail,) = session.exec(select(Mail).where(Mail.state == MailState.HANDLED))
        states = {one.state for one in session.exec(select(ReviewItem))}
    assert answers == {UMEA: "ja", "0114": "nej", HÅBO: "nej"}
    assert fates == [Fate.NOT_REGISTERED, *[Fate.RECORDED] * 3, Fate.RETURNED]
    assert mail.subject == "Svar"
    assert states == {ReviewState.RESOLVED}


def test_the_keys_are_explained_and_can_be_switched_off(desk: World, page: Page) -> None:
    page.goto(f"{desk.address}/ej-kopplade/1")
    press(page, "?")
    help_text = page.get_by_role("dialog", name="Kortkommandon")
    expect(help_text).to_contain_text("Koppla och registrera")
    press(page, "k")  # behind an open dialog nothing happens
    expect(help_text).to_be_visible()
    help_text.get_by_label("Använd kortkommandon").uncheck()
    press(page, "Escape")
    press(page, "n")
    assert page.url.endswith("/ej-kopplade/1")
    page.reload()
    press(page, "n")
    assert page.url.endswith("/ej-kopplade/1")
    press(page, "?")
    help_text.get_by_label("Använd kortkommandon").check()
    press(page, "Escape", "n")
    page.wait_for_url("**/ej-kopplade/2")


def test_a_municipality_is_found_by_plain_letters_with_those_of_like_name(
    desk: World, page: Page
) -> None:
    page.goto(f"{desk.address}/ej-kopplade/3")
    press(page, "m")
    page.keyboard.type("habo")
    offered = page.get_by_role("listbox", name="Kommuner").get_by_role("option")
    expect(offered).to_have_text(
        [
            "Habo kommun (0643)Förväxla inte med Håbo kommun (0305)",
            "Håbo kommun (0305)Förväxla inte med Habo kommun (0643)",
        ]
    )
    field = page.locator("#annan-kommun")
    press(page, "Enter")  # takes none that was not pointed at
    expect(field).to_have_value("habo")
    press(page, "ArrowDown", "ArrowDown", "Enter")
    expect(field).to_have_value("Håbo kommun (0305)")
    expect(offered).to_have_count(0)
    expect(page.get_by_role("status").filter(has_text="Förväxla")).to_contain_text("Habo kommun")
    assert faults(page, runOnly={"type": "tag", "values": STANDARDS}) == []
    field.fill("OREB")
    expect(offered).to_have_text(["Örebro kommun (1880)"])
    assert faults(page, runOnly={"type": "tag", "values": STANDARDS}) == []
    press(page, "Enter")
    expect(field).to_have_value("Örebro kommun (1880)")
    assert page.url.endswith("/ej-kopplade/3")


def test_letters_typed_into_a_field_are_letters(desk: World, page: Page) -> None:
    page.goto(f"{desk.address}/ej-kopplade/3")
    press(page, "m")
    page.keyboard.type("krnzbdfh1?")
    expect(page.locator("#annan-kommun")).to_have_value("krnzbdfh1?")
    assert page.url.endswith("/ej-kopplade/3")
    with desk.database.read() as session:
        assert session.exec(select(Answer)).all() == []


def test_a_verdict_works_without_javascript(desk: World, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    log_in(page, desk)
    page.goto(f"{desk.address}/ej-kopplade/1")
    page.get_by_role("button", name="Koppla och registrera").click()
    settled(page, "Svaret registrerades")
    page.get_by_role("button", name="Ångra").click()
    expect(page.get_by_role("button", name="Koppla och registrera")).to_be_visible()
    page.get_by_text("Registreras inte").click()
    page.get_by_label("Varför?").fill("Reklam")
    press(page, "Enter")  # decides nothing
    expect(page.get_by_label("Varför?")).to_have_value("Reklam")
    page.get_by_role("button", name="Registrera inte").click()
    settled(page, "Registreras inte")
    context.close()
