"""In a real Chromium: accessibility, narrow screens, hostile content, and life without JavaScript.

axe-core checks what a machine can of WCAG 2.2 AA, on every page, in light and in dark.
"""

import re
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlmodel import select

from services.registry.tables import ReviewItem, Role
from shared.own_form import own_form
from tests.web.browsing import STANDARDS, faults, log_in
from tests.web.client import Client
from tests.web.sent import NEWSLETTER, OURS, TOKEN
from tests.web.world import NAMES, World

PAGES = (
    "login",
    "overview",
    "answers",
    "no answers",
    "map",
    "map without answers",
    "matrix",
    "municipalities",
    "municipality",
    "municipality without answers",
    "contacts",
    "answers without contact",
    "contact",
    "new contact",
    "bounces",
    "bounces that are done",
    "questions",
    "tasks",
    "other replies",
    "sent mail",
    "unsubscribing",
    "unsubscribed",
    "operations",
    "users",
    "user",
    "initiatives",
    "initiative",
    "new initiative",
    "changed initiative",
    "round file",
    "forms",
    "learned form",
    "new blank",
    "blank to point at",
    "blank to confirm",
    "register",
    "municipality's addresses",
    "register file",
    "mailings",
    "mailing",
    "who gets a mailing",
    "what a mailing says",
    "who is left out of a mailing",
    "a mailing's letter",
    "a mailing to send",
    "letter templates",
    "letter template",
    "receipt template",
    "exports",
    "tokens",
    "interface",
    "document",
    "duplicate",
    "late",
    "queue",
    "item",
    "item without image",
    "arranging pages",
    "hostile item",
    "question",
    "returned",
    "needs",
    "request for the needs template",
    "set aside",
    "mails",
    "hostile mail",
    "event log",
    "search",
    "nothing found",
    "password",
    "not found",
)

OF_AN_ADMINISTRATOR = frozenset(
    {
        "operations",
        "tokens",
        "users",
        "user",
        "new initiative",
        "changed initiative",
        "round file",
        "new blank",
        "blank to point at",
        "blank to confirm",
        "municipality's addresses",
        "register file",
        "letter templates",
        "letter template",
        "receipt template",
    }
)
"""What a registrar does not see."""


@pytest.fixture(scope="module")
def session_of_a_registrar(browser: Browser, world: World) -> Any:
    """The cookies of one log-in, to be used by all tests here."""
    context = browser.new_context()
    page = context.new_page()
    log_in(page, world)
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def context(browser: Browser, session_of_a_registrar: Any) -> Iterator[BrowserContext]:
    """A registrar who is logged in."""
    made = browser.new_context(
        viewport={"width": 1280, "height": 900}, storage_state=session_of_a_registrar
    )
    made.set_default_timeout(20_000)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def address(world: World, name: str) -> str:
    """Where each of PAGES is."""
    with world.database.read() as session:
        items = {
            item.document_id or item.mail_id: f"/ej-kopplade/{item.id}"
            for item in session.exec(select(ReviewItem))
        }
    ids = world.ids
    return (
        world.address
        + {
            "login": "/logga-in",
            "overview": "/",
            "answers": "/svar/kompetens-2024",
            "no answers": "/svar/kompetens-2024?kommun=xyz",
            "map": "/svar/kompetens-2024/karta",
            "map without answers": "/svar/moln-2024/karta",
            "matrix": "/alla-svar?lan=01",
            "municipalities": "/kommuner",
            "municipality": "/kommuner/0305",
            "municipality without answers": "/kommuner/2584",
            "contacts": "/kontaktpersoner",
            "answers without contact": "/kontaktpersoner?visa=saknas",
            "contact": "/kontaktpersoner/1",
            "new contact": f"/kontaktpersoner/ny/{ids['answer-document']}",
            "bounces": "/studsar",
            "bounces that are done": "/studsar?visa=hanterade",
            "questions": "/fragor",
            "tasks": "/uppgifter",
            "other replies": "/uppgifter?visa=svar",
            "sent mail": f"/utgaende/{OURS.strip('<>')}",
            "unsubscribing": f"/avsluta/{TOKEN}",
            "unsubscribed": "/avslutade-nyhetsbrev",
            "operations": "/drift",
            "users": "/anvandare",
            "user": "/anvandare/konto?namn=rut",
            "initiatives": "/initiativ",
            "initiative": "/initiativ/sakerhet-2024",
            "new initiative": "/nytt-initiativ",
            "changed initiative": "/initiativ/sakerhet-2024/andra",
            "round file": "/las-in-omgang",
            "forms": "/blanketter",
            "learned form": "/blanketter/larda/kompetens-2024/1",
            "new blank": "/blanketter/ny",
            "blank to point at": f"/blanketter/utkast/{ids['blank-to-point-at']}",
            "blank to confirm": f"/blanketter/utkast/{ids['blank-to-confirm']}",
            "register": "/kommunregister",
            "municipality's addresses": "/kommunregister/0305",
            "register file": "/las-in-kommuner",
            "mailings": "/utskick",
            "mailing": f"/utskick/{NEWSLETTER}",
            "who gets a mailing": f"/utskick/{ids['reminder']}/vilka",
            "what a mailing says": f"/utskick/{ids['reminder']}/text",
            "who is left out of a mailing": f"/utskick/{ids['reminder']}/mottagare?visa=utelamnade",
            "a mailing's letter": f"/utskick/{ids['reminder']}/forhandsvisning",
            "a mailing to send": f"/utskick/{ids['reminder']}/skicka",
            "letter templates": "/brevmallar",
            "letter template": "/brevmallar/offer",
            "receipt template": "/brevmallar/document_returned",
            "exports": "/export",
            "tokens": "/nycklar",
            "interface": "/programgranssnitt",
            "document": f"/handlingar/{ids['answer-document']}",
            "duplicate": f"/handlingar/{ids['again-document']}",
            "late": f"/handlingar/{ids['late-document']}",
            "queue": "/ej-kopplade",
            "item": items[ids["doubtful-document"]],
            "item without image": items[ids["uncoded-document"]],
            "arranging pages": f"{items[ids['uncoded-document']]}/sidor",
            "hostile item": items[ids["evil-document"]],
            "question": items[ids["question"]],
            "returned": "/vantar",
            "needs": "/behov",
            "request for the needs template": f"/behov/{ids['own-words']}/mall",
            "set aside": "/satt-at-sidan",
            "mails": "/mejl",
            "hostile mail": f"/mejl/{ids['evil']}",
            "event log": "/handelselogg",
            "search": "/sok?q=habo",
            "nothing found": "/sok?q=xyz",
            "password": "/losenord",
            "not found": "/finns-inte",
        }[name]
    )


def test_every_page_answers(world: World, people: dict[Role, Client], stranger: Client) -> None:
    for name in PAGES:
        role = Role.ADMINISTRATOR if name in OF_AN_ADMINISTRATOR else Role.REGISTRAR
        client = stranger if name == "login" else people[role]
        status = client.get(address(world, name).removeprefix(world.address)).status
        assert status == (404 if name == "not found" else 200), name


@pytest.mark.parametrize(
    ("world", "name"), list(zip(cycle(("sqlite", "postgresql")), PAGES)), indirect=["world"]
)
def test_axe_finds_nothing_and_320_px_is_wide_enough(
    world: World, context: BrowserContext, name: str
) -> None:
    """Each page once: what a browser makes of it does not hang on the database."""
    page = context.new_page()
    if name == "login" or name in OF_AN_ADMINISTRATOR:
        context.clear_cookies()
    if name in OF_AN_ADMINISTRATOR:
        log_in(page, world, NAMES[Role.ADMINISTRATOR])
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.goto(address(world, name))
    assert faults(page, runOnly={"type": "tag", "values": STANDARDS}) == []
    page.emulate_media(color_scheme="dark")
    assert faults(page, runOnly={"type": "rule", "values": ["color-contrast"]}) == []
    page.set_viewport_size({"width": 320, "height": 640})
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 320, f"{name} is {wide} px wide"


@pytest.mark.parametrize("name", ["overview", "queue", "hostile item", "hostile mail", "set aside"])
def test_hostile_content_runs_nothing_and_fetches_nothing(
    world: World, page: Page, name: str
) -> None:
    troubles: list[str] = []
    asked: list[str] = []
    page.on("dialog", lambda dialog: (troubles.append(dialog.message), dialog.dismiss()))
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address(world, name), wait_until="networkidle")
    assert troubles == []
    assert page.title().endswith("· Handslag")
    assert all(url.startswith(world.address) for url in asked), asked


def test_the_browser_itself_would_refuse_an_inline_script(world: World, page: Page) -> None:
    page.goto(address(world, "overview"))
    page.evaluate(
        "() => { const s = document.createElement('script');"
        " s.textContent = 'document.title = \"intrång\"'; document.body.append(s); }"
    )
    assert "intrång" not in page.title()


def test_everything_is_reached_without_javascript(world: World, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    log_in(page, world)
    expect(page.get_by_role("link", name="Mejl", exact=True)).to_be_hidden()
    page.get_by_role("button", name="Meny").click()
    page.get_by_role("link", name="Ej kopplade handlingar").first.click()
    page.get_by_label("Anledning").select_option("mark_doubtful")
    page.get_by_role("button", name="Visa").click()
    page.get_by_role("link", name="Umeå kommun").click()
    expect(page.locator(".why").get_by_text("Otydligt kryss")).to_be_visible()
    page.get_by_role("link", name="visa på sidan: Svar").click()
    assert page.url.endswith("#yta-mark-ja")
    context.close()


def test_what_was_found_on_a_page_is_hidden_without_javascript(
    world: World, browser: Browser
) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    log_in(page, world)
    page.goto(f"{world.address}/handlingar/{world.ids['doubtful-document']}")
    note = page.locator('[aria-label="Skrivet utanför fälten"]')
    expect(note).to_be_visible()
    page.get_by_label("Visa på bilden vad som har lästs").uncheck()
    expect(note).to_be_hidden()
    page.get_by_role("link", name="visa på sidan: Svar").click()
    expect(page.locator("#yta-mark-ja")).to_be_visible()
    expect(note).to_be_hidden()
    context.close()


def test_a_receipt_s_new_words_are_seen_beside_them_and_not_saved(
    world: World, browser: Browser
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    log_in(page, world, NAMES[Role.ADMINISTRATOR])
    page.goto(address(world, "receipt template"))
    words = page.get_by_label("Text", exact=True)
    kept = words.input_value()
    words.fill(f"Tack, {{{{kommun}}}}.\n\n{kept}")
    page.get_by_role("button", name="Visa hur det blir").click()
    letter = page.frame_locator("iframe")
    expect(letter.get_by_text("Tack, Stockholms stad.")).to_be_visible()
    assert page.url == address(world, "receipt template")
    words.fill("{{kommunen}}")
    page.get_by_role("button", name="Visa hur det blir").click()
    expect(letter.get_by_text("Rad 1: variabeln {{kommunen}} finns inte.")).to_be_visible()
    page.reload()
    assert words.input_value() == kept
    context.close()


def test_the_keyboard_meets_the_way_to_the_content_first(world: World, page: Page) -> None:
    page.goto(address(world, "overview"))
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Till innehållet")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_focus_can_be_seen(world: World, page: Page) -> None:
    page.goto(address(world, "queue"))
    link = page.get_by_role("link", name="Översikt", exact=True)
    link.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    outline = link.evaluate("link => getComputedStyle(link).outlineWidth")
    assert outline == "3px"


def test_a_scan_can_be_enlarged_and_shows_where_a_value_stands(world: World, page: Page) -> None:
    page.goto(address(world, "item"))
    image = page.get_by_role("img", name="Sida 1")
    before = image.bounding_box()
    page.get_by_role("button", name="Förstora").click()
    page.get_by_role("button", name="Förstora").click()
    after = image.bounding_box()
    assert before
    assert after
    assert after["width"] == pytest.approx(before["width"] * 2, rel=0.02)
    page.locator('[data-evidence="yta-signature"]').hover()
    expect(page.locator("#yta-signature")).to_have_class(re.compile(r"\blit\b"))


def test_the_evidence_lies_where_it_was_read(world: World, page: Page) -> None:
    page.goto(address(world, "item"))
    image = page.get_by_role("img", name="Sida 1").bounding_box()
    box = page.locator("#yta-mark-ja").bounding_box()
    assert image
    assert box
    printed = own_form(["ja", "nej"]).boxes[0].area
    left, top = printed.left_mm / 210, printed.top_mm / 297
    assert (box["x"] - image["x"]) / image["width"] == pytest.approx(left, abs=0.01)
    assert (box["y"] - image["y"]) / image["height"] == pytest.approx(top, abs=0.01)


def test_a_file_is_saved_under_a_harmless_name(world: World, page: Page) -> None:
    page.goto(address(world, "hostile mail"))
    with page.expect_download() as waiting:
        page.get_by_role("link", name="<img src=x").click()
    name = waiting.value.suggested_filename
    assert "<" not in name
    assert "\u202e" not in name


def test_a_page_can_be_printed_without_its_frame(world: World, page: Page) -> None:
    page.goto(address(world, "document"))
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation", name="Huvudmeny")).to_be_hidden()
    expect(page.get_by_role("img", name="Sida 1")).to_be_visible()


def open_amending(page: Page) -> None:
    page.get_by_text("Rätta", exact=True).click()
    page.get_by_text("Makulera", exact=True).click()


def open_everything(page: Page) -> None:
    page.locator("details").evaluate_all("all => all.forEach((one) => { one.open = true; })")
    assert faults(page, runOnly={"type": "tag", "values": STANDARDS}) == []
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Kortkommandon")).to_be_visible()


def enlarge_and_turn(page: Page) -> None:
    for key in "++x":
        page.keyboard.press(key)
    page.get_by_role("link", name="visa på sidan: Svar").click()
    expect(page.locator("#yta-mark-ja")).to_have_class(re.compile(r"\blit\b"))


@pytest.mark.parametrize(
    ("name", "change"),
    [("document", open_amending), ("item", open_everything), ("item", enlarge_and_turn)],
    ids=["Rätta and Makulera", "all verdicts and the help", "a scan enlarged and turned"],
)
def test_axe_finds_nothing_in_what_opens_on_a_page(
    world: World, page: Page, name: str, change: Callable[[Page], None]
) -> None:
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.goto(address(world, name))
    change(page)
    assert faults(page, runOnly={"type": "tag", "values": STANDARDS}) == []
    page.emulate_media(color_scheme="dark")
    assert faults(page, runOnly={"type": "rule", "values": ["color-contrast"]}) == []
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("name", ["queue", "item", "answers", "map"])
def test_a_window_enlarged_to_200_percent_needs_no_scrolling_sideways(
    world: World, browser: Browser, session_of_a_registrar: Any, name: str
) -> None:
    context = browser.new_context(
        viewport={"width": 640, "height": 450},
        device_scale_factor=2,
        storage_state=session_of_a_registrar,
    )
    page = context.new_page()
    page.goto(address(world, name))
    assert page.evaluate("document.documentElement.scrollWidth") <= 640
    expect(page.get_by_role("heading", level=1)).to_be_in_viewport()
    context.close()


def test_nothing_moves_for_who_wants_no_motion(world: World, page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto(address(world, "item"))
    moving = page.evaluate(
        "[...document.querySelectorAll('*')].filter((one) => ["
        "getComputedStyle(one).transitionDuration, getComputedStyle(one).animationDuration"
        "].some((each) => parseFloat(each) > 0.01)).map((one) => one.outerHTML.slice(0, 100))"
    )
    assert moving == []
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
