"""Avsluta nyhetsbrevet: by the mail program's button or our page, never by merely looking."""

import pytest

from services.registry.tables import EventLog, Unsubscribed, UnsubscribedHow
from services.registry.unsubscribe import (
    Unsubscriber,
    holder_by_mail,
    holder_of,
    unsubscribed_of,
)
from shared.events import UnsubscribeAsked
from tests.web.client import Client
from tests.web.sent import TOKEN, newsletter
from tests.web.test_matter import rows
from tests.web.world import START, World

PATH = f"/avsluta/{TOKEN}"
BUTTON = {"gor": "avsluta"}
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def reader_of_letters(fresh: World) -> Client:
    """Somebody who got a newsletter: without cookies, at whatever program."""
    newsletter(fresh)
    return Client(fresh.address)


def test_looking_at_the_link_changes_nothing_and_sets_no_cookie(
    fresh: World, reader_of_letters: Client
) -> None:
    answer = reader_of_letters.get(PATH)
    assert answer.status == 200
    assert "Avsluta nyhetsbrevet" in answer.text
    assert "A…@umea.se" in answer.text
    assert "Anna.Ek" not in answer.text
    assert answer.set_cookies == ()
    assert rows(fresh, Unsubscribed) == []


def test_the_mail_programs_button_needs_neither_page_nor_cookie_nor_origin(
    fresh: World, reader_of_letters: Client
) -> None:
    answer = reader_of_letters.post(PATH, ONE_CLICK, Origin="https://mail.example")
    assert (answer.status, answer.set_cookies) == (200, ())
    (kept,) = rows(fresh, Unsubscribed)
    assert (kept.address, kept.how) == ("anna.ek@umea.se", UnsubscribedHow.ONE_CLICK)
    assert kept.letter_id == newsletter(fresh)
    with fresh.database.read() as session:
        assert set(unsubscribed_of(session, ["ANNA.EK@umea.se", "bo@umea.se"])) == {
            "anna.ek@umea.se"
        }


def test_the_button_may_be_pressed_twice_and_counts_once(
    fresh: World, reader_of_letters: Client
) -> None:
    for _ in range(2):
        assert reader_of_letters.post(PATH, ONE_CLICK).status == 200
    lines = [one for one in rows(fresh, EventLog) if one.what == "newsletter.unsubscribed"]
    assert [(one.who, one.after["how"]) for one in lines if one.after] == [
        ("recipient", "one_click")
    ]


def test_a_post_that_says_nothing_is_no_word_of_anybodys(
    fresh: World, reader_of_letters: Client
) -> None:
    assert "Vill du inte ha fler nyhetsbrev" in reader_of_letters.post(PATH, {}).text
    assert rows(fresh, Unsubscribed) == []


def test_our_own_button_does_it_and_the_same_page_takes_it_back(
    fresh: World, reader_of_letters: Client
) -> None:
    assert "Nyhetsbrevet är avslutat" in reader_of_letters.post(PATH, BUTTON).text
    assert "Nyhetsbrevet är avslutat" in reader_of_letters.get(PATH).text
    assert "Nyhetsbrevet kommer igen" in reader_of_letters.post(f"{PATH}/angra", {}).text
    (kept,) = rows(fresh, Unsubscribed)
    assert kept.resumed_at is not None
    with fresh.database.read() as session:
        assert unsubscribed_of(session, ["anna.ek@umea.se"]) == {}
    reader_of_letters.post(PATH, BUTTON)
    (kept,) = rows(fresh, Unsubscribed)
    assert (kept.how, kept.resumed_at) == (UnsubscribedHow.PAGE, None)


def test_who_tries_links_has_to_wait_also_with_a_right_one(
    fresh: World, reader_of_letters: Client
) -> None:
    for number in range(4):
        answer = reader_of_letters.post(f"/avsluta/gissad-{number:020}", ONE_CLICK)
        assert (answer.status, "Länken gäller inte" in answer.text) == (404, True)
    for answer in (reader_of_letters.get(PATH), reader_of_letters.post(PATH, ONE_CLICK)):
        assert (answer.status, "Vänta en stund" in answer.text) == (429, True)
    assert rows(fresh, Unsubscribed) == []


@pytest.mark.parametrize("token", ["", "kort", "x" * 101, TOKEN + "%00", "å" * 30])
def test_what_is_no_token_belongs_to_nobody(fresh: World, token: str) -> None:
    newsletter(fresh, token="")
    with fresh.database.read() as session:
        assert holder_of(session, token) is None
        assert holder_by_mail(session, token) is None


def test_a_token_from_an_address_is_known_in_small_letters_too(fresh: World) -> None:
    newsletter(fresh, token="AbCdEfGhIjKlMnOpQrStUv")
    with fresh.database.read() as session:
        assert holder_of(session, "abcdefghijklmnopqrstuv") is None
        assert holder_by_mail(session, "abcdefghijklmnopqrstuv") is not None


def asked(token: str = TOKEN) -> UnsubscribeAsked:
    return UnsubscribeAsked(
        occurred_at=START, mail_id="m" + "7" * 23, received_at=START, token=token
    )


def test_a_mail_to_the_address_of_the_letter_ends_it_once(fresh: World) -> None:
    letter_id = newsletter(fresh)
    asking = asked()
    keeper = Unsubscriber(fresh.database, lambda: START)
    for event in (asking, asking, asked()):
        keeper.end(event)
    (kept,) = rows(fresh, Unsubscribed)
    assert (kept.how, kept.letter_id) == (UnsubscribedHow.MAIL, letter_id)
    (line,) = [one for one in rows(fresh, EventLog) if one.what == "newsletter.unsubscribed"]
    assert line.mail_id == asking.mail_id


def test_a_mail_with_the_token_of_no_letter_changes_nothing_and_is_noted(fresh: World) -> None:
    Unsubscriber(fresh.database, lambda: START).end(asked("x" * 30))
    assert rows(fresh, Unsubscribed) == []
    assert "newsletter.token_unknown" in {one.what for one in rows(fresh, EventLog)}


def test_staff_end_it_for_somebody_and_take_it_back(fresh: World, fresh_registrar: Client) -> None:
    page = "/avslutade-nyhetsbrev"
    assert "Ingen har avslutat" in fresh_registrar.get(page).text
    refused = fresh_registrar.submit(page, page, epost="ingen adress")
    assert (refused.status, 'value="ingen adress"' in refused.html) == (422, True)
    assert fresh_registrar.submit(page, page, epost=" Bo@Umea.se ").status == 303
    shown = fresh_registrar.get(page).text
    assert "bo@umea.se" in shown
    assert "För hand av rut" in shown
    fresh_registrar.submit(page, f"{page}/angra", epost="bo@umea.se")
    (kept,) = rows(fresh, Unsubscribed)
    assert kept.resumed_by == "rut"
    assert [one.what for one in rows(fresh, EventLog) if one.who == "rut"][-2:] == [
        "newsletter.unsubscribed",
        "newsletter.resumed",
    ]


def test_staff_see_which_newsletter_it_was(
    fresh: World, fresh_registrar: Client, reader_of_letters: Client
) -> None:
    reader_of_letters.post(PATH, ONE_CLICK)
    shown = fresh_registrar.get("/avslutade-nyhetsbrev").text
    assert "Nyhetsbrev september" in shown
    assert "Med mejlprogrammets knapp" in shown
