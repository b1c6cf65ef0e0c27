"""A learned form that is taken out of use: its scans go to a person, and nothing is deleted."""

import json
import os
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import delete
from typer.testing import CliRunner

from services.console import stores
from services.console.cli import app
from services.console.demo.scans import Channel, Filling, Stroke, as_pdf, fill, scan
from services.intake import forms
from services.intake.tables import LearnedFormRow, WithdrawnFormRow
from services.registry.admin.forms import (
    WrongForm,
    keep,
    kept_forms,
    refuse_one_blank_for_two,
    restore,
    told_in_force,
    withdraw,
)
from services.registry.admin.municipalities import import_csv
from services.registry.tables import Answer, EventLog, LearnedForm, ReviewItem
from shared.archive import FolderArchive
from shared.database import Database
from shared.events import (
    Event,
    FormLearned,
    FormWithdrawn,
    Outcome,
    Reason,
    Source,
    Witness,
    WitnessKind,
)
from shared.outbox import InboxRow
from tests.bench.forms.other_form import Blank, OtherForm, learned
from tests.intake import Intake
from tests.unit.registry.builders import (
    KOMPETENS,
    MOLN,
    NOW,
    UMEA,
    Register,
    form,
    mail,
    open_register,
    value,
)

DOMAINS = b"municipality;registrar_address;domains\n2480;umea.kommun@umea.se;umea.se\n"
FIRST = f"{KOMPETENS}:1"
LATER = NOW + timedelta(days=1)


@pytest.fixture
def intake(database_url: str, tmp_path: Path) -> Intake:
    return Intake(database_url, tmp_path)


@pytest.fixture
def register(other_database_url: str) -> Iterator[Register]:
    database = Database(other_database_url, schema="registry")
    yield open_register(database)
    database.close()


def kept(
    register: Register,
    folder: Path,
    version: int = 1,
    initiative: str = KOMPETENS,
    archive: str = "kept",
) -> OtherForm:
    """Keep the drawn blank as learned of that version."""
    one = learned(Blank.DRAWN, version=version)
    keep(
        register.database,
        FolderArchive(folder / archive),
        initiative=initiative,
        template=one.template,
        blank=one.pdf,
        blank_name="svarsblankett.pdf",
        picture=one.picture,
        fields="fields: …",
        who="karin",
        now=NOW,
    )
    return one


def told(register: Register) -> list[Event]:
    return [*register.emitted(FormLearned), *register.emitted(FormWithdrawn)]


def tell(intake: Intake, events: Sequence[Event]) -> None:
    with intake.database.write() as session:
        for event in events:
            if isinstance(event, FormLearned):
                forms.learn(session, event)
            elif isinstance(event, FormWithdrawn):
                forms.withdraw(session, event)


def in_force(intake: Intake) -> set[tuple[str, int]]:
    with intake.database.read() as session:
        return set(forms.known_templates(session))


def test_a_withdrawn_form_is_read_by_no_longer_and_nothing_is_deleted(
    register: Register, intake: Intake, tmp_path: Path
) -> None:
    kept(register, tmp_path)
    withdraw(register.database, FIRST, who="karin", now=LATER)
    tell(intake, told(register))
    assert in_force(intake) == set()
    assert told_in_force(register.database) == []
    [row] = register.all(LearnedForm)
    assert (row.learned_by, row.withdrawn_at) == ("karin", LATER)
    assert [one.what for one in register.all(EventLog)][-2:] == ["form.learned", "form.withdrawn"]


def test_in_whatever_order_intake_is_told_the_last_word_counts(
    register: Register, intake: Intake, tmp_path: Path
) -> None:
    kept(register, tmp_path)
    withdraw(register.database, FIRST, who="karin", now=LATER)
    restore(register.database, FIRST, who="karin", now=LATER + timedelta(hours=1))
    restored = told(register)
    withdraw(register.database, FIRST, who="karin", now=LATER + timedelta(hours=2))
    withdrawn = told(register)
    for events, expected in ((restored, {(KOMPETENS, 1)}), (withdrawn, set())):
        for number, order in enumerate(permutations(events)):
            with intake.database.write() as session:
                for table in (LearnedFormRow, WithdrawnFormRow, InboxRow):
                    session.exec(delete(table))
            tell(intake, order)
            tell(intake, order)
            assert in_force(intake) == expected, number


def test_a_clock_that_is_behind_takes_back_no_less(
    register: Register, intake: Intake, tmp_path: Path
) -> None:
    kept(register, tmp_path)
    withdraw(register.database, FIRST, who="karin", now=NOW - timedelta(minutes=5))
    tell(intake, told(register))
    assert in_force(intake) == set()
    restore(register.database, FIRST, who="karin", now=NOW - timedelta(minutes=4))
    tell(intake, told(register))
    assert in_force(intake) == {(KOMPETENS, 1)}


def test_a_blank_learned_anew_is_in_force_and_its_withdrawal_brings_no_older_one_back(
    register: Register, intake: Intake, tmp_path: Path
) -> None:
    kept(register, tmp_path)
    withdraw(register.database, FIRST, who="karin", now=LATER)
    kept(register, tmp_path, version=2)
    tell(intake, told(register))
    assert in_force(intake) == {(KOMPETENS, 2)}
    assert [one.template.version for one in told_in_force(register.database)] == [2]
    with pytest.raises(WrongForm, match=f"learned anew as {KOMPETENS}:2"):
        restore(register.database, FIRST, who="karin", now=LATER)
    withdraw(register.database, f"{KOMPETENS}:2", who="karin", now=LATER)
    tell(intake, told(register))
    assert in_force(intake) == set()
    assert told_in_force(register.database) == []


def test_what_cannot_be_withdrawn_or_taken_back_is_said(register: Register, tmp_path: Path) -> None:
    kept(register, tmp_path)
    with pytest.raises(WrongForm, match="No learned form is called moln-2024:1"):
        withdraw(register.database, "moln-2024:1", who="karin", now=LATER)
    with pytest.raises(WrongForm, match="is not withdrawn"):
        restore(register.database, FIRST, who="karin", now=LATER)
    withdraw(register.database, FIRST, who="karin", now=LATER)
    with pytest.raises(WrongForm, match="withdrawn already"):
        withdraw(register.database, FIRST, who="karin", now=LATER)


def test_a_withdrawn_blank_may_be_learned_for_another_initiative_but_not_both(
    register: Register, tmp_path: Path
) -> None:
    picture = kept(register, tmp_path).template.print
    assert picture is not None
    with pytest.raises(WrongForm, match=f"learned for {KOMPETENS}"):
        refuse_one_blank_for_two(kept_forms(register.database), picture.picture, MOLN)
    withdraw(register.database, FIRST, who="karin", now=LATER)
    refuse_one_blank_for_two(kept_forms(register.database), picture.picture, MOLN)
    kept(register, tmp_path, initiative=MOLN)
    with pytest.raises(WrongForm, match=f"learned for {MOLN}"):
        restore(register.database, FIRST, who="karin", now=LATER)


def test_a_scan_read_before_intake_heard_of_the_withdrawal_waits_for_a_person(
    register: Register, tmp_path: Path
) -> None:
    import_csv(register.database, DOMAINS, who="test", now=NOW)
    kept(register, tmp_path)
    reading = form(
        municipality=None,
        outcome=Outcome.REVIEW,
        reasons=(Reason.MUNICIPALITY_UNPROVEN,),
        form_version=1,
        once_proven=Outcome.AUTO,
        witnesses=(Witness(kind=WitnessKind.NAME, text="Umeå kommun"),),
    ).model_copy(update={"initiative": value(KOMPETENS, Source.PRINT)})
    authentic = {"sender_authentic": True}
    before = mail(reading, name="before", sender="registrator@umea.se")
    register.record(before.model_copy(update=authentic))
    assert [one.municipality for one in register.all(Answer)] == [UMEA]
    withdraw(register.database, FIRST, who="karin", now=LATER)
    after = mail(reading, name="after", sender="registrator@umea.se")
    register.record(after.model_copy(update=authentic))
    [waiting] = register.all(ReviewItem)
    assert Reason.MUNICIPALITY_UNPROVEN in waiting.reasons


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The command line's settings: an empty data folder."""
    for name in [name for name in os.environ if "HANDSLAG" in name]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HANDSLAG_HOME", str(tmp_path))
    stores.registry_settings.cache_clear()
    stores.intake_settings.cache_clear()
    yield
    stores.registry_settings.cache_clear()
    stores.intake_settings.cache_clear()


def handslag(*arguments: str, code: int = 0) -> str:
    """What a command says, or the error that `main` would show."""
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == code, done.output
    return str(done.exception) if code else done.stdout


def listed(*arguments: str) -> list[dict[str, Any]]:
    return [
        json.loads(line) for line in handslag("form", "list", "--json", *arguments).splitlines()
    ]


@pytest.mark.usefixtures("at_home")
def test_forms_are_listed_withdrawn_and_taken_back_from_the_command_line(tmp_path: Path) -> None:
    with stores.open_store("registry") as database:
        learned_form = kept(open_register(database), tmp_path, archive="archive")
    own = {"form": "own", "state": "in force", "id": None}
    assert [(each["id"], each["form"], each["version"]) for each in listed()] == [
        (None, "own", 1), (None, "own", 2), (FIRST, "learned", 1),
        (None, "own", 1), (None, "own", 2),
    ]  # fmt: skip
    assert [each for each in listed("--initiative", MOLN) if own.items() <= each.items()]
    line = f"{FIRST}\tversion 1\tlearned\t2024-09-12 11:00 by karin\tsvarsblankett.pdf"
    assert line in handslag("form", "list").splitlines()

    assert handslag("form", "withdraw", FIRST) == f"{FIRST} (svarsblankett.pdf): withdrawn.\n"
    assert [each["form"] for each in listed("--initiative", KOMPETENS)] == ["own", "own"]
    [withdrawn] = [each for each in listed("--all") if each["id"] == FIRST]
    assert withdrawn["state"] == "withdrawn"
    assert "\twithdrawn 20" in handslag("form", "list", "--all")
    assert "withdrawn already" in handslag("form", "withdraw", FIRST, code=1)
    assert "nothing:1" in handslag("form", "withdraw", "nothing:1", code=1)
    assert "No initiative" in handslag("form", "list", "--initiative", "nothing", code=1)
    filling = Filling(marks={"nej": Stroke.TICK})
    page = fill(learned_form.paper, learned_form.template, filling, seed=3)
    scanned = tmp_path / "svar.pdf"
    scanned.write_bytes(as_pdf([scan(page, Channel.SCANNER, seed=3)]))
    assert json.loads(handslag("read", str(scanned), "--json"))["reasons"] == ["no_code"]

    assert "in use again" in handslag("form", "withdraw", FIRST, "--undo")
    [again] = [each for each in listed() if each["id"] == FIRST]
    assert (again["state"], again["by"]) == ("in force", "command")
    assert "by the command line" in handslag("form", "list")
    assert json.loads(handslag("read", str(scanned), "--json"))["answer"] == "nej"
