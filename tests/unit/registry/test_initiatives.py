"""Rounds: all of a file or nothing of it, and every fault with its place."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from services.registry.admin.initiatives import Loaded, add, list_all, load_round, read_round
from services.registry.domain.initiative import RoundChangesAnswers, WrongRound
from services.registry.tables import Answer, EventLog, Initiative
from shared.database import Database
from shared.events import InitiativeDefined
from tests.unit.registry.builders import (
    KOMPETENS,
    MOLN,
    NOW,
    ROUND,
    STOCKHOLM,
    Register,
    form,
    mail,
    open_register,
)


@pytest.fixture
def register(database_url: str) -> Iterator[Register]:
    database = Database(database_url, schema="registry")
    yield open_register(database)
    database.close()


def load(register: Register, data: bytes) -> Loaded:
    return load_round(register.database, data, who="anna", now=NOW, zone=STOCKHOLM)


def test_a_round_is_defined_and_told(register: Register) -> None:
    kompetens, moln = list_all(register.database)
    assert (kompetens.id, kompetens.start_when) == (KOMPETENS, {"yes_count": 100})
    assert list(moln.options) == ["ja", "nej"]
    told = register.emitted(InitiativeDefined)
    assert [one.initiative for one in told] == [KOMPETENS, MOLN]
    assert told[0].options == {
        "ja": "Ja, kommunen ansluter sig",
        "nej": "Nej, kommunen avstår",
    }
    assert told[0].last_answer_day == date(2024, 9, 30)


def test_loading_again_changes_nothing_but_tells_it_again(register: Register) -> None:
    assert load(register, ROUND) == Loaded((), (), (KOMPETENS, MOLN))
    assert len(register.emitted(InitiativeDefined)) == 4
    assert len(register.all(EventLog)) == 2


def test_the_order_of_the_options_is_kept_and_is_a_change(register: Register) -> None:
    swapped = ROUND.replace(
        b'{ja: "Ja, kommunen ansluter sig", nej: "Nej, kommunen avst\xc3\xa5r"}',
        b'{nej: "Nej, kommunen avst\xc3\xa5r", ja: "Ja, kommunen ansluter sig"}',
    )
    assert load(register, swapped).changed == (KOMPETENS,)
    assert list(list_all(register.database)[0].options) == ["nej", "ja"]
    assert list(register.emitted(InitiativeDefined)[-2].options) == ["nej", "ja"]


def test_a_moved_day_decides_anew_who_was_late(register: Register) -> None:
    register.record(mail(form("ja"), received_at=datetime(2024, 10, 2, tzinfo=UTC)))
    assert register.all(Answer)[0].late
    load(register, ROUND.replace(b"2024-09-30", b"2024-10-02"))
    assert not register.all(Answer)[0].late
    change = register.all(EventLog)[-1]
    assert (change.who, change.what) == ("anna", "initiative.changed")
    assert change.before is not None
    assert change.before["last_answer_day"] == "2024-09-30"


def test_an_option_that_somebody_chose_cannot_vanish(register: Register) -> None:
    register.record(mail(form("nej")))
    lost = ROUND.replace(b', nej: "Nej, kommunen avst\xc3\xa5r"', b"")
    with pytest.raises(RoundChangesAnswers, match=r"kompetens-2024.*nej"):
        load(register, lost)
    assert list(list_all(register.database)[0].options) == ["ja", "nej"]


def test_one_initiative_is_added_with_the_usual_options(register: Register) -> None:
    entry = {"id": "ai-2025", "name": "AI", "last_answer_day": "2025-03-31"}
    done = add(register.database, entry, round="2025", who="anna", now=NOW, zone=STOCKHOLM)
    assert done.new == ("ai-2025",)
    assert list(list_all(register.database)[-1].options) == ["ja", "nej"]


def test_a_year_without_quotes_is_a_round_too(register: Register) -> None:
    load(register, ROUND.replace(b'"2024"', b"2024"))
    assert {one.round for one in register.all(Initiative)} == {"2024"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ((b"kompetens-2024", b"Kompetens 2024"), r"initiatives\[1\].id: "),
        ((b"moln-2024", b"kompetens-2024"), "stands twice: kompetens-2024"),
        ((b"2024-10-31", b"31 oktober"), r"initiatives\[2\].last_answer_day: "),
        ((b"2024-10-31", b"2024-02-30"), "a value that cannot be: day is out"),
        (
            (b"{ja: ", b"{yes: "),
            r"initiatives\[1\].options: the key True is no text; write it in quotes",
        ),
        ((b"yes_count", b"yes_procent"), r"initiatives\[1\].start_when.yes_count: Field required"),
        ((b"    name: Gemensamt moln\n", b""), r"initiatives\[2\].name: Field required"),
        ((b"moln\n", b"moln\n    nmae: x\n"), r"initiatives\[2\].nmae: Extra inputs"),
        ((b"moln\n", b"moln\n    name: x\n"), "line 11: `name` stands twice"),
        ((b"initiatives:", b"initiatives: ["), "not YAML: line "),
        ((b"avst\xc3\xa5r", b"avst\xe5r"), "not UTF-8"),
        ((ROUND, b""), "not a round file"),
        ((ROUND, b"- 1\n"), "not a round file"),
        ((ROUND, b"round: x\ninitiatives: []\n"), "initiatives: .*at least 1"),
    ],
)
def test_every_fault_of_a_round_is_named_with_its_place(
    change: tuple[bytes, bytes], message: str
) -> None:
    assert change[0] in ROUND
    with pytest.raises(WrongRound, match=message):
        read_round(ROUND.replace(*change))


def test_a_faulty_round_changes_nothing(register: Register) -> None:
    before = [one.model_dump() for one in register.all(Initiative)]
    faulty = ROUND.replace(b"Kompetensgemenskaper", b"Nytt namn").replace(b"2024-10-31", b"aldrig")
    with pytest.raises(WrongRound):
        load(register, faulty)
    assert [one.model_dump() for one in register.all(Initiative)] == before
