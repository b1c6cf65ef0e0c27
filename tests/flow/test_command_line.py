"""`handslag` as somebody types it."""

import csv
import io
import json
import os
import subprocess
from collections.abc import Callable
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path

import openpyxl
import pytest
from pydantic import BaseModel

from services.console.demo.mails import letters
from services.console.demo.offer import municipality_file, round_file
from services.intake.settings import IntakeSettings
from services.notifier.settings import NotifierSettings
from services.registry.settings import RegistrySettings
from shared.database import Database
from shared.outbox import now
from shared.settings import CommonSettings
from tests import forked

ROOT = Path(__file__).parents[2]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a command on an empty data folder."""

    def handslag(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        clean = {name: value for name, value in os.environ.items() if "HANDSLAG" not in name}
        return forked.run(
            *arguments,
            env={
                **clean,
                "HANDSLAG_HOME": str(tmp_path / "home"),
                "HANDSLAG_FORM_KEY": "a key for tests, not a secret",
                **environment,
            },
            cwd=tmp_path,
        )

    return handslag


@pytest.fixture
def offered(run: Run, tmp_path: Path) -> Run:
    """The same, with a round and the municipalities' domains."""
    (tmp_path / "round.yaml").write_text(round_file(now().date()))
    (tmp_path / "municipalities.csv").write_text(municipality_file())
    assert run("initiative", "load", "round.yaml").returncode == 0
    assert run("municipality", "import", "municipalities.csv").returncode == 0
    return run


def fails(done: subprocess.CompletedProcess[str], *said: str, code: int = 1) -> None:
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    for words in said:
        assert words in done.stderr
    if code == 1:
        assert len(done.stderr.strip().splitlines()) == 1


def test_help_needs_no_data_folder(run: Run, tmp_path: Path) -> None:
    done = run("form", "learn", "--help")
    assert done.returncode == 0
    assert "Usage: handslag form learn" in done.stdout
    assert not (tmp_path / "home").exists()


def test_wrong_usage_is_exit_code_2(run: Run) -> None:
    fails(run("form", "print"), code=2)
    fails(run("export", "answers", "--format", "docx"), "docx", code=2)
    fails(run("frobnicate"), code=2)


def test_wrong_input_is_exit_code_1_and_one_line(offered: Run, tmp_path: Path) -> None:
    fails(offered("initiative", "load", "absent.yaml"), "absent.yaml")
    (tmp_path / "bad.yaml").write_text("round: [")
    fails(offered("initiative", "load", "bad.yaml"))
    (tmp_path / "bad.csv").write_text(
        "municipality;registrar_address;domains\n0180;a@stockholm.se;stockholm.se\n9999;x@y.se;y.se\n"
    )
    fails(offered("municipality", "import", "bad.csv"), "3", "9999")
    nowhere = ("--municipality", "0180", "-o", "x.pdf")
    fails(offered("form", "print", "--initiative", "nothing", *nowhere), "nothing")
    year = now().year
    wrong = ("--initiative", f"kompetens-{year}", "--municipality", "0001", "-o", "x.pdf")
    fails(offered("form", "print", *wrong), "0001")
    fails(offered("user", "add", "anna", "--role", "kung"), "kung")
    fails(offered("export", "answers", "--initiative", "nothing"), "nothing")
    fails(offered("read", "absent.pdf"), "absent.pdf")
    fails(offered("dead-letters", "retry", "intake-7"), "intake-7")
    fails(offered("up", "--services", "intake,kitchen"), "kitchen")


def test_a_wrong_setting_is_named(run: Run) -> None:
    fails(run("initiative", "list", HANDSLAG_LOG_LEVEL="LOUD"), "HANDSLAG_LOG_LEVEL")
    fails(run("verify", HANDSLAG_INTAKE__MAILBOXES="nonsense"), "HANDSLAG_INTAKE")
    fails(run("export", "answers", HANDSLAG_REGISTRY__TIMEZONE="Europe/Atlantis"), "TIMEZONE")
    fails(run("initiative", "list", HANDSLAG_DATABASE_URL="mysql://x/y"), "HANDSLAG_DATABASE_URL")
    fails(run("initiative", "list", HANDSLAG_ORGANISATION="a\nb"), "HANDSLAG_ORGANISATION")


def test_a_database_of_a_newer_version_is_refused_and_left_alone(
    run: Run, tmp_path: Path, database_settings: dict[str, str]
) -> None:
    assert run("initiative", "list", **database_settings).returncode == 0
    url = database_settings.get("HANDSLAG_DATABASE_URL")
    database = Database(
        url or f"sqlite:///{tmp_path / 'home' / 'db' / 'registry.sqlite3'}", schema="registry"
    )
    with database.write() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    fails(run("initiative", "list", **database_settings), "registry", "9999", "newer version")
    database.close()


def test_the_answers_export_lists_those_missing_in_all_three_formats(
    offered: Run, tmp_path: Path
) -> None:
    header = (
        "initiative;municipality;municipality_name;answer;status;received_at;registered_at;dnr;"
        "handling;signature;contact_name;contact_email;contact_phone;late"
    )
    assert offered("export", "answers", "-o", "all.csv").returncode == 0
    data = (tmp_path / "all.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf" + header.encode())
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig")), delimiter=";"))
    assert len(rows) == 4 * 290
    assert {row["status"] for row in rows} == {"missing"}
    assert "Upplands Väsby kommun" in {row["municipality_name"] for row in rows}

    one = ("--initiative", f"kompetens-{now().year}")
    listed = json.loads(offered("export", "answers", "--format", "json", *one).stdout)
    assert len(listed) == 290
    assert list(listed[0]) == header.split(";")

    assert offered("export", "answers", "--format", "xlsx", "-o", "all.xlsx").returncode == 0
    sheet = openpyxl.load_workbook(tmp_path / "all.xlsx").active
    assert sheet is not None
    assert sheet.max_row == 4 * 290 + 1


def test_a_printed_form_that_nobody_filled_in_is_read_as_such(offered: Run) -> None:
    code = f"kompetens-{now().year}"
    printed = ("--initiative", code, "--municipality", "2480", "-o", "form.pdf")
    assert offered("form", "print", *printed).returncode == 0
    line = json.loads(offered("read", "form.pdf", "--json").stdout)
    assert (line["file"], line["document"], line["pages"]) == ("form.pdf", 1, [1])
    assert (line["initiative"], line["municipality"]) == (code, "2480")
    assert (line["answer"], line["signature"]) == (None, "missing")
    assert (line["kind"], line["outcome"]) == ("answer", "return")
    assert set(line["reasons"]) == {"none_marked", "signature_missing"}


def test_read_takes_mails_too_and_draws_what_it_found(offered: Run, tmp_path: Path) -> None:
    key = b"a key for tests, not a secret"
    first = next(letters(1, 3, key=key, today=now().date()))
    (tmp_path / "svar.eml").write_bytes(first.raw)
    done = offered("read", "svar.eml", "--json", "--debug", "drawn")
    line = json.loads(done.stdout)
    truth = first.truths[0]
    assert line["outcome"] == "auto"
    assert (line["initiative"], line["municipality"], line["answer"]) == (
        truth.initiative,
        truth.municipality,
        truth.answer,
    )
    [picture] = (tmp_path / "drawn").iterdir()
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_mail_is_read_with_what_its_sender_and_words_make_doubtful(
    offered: Run, tmp_path: Path
) -> None:
    first = next(letters(1, 3, key=b"a key for tests, not a secret", today=now().date()))
    sent = message_from_bytes(first.raw, policy=SMTP)
    words = sent.get_body(("plain",))
    assert words is not None
    words.set_content("Bortse från bifogat svar.")
    owner = "0305" if first.truths[0].municipality != "0305" else "2480"
    (tmp_path / "register.csv").write_text(
        f"municipality;registrar_address;domains\n{owner};a@annan.example;annan.example\n"
    )
    assert offered("municipality", "import", "register.csv").returncode == 0
    sent.replace_header("From", "Anna <anna@annan.example>")
    (tmp_path / "svar.eml").write_bytes(sent.as_bytes())
    line = json.loads(offered("read", "svar.eml", "--json").stdout)
    assert line["outcome"] == "review"
    assert line["reasons"] == ["mail_says_more", "sender_other_municipality"]


def test_the_needs_template_is_printed_and_read_as_a_need_that_says_nothing(
    offered: Run,
) -> None:
    for ending in ("docx", "pdf"):
        assert offered("form", "needs-template", "-o", f"behov.{ending}").returncode == 0
    line = json.loads(offered("read", "--json", "behov.docx").stdout)
    assert (line["kind"], line["outcome"], line["reasons"]) == (
        "need",
        "auto",
        ["need_incomplete"],
    )
    assert line["need"]["fields"] == {}
    assert "problem" in line["need"]["missing"]
    fails(offered("form", "needs-template", "-o", "behov.odt"), "behov.odt", ".docx or a .pdf")


def test_forms_for_all_are_290_files(offered: Run, tmp_path: Path) -> None:
    all_of_them = ("--initiative", f"kompetens-{now().year}", "--all", "-o", "forms")
    assert offered("form", "print", *all_of_them).returncode == 0
    assert len(list((tmp_path / "forms").glob("*.pdf"))) == 290


def test_the_description_of_events_names_every_event(run: Run) -> None:
    described = json.loads(run("asyncapi").stdout)
    assert described["asyncapi"].startswith("3.")
    channels = json.dumps(described["channels"])
    for subject in ("intake.mail_read", "registry.mail_registered", "notifier.message_settled"):
        assert f"handslag.{subject}" in channels


def test_an_initiative_can_be_added_by_hand(run: Run) -> None:
    added = (
        "initiative", "add", "--id", "e-arkiv-2026", "--name", "E-arkiv", "--round", "2026",
        "--last-answer-day", "2026-09-30", "--option", "ja=Ja tack", "--option", "nej=Nej tack",
    )  # fmt: skip
    assert run(*added).returncode == 0
    assert run("initiative", "list").stdout == "e-arkiv-2026\t2026-09-30\tja/nej\tE-arkiv\n"


def test_the_list_of_settings_is_whole() -> None:
    listed = {
        line.lstrip("#").partition("=")[0]
        for line in (ROOT / "deploy" / "env.example").read_text().splitlines()
        if line.startswith("#HANDSLAG_")
    }
    known = set(_names(CommonSettings, "HANDSLAG_"))
    for settings in (IntakeSettings, RegistrySettings, NotifierSettings):
        known |= set(_names(settings, "HANDSLAG_"))
    assert listed == known


def _names(model: type[BaseModel], prefix: str) -> list[str]:
    names: list[str] = []
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            names += _names(kind, f"{prefix}{name.upper()}__")
        else:
            names.append(prefix + name.upper())
    return names
