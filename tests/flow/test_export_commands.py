"""`handslag token` and `handslag export`, as somebody types them, on a register with one answer."""

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pytest
from click.testing import Result
from typer.testing import CliRunner

from services.console.cli import app
from services.console.stores import registry_settings
from services.registry.admin.tokens import WrongToken
from services.registry.record import Recorder
from services.registry.settings import RegistrySection
from shared.archive import Area, FolderArchive
from shared.database import Database
from shared.errors import UsageError
from shared.events import Contact, PartFate, PartSummary
from tests.unit.registry.builders import NOW, form, mail, open_register, text_part, value

FORMULA = '=HYPERLINK("http://ond.example";"Åsa")'
Run = Callable[..., Result]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose register holds one answer, with its mail and file in the archive."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "db").mkdir()
    database = Database(f"sqlite:///{folder / 'db' / 'registry.sqlite3'}")
    open_register(database)
    archive = FolderArchive(folder / "archive")
    original = archive.put("Subject: Vårt svar\r\n\r\nHej".encode())
    scan = archive.put(b"%PDF-1.7 svar", Area.DERIVED)
    part = PartSummary(
        index=1,
        filename="svar från Umeå.pdf",
        content_type="application/pdf",
        size_bytes=13,
        digest=scan,
        fate=PartFate.DOCUMENT,
    )
    reading = form(contact=Contact(name=value(FORMULA), email=value("asa@umea.se")))
    reading = reading.model_copy(update={"pages": ()})
    read = mail(reading, name="svar", parts=(text_part(0), part))
    read = read.model_copy(update={"digest": original})
    Recorder(database, RegistrySection(), lambda: NOW, lambda: None).record(read)
    database.close()
    return folder


@pytest.fixture
def run(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Runs a command on that data folder, in this process: each of its own costs a second."""
    monkeypatch.setenv("HANDSLAG_HOME", str(home))
    monkeypatch.chdir(tmp_path)
    registry_settings.cache_clear()
    yield lambda *arguments: CliRunner().invoke(app, arguments)
    registry_settings.cache_clear()


def test_a_key_is_made_listed_and_withdrawn(run: Run) -> None:
    made = run("token", "add", "arkivet", "--role", "läsare", "--days", "30")
    assert made.exit_code == 0, made.stderr
    assert made.stdout.startswith("handslag_")
    assert run("token", "withdraw", "arkivet").stdout == "arkivet is withdrawn.\n"
    listed = run("token", "list").stdout
    name, role, state, _until, used, by = listed.strip().split("\t")
    assert (name, role, state, used, by) == ("arkivet", "läsare", "withdrawn", "never", "command")
    again = run("token", "add", "arkivet", "--role", "läsare")
    assert isinstance(again.exception, WrongToken)


def test_a_package_is_written_whole_or_not_at_all(run: Run, tmp_path: Path) -> None:
    done = run("export", "package", "--initiative", "kompetens-2024", "-o", "ut/alla.zip")
    assert (done.exit_code, done.stderr) == (0, "")
    with ZipFile(tmp_path / "ut" / "alla.zip") as file:
        names = file.namelist()
        (eml,) = (name for name in names if name.endswith(".eml"))
        assert file.read(eml).startswith(b"Subject:")
        (told,) = (json.loads(file.read(name)) for name in names if "metadata" in name)
    assert any(name.endswith("mejl/01 svar från Umeå.pdf") for name in names)
    number = told["document"]["dnr"]
    one = run("export", "package", "--answer", number, "-o", "ett.zip")
    assert one.exit_code == 0, one.stderr
    with ZipFile(tmp_path / "ett.zip") as file:
        assert file.namelist() == names
    for wrong in (("--answer", "2024/9"), ("--initiative", "nej")):
        failed = run("export", "package", *wrong, "-o", "fel.zip")
        assert isinstance(failed.exception, UsageError)
    assert not list(tmp_path.glob("fel*"))
    assert run("export", "package", "-o", "x.zip").exit_code == 2


def test_contacts_are_a_table_in_which_nothing_is_a_formula(run: Run) -> None:
    table = run("export", "contacts").stdout_bytes.decode("utf-8-sig")
    assert f"'{FORMULA}".replace('"', '""') in table
    sheet = openpyxl.load_workbook(
        io.BytesIO(run("export", "contacts", "--format", "xlsx").stdout_bytes)
    ).active
    assert sheet is not None
    assert sheet["D2"].value == FORMULA
    assert sheet["D2"].data_type == "s"
    wrong = run("export", "contacts", "--initiative", "nej")
    assert isinstance(wrong.exception, UsageError)
