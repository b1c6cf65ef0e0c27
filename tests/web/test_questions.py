"""Frågor: what was handed over waits for whoever answers it, until it is answered or taken back."""

import re

import pytest

from services.registry.tables import EventLog, Resolution, ReviewItem
from shared.events import Disposition, LetterOrdered, Reason
from shared.outbox import OutboxRow
from tests.web.client import Client
from tests.web.test_matter import rows
from tests.web.world import World, arrived


@pytest.fixture
def handed(fresh: World, fresh_registrar: Client) -> str:
    """A question in a mail that a registrar has handed over; return the verdict."""
    fresh.record(
        arrived(
            name="question",
            disposition=Disposition.QUESTION,
            reasons=(Reason.QUESTION,),
            subject="Får vi svara senare?",
            text="Hej, är den 5 oktober för sent?",
        ),
        "question",
    )
    (item,) = rows(fresh, ReviewItem)
    page = f"/ej-kopplade/{item.id}"
    assert "programkontoret svarar" in fresh_registrar.get(page).text
    fresh_registrar.submit(page, f"{page}/hantera", gor="fraga", sedd=str(item.revision))
    (done,) = rows(fresh, Resolution)
    return done.id


def test_what_is_handed_over_waits_with_its_text_and_the_number_that_was_told(
    fresh: World, fresh_registrar: Client, handed: str
) -> None:
    page = fresh_registrar.get("/fragor").text
    assert "Får vi svara senare?" in page
    assert "är den 5 oktober för sent?" in page
    assert "SKR 2024/00001" in page
    menu = re.search(r"Frågor</span>\s*<span class=\"number\"[^>]*>(\d+)", page)
    assert menu
    assert menu[1] == "1"
    told = [row for row in rows(fresh, OutboxRow) if row.subject == LetterOrdered.subject]
    assert "Er fråga är vidarebefordrad" in told[0].body


def test_what_is_answered_is_marked_once_and_kept(
    fresh: World, fresh_registrar: Client, handed: str
) -> None:
    token = fresh_registrar.token("/fragor")
    for _ in range(2):
        done = fresh_registrar.post(f"/fragor/{handed}/besvarad", {"_csrf": token})
        assert (done.status, done.location) == (303, "/fragor")
    assert "Inga frågor att besvara" in fresh_registrar.get("/fragor").text
    assert "Får vi svara senare?" in fresh_registrar.get("/fragor?visa=besvarade").text
    assert [one.who for one in rows(fresh, EventLog) if one.what == "question.answered"] == ["rut"]


def test_what_is_taken_back_does_not_wait(
    fresh: World, fresh_registrar: Client, handed: str
) -> None:
    token = fresh_registrar.token("/fragor")
    fresh_registrar.post(f"/avgoranden/{handed}/angra", {"_csrf": token})
    assert "Inga frågor att besvara" in fresh_registrar.get("/fragor").text
