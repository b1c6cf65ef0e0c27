"""Väntar på nytt svar, Behov, and Satt åt sidan."""

import pytest
from sqlmodel import select

from services.registry.tables import Mail, MailState
from tests.web.client import Client
from tests.web.world import World


def test_what_was_returned_shows_why(world: World, registrar: Client) -> None:
    text = registrar.get("/vantar").text
    assert "Lunds kommun" in text
    assert "Underskrift saknas" in text
    assert f"/handlingar/{world.ids['unsigned-document']}" in text


def test_needs_come_as_documents_and_as_mails(world: World, office: Client) -> None:
    text = office.get("/behov").text
    assert f"/handlingar/{world.ids['need-document']}" in text
    assert f"/mejl/{world.ids['need-mail']}" in text


def test_what_was_set_aside_is_all_there_with_its_reason(world: World, registrar: Client) -> None:
    with world.database.read() as session:
        aside = len(session.exec(select(Mail).where(Mail.state == MailState.SET_ASIDE)).all())
    first, second = (registrar.get(f"/satt-at-sidan?sida={n}").html for n in (1, 2))
    assert first.count('<td role="cell">Autosvar</td>') == 50
    assert second.count('<td role="cell">Autosvar</td>') == aside - 50 > 0


def test_it_can_be_searched(registrar: Client) -> None:
    assert "1 i listan" in registrar.get("/satt-at-sidan?sok=%3Cscript").text
    assert "Inget mejl passar in" in registrar.get("/satt-at-sidan?sok=%25%5F%5C").text


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/vantar", "Ingen ombedd att svara på nytt"),
        ("/behov", "Inga behov ännu"),
        ("/satt-at-sidan", "Inget är satt åt sidan"),
        ("/mejl", "Inga mejl ännu"),
    ],
)
def test_an_empty_list_says_so(fresh_registrar: Client, path: str, said: str) -> None:
    assert said in fresh_registrar.get(path).text


@pytest.mark.parametrize("path", ["/vantar", "/behov", "/satt-at-sidan", "/mejl"])
def test_a_reader_may_not_look(reader: Client, path: str) -> None:
    answer = reader.get(path)
    assert answer.status == 403
    assert "Du har inte behörighet" in answer.text
