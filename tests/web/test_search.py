"""Sök: what it finds and shows, to whom, and that nothing that is typed breaks it."""

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, expect
from sqlmodel import update

from services.registry.tables import Audience, Role, SearchEntry
from tests.web.browsing import log_in
from tests.web.client import Client
from tests.web.test_matter import ATTACH, decide, doubtful
from tests.web.test_queue import item_of
from tests.web.world import EVIL, PASSWORD, World


def sought(client: Client, text: str, more: str = "") -> str:
    """The page of results, from its heading on: without what stands in the menu."""
    answer = client.get(f"/sok?q={quote(text)}{more}")
    assert answer.status == 200
    return answer.html.split("<h1>")[1]


def headings(page: str) -> list[str]:
    """What was found, in order, without the marks."""
    found = re.findall(r"<h2><a[^>]*>(.*?)</a></h2>", page, re.DOTALL)
    return [re.sub(r"</?mark>", "", one).strip() for one in found]


def test_an_exact_name_comes_first_and_a_near_one_after_it(registrar: Client) -> None:
    names = headings(sought(registrar, "habo"))
    assert names[:2] == ["Habo kommun"] * 2
    assert "Håbo kommun" in names[2:]
    exact = headings(sought(registrar, "håbo"))
    assert exact[0] == "Håbo kommun"
    assert "Habo kommun" not in exact


def test_the_hit_is_marked_in_name_number_and_text(registrar: Client) -> None:
    assert "<mark>Habo</mark> kommun" in sought(registrar, "habo")
    assert "<mark>SKR</mark> <mark>2024/00012</mark>-1" in sought(registrar, "SKR 2024/00012")
    assert "<mark>Föreningar</mark>" in sought(registrar, "föreningar lokaler")


def test_what_waits_leads_to_where_it_is_handled(world: World, registrar: Client) -> None:
    assert f'href="{item_of(world, "question")}"' in sought(registrar, "fråga sista svarsdag")
    document = world.ids["answer-document"]
    assert f'href="/handlingar/{document}"' in sought(registrar, "2024/00001")


def test_results_go_on_over_pages_and_say_when_there_are_more(registrar: Client) -> None:
    first, second = (sought(registrar, "svar.pdf", f"&sida={number}") for number in (1, 2))
    assert len(headings(first)) == 20
    assert "Det finns fler träffar" in first
    links = re.compile(r'<h2><a href="([^"]+)"')
    assert not set(links.findall(first)) & set(links.findall(second))
    assert headings(sought(registrar, "svar.pdf", "&sida=999"))


def test_documents_and_mails_can_be_looked_at_apart(registrar: Client) -> None:
    everything = headings(sought(registrar, "fråga"))
    mails = headings(sought(registrar, "fråga", "&slag=mejl"))
    documents = headings(sought(registrar, "fråga", "&slag=handlingar"))
    assert mails
    assert sorted(mails + documents) == sorted(everything)


def test_nothing_typed_and_nothing_found_are_explained(registrar: Client) -> None:
    assert "Vad söker du?" in sought(registrar, "")
    assert "Inget hittades" in sought(registrar, "zzzzzz")


@pytest.mark.parametrize(
    "text", ['"', "(", "*", "a*b", "-", "NOT", "'", "\\", "%", "\x00", "{x} : y"]
)
def test_nothing_that_is_typed_is_an_error(registrar: Client, text: str) -> None:
    sought(registrar, text)


def test_hostile_text_is_shown_as_text(registrar: Client) -> None:
    page = sought(registrar, "script intrång")
    assert headings(page)
    assert "<script" not in page
    assert "<script" not in sought(registrar, EVIL)


def test_personal_numbers_are_covered_and_not_found_by_what_is_covered(registrar: Client) -> None:
    page = sought(registrar, "811218")
    assert headings(page)
    assert "9876" not in page
    assert not headings(sought(registrar, "9876"))
    assert "9876" not in registrar.get("/sok?q=811218-9876").html.split("<title>")[1][:60]


def test_a_reader_finds_recorded_answers_and_nothing_else(world: World, reader: Client) -> None:
    assert set(headings(sought(reader, "umeå"))) == {"Umeå kommun"}
    for text in ("fråga", "behov", "förslag", "frånvaro", "Märta Åkerlund", "script"):
        assert not headings(sought(reader, text)), text
    for name in ("doubtful", "unsigned"):
        assert world.ids[f"{name}-document"] not in sought(reader, "kommun")


def test_a_reader_finds_nothing_by_a_sender_or_a_subject(reader: Client, office: Client) -> None:
    assert headings(sought(office, "registrator@kommun3.example"))
    assert not headings(sought(reader, "registrator@kommun3.example"))


@pytest.mark.parametrize("role", [Role.PROGRAMME_OFFICE, Role.REGISTRAR, Role.ADMINISTRATOR])
def test_staff_find_what_has_arrived(people: dict[Role, Client], role: Role) -> None:
    for text in ("fråga sista", "Märta Åkerlund", "frånvaro"):
        assert headings(sought(people[role], text)), text


def test_an_index_that_lags_behind_shows_a_reader_nothing(fresh: World) -> None:
    doubtful(fresh)
    with fresh.database.write() as session:
        session.connection().execute(update(SearchEntry).values(audience=Audience.ANSWERS))
    client = Client(fresh.address)
    client.log_in("lars", PASSWORD)
    assert not headings(sought(client, "umeå"))


def test_the_search_follows_a_verdict(fresh: World, fresh_registrar: Client) -> None:
    item = doubtful(fresh)
    assert f'href="{item}"' in sought(fresh_registrar, "umeå")
    lars = Client(fresh.address)
    lars.log_in("lars", PASSWORD)
    assert not headings(sought(lars, "umeå"))
    decide(fresh_registrar, item, **ATTACH)
    assert headings(sought(lars, "umeå")) == ["Umeå kommun"]


def test_a_slash_leads_to_the_search_from_every_page(world: World, browser: Browser) -> None:
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    log_in(page, world)
    for address in ("/", "/mejl", item_of(world, "doubtful-document"), "/sok?q=umea"):
        page.goto(world.address + address)
        page.keyboard.press("/")
        field = page.get_by_role("searchbox").and_(page.locator("[data-key='/']"))
        expect(field).to_be_focused()
    page.goto(world.address + "/")
    page.keyboard.press("/")
    page.keyboard.type("håbo")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Håbo kommun").first).to_be_visible()
    page.context.close()


def test_it_works_without_javascript(world: World, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    log_in(page, world)
    page.get_by_role("button", name="Meny").click()
    page.get_by_role("searchbox", name="Sök").fill("habo")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Habo kommun").first.click()
    expect(page.get_by_role("heading", name="Habo kommun")).to_be_visible()
    context.close()
