"""Rounds: all of a file or nothing of it, and every fault with its place."""

from datetime import UTC, date, datetime

import pytest

from services.registry.admin.initiatives import Loaded, add, list_all, load_round
from services.registry.admin.round_file import read_round
from services.registry.domain.initiative import RoundChangesOptions, WrongRound
from services.registry.tables import Answer, EventLog, Initiative
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
)


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


OPTIONS = '{ja: "Ja, kommunen ansluter sig", nej: "Nej, kommunen avstår"}'.encode()


@pytest.mark.parametrize(
    "other",
    [
        b"{nej: Nej, ja: Ja}",
        b'{nej: "Nej, kommunen avst\xc3\xa5r", ja: "Ja, kommunen ansluter sig"}',
        b"{avvakta: Avvakta, ja: Ja}",
        b"{ja: Ja}",
        b"{ja: Ja, nej: Nej, avvakta: Avvakta}",
    ],
)
def test_options_of_a_defined_initiative_keep_their_keys_and_order(
    register: Register, other: bytes
) -> None:
    assert OPTIONS in ROUND
    before = [one.model_dump() for one in register.all(Initiative)]
    another = ROUND.replace(b"Gemensamt moln", b"Moln").replace(OPTIONS, other)
    with pytest.raises(RoundChangesOptions, match=r"kompetens-2024.*ja, nej") as refused:
        load(register, another)
    assert "new id" in refused.value.remedy
    assert [one.model_dump() for one in register.all(Initiative)] == before
    assert len(register.emitted(InitiativeDefined)) == 2


def test_nothing_of_a_round_is_loaded_when_its_last_initiative_changes_options(
    register: Register,
) -> None:
    before = [one.model_dump() for one in register.all(Initiative)]
    another = ROUND.replace(b"Kompetensgemenskaper", b"Nytt namn")
    with pytest.raises(RoundChangesOptions, match="moln-2024"):
        load(register, another + b"    options: {nej: Nej, ja: Ja}\n")
    assert [one.model_dump() for one in register.all(Initiative)] == before


def test_labels_may_change(register: Register) -> None:
    assert load(register, ROUND.replace(OPTIONS, b"{ja: Ja, nej: Nej}")).changed == (KOMPETENS,)
    assert list_all(register.database)[0].options == {"ja": "Ja", "nej": "Nej"}
    assert register.emitted(InitiativeDefined)[-2].options == {"ja": "Ja", "nej": "Nej"}


def test_a_moved_day_decides_anew_who_was_late(register: Register) -> None:
    register.record(mail(form("ja"), received_at=datetime(2024, 10, 2, tzinfo=UTC)))
    assert register.all(Answer)[0].late
    load(register, ROUND.replace(b"2024-09-30", b"2024-10-02"))
    assert not register.all(Answer)[0].late
    change = register.all(EventLog)[-1]
    assert (change.who, change.what) == ("anna", "initiative.changed")
    assert change.before is not None
    assert change.before["last_answer_day"] == "2024-09-30"


def test_one_initiative_is_added_with_the_usual_options(register: Register) -> None:
    entry = {"id": "ai-2025", "name": "AI", "last_answer_day": "2025-03-31"}
    done = add(register.database, entry, round="2025", who="anna", now=NOW, zone=STOCKHOLM)
    assert done.new == ("ai-2025",)
    assert list(list_all(register.database)[-1].options) == ["ja", "nej"]


def test_what_is_left_out_when_an_initiative_is_added_again_stays(register: Register) -> None:
    entry = {"id": "ai-2025", "name": "AI", "last_answer_day": "2025-03-31"}
    full = {**entry, "options": {"avvakta": "Vänta", "ja": "Ja"}, "start_when": {"yes_count": 9}}
    for each in (full, {**entry, "name": "Artificiell intelligens"}):
        add(register.database, each, round="2025", who="anna", now=NOW, zone=STOCKHOLM)
    one = list_all(register.database)[-1]
    assert one.name == "Artificiell intelligens"
    assert list(one.options.items()) == [("avvakta", "Vänta"), ("ja", "Ja")]
    assert one.start_when == {"yes_count": 9}


def test_how_many_must_sign_is_said_in_the_round_and_told_to_the_others(
    register: Register,
) -> None:
    assert {one.signatories for one in list_all(register.database)} == {1}
    load(register, ROUND.replace(b"moln\n", b"moln\n    signatories: 2\n"))
    assert {one.id: one.signatories for one in list_all(register.database)} == {
        KOMPETENS: 1,
        MOLN: 2,
    }
    told = register.emitted(InitiativeDefined)[-2:]
    assert {event.initiative: event.signatories for event in told} == {KOMPETENS: 1, MOLN: 2}
    entry = {"id": MOLN, "name": "Moln i drift", "last_answer_day": "2024-10-31"}
    add(register.database, entry, round="2024", who="anna", now=NOW, zone=STOCKHOLM)
    assert list_all(register.database)[-1].signatories == 2


def test_an_added_initiative_keeps_the_keys_and_order_of_its_options(register: Register) -> None:
    entry = {"id": MOLN, "name": "Moln", "last_answer_day": "2024-10-31"}
    with pytest.raises(RoundChangesOptions, match="moln-2024"):
        add(
            register.database,
            {**entry, "options": {"nej": "Nej", "ja": "Ja"}},
            round="2024",
            who="anna",
            now=NOW,
            zone=STOCKHOLM,
        )
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
        ((b"moln\n", b"moln\n    signatories: 3\n"), r"initiatives\[2\].signatories: "),
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
