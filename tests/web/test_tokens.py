"""Keys in the pages and on the command line: shown once, withdrawn at once, kept in the log."""

import html
import re

import pytest
from sqlmodel import select

from services.registry.admin import tokens, users
from services.registry.admin.tokens import WrongToken
from services.registry.admin.users import WrongUser
from services.registry.tables import ApiToken, EventLog, Role
from tests.web.calls import Program, problem
from tests.web.client import Client
from tests.web.world import START, World

PLACE = "/nycklar"


@pytest.fixture
def administrator(fresh: World) -> Client:
    client = Client(fresh.address)
    client.log_in("adam", "en lugn dag i registraturen")
    return client


def made(client: Client, name: str = "arkivet", role: str = "läsare", days: str = "90") -> str:
    """Make a key in the page, and return it as it is shown there."""
    page = client.submit(PLACE, PLACE, namn=name, roll=role, dagar=days)
    assert page.status == 200
    found = re.search(r'value="(handslag_[^"]+)"', page.html)
    assert found
    return html.unescape(found[1])


def test_a_key_is_shown_once_works_and_is_withdrawn(fresh: World, administrator: Client) -> None:
    caller = Program(fresh.address, made(administrator))
    assert caller.get("/answers").status == 200
    assert caller.get("/queue").status == 403
    page = administrator.get(PLACE)
    assert caller.token not in page.html
    assert "arkivet" in page.text
    assert "Aldrig" not in page.text
    done = administrator.submit(PLACE, f"{PLACE}/arkivet/dra-in")
    assert (done.status, done.location) == (303, PLACE)
    assert problem(caller.get("/answers"))["code"] == "token_withdrawn"
    assert "Indragen" in administrator.get(PLACE).text
    with fresh.database.read() as session:
        log = [(row.what, row.who) for row in session.exec(select(EventLog))]
        kept = session.exec(select(ApiToken)).one()
    assert log[-2:] == [("token.added", "adam"), ("token.withdrawn", "adam")]
    assert kept.withdrawn_by == "adam"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"namn": "två ord"}, "Namnet får bara"),
        ({"namn": "rut"}, "en nyckels eller en persons"),
        ({"roll": "kung"}, "Välj en roll"),
        ({"dagar": "9999"}, "hur länge"),
        ({"dagar": "-1"}, "hur länge"),
    ],
)
def test_a_key_that_cannot_be_is_not_made_and_nothing_typed_is_lost(
    fresh: World, administrator: Client, fields: dict[str, str], words: str
) -> None:
    whole = {"namn": "arkivet", "roll": "registrator", "dagar": "30"} | fields
    page = administrator.submit(PLACE, PLACE, **whole)
    assert page.status == 422
    assert words in page.text
    assert f'value="{whole["namn"]}"' in page.text
    with fresh.database.read() as session:
        assert session.exec(select(ApiToken)).all() == []


def test_no_name_is_given_twice_to_keys_or_people(fresh: World) -> None:
    tokens.add(fresh.database, "arkivet", "läsare", who="adam", now=START)
    tokens.withdraw(fresh.database, "Arkivet", who="adam", now=START)
    with pytest.raises(WrongToken, match="arkivet"):
        tokens.add(fresh.database, "ARKIVET", "läsare", who="adam", now=START)
    with pytest.raises(WrongUser, match="arkivet"):
        users.add(fresh.database, "arkivet", Role.READER, who="adam", now=START)
    for name in ("machine", "command"):
        with pytest.raises(WrongToken):
            tokens.add(fresh.database, name, "läsare", who="adam", now=START)


def test_the_interface_is_told_to_people_with_every_call_model_and_problem(
    world: World, people: dict[Role, Client]
) -> None:
    page = people[Role.READER].get("/programgranssnitt")
    description = world.app.state.site.api_description()
    for path in description["paths"]:
        assert path in page.text
    for name in description["components"]["schemas"]:
        assert f'id="modell-{name}"' in page.html
        assert page.html.count(f'href="#modell-{name}"') > 0 or name == "ProblemDocument"
    assert 'id="token_expired"' in page.html
    assert "<script>" not in page.html
    assert "https://" not in page.html.replace("https://dilcis", "")
