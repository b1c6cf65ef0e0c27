"""The form as an office of another name prints it."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from typer.testing import CliRunner

from services.console import stores
from services.console.cli import app
from tests.unit.registry.builders import KOMPETENS, open_register

MAILBOXES = [
    {"address": "behov@forbundet.example", "role": "needs"},
    {"address": "svar@forbundet.example", "role": "answers"},
]


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """An empty data folder with a round; what is set is set for the commands."""
    for name in [name for name in os.environ if "HANDSLAG" in name]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HANDSLAG_HOME", str(tmp_path))
    forget_settings()
    with stores.open_store("registry") as database:
        open_register(database)
    forget_settings()
    yield monkeypatch
    forget_settings()


def forget_settings() -> None:
    for settings in (stores.intake_settings, stores.registry_settings, stores.notifier_settings):
        settings.cache_clear()


def printed(folder: Path) -> str:
    """All words of the form that the command writes."""
    path = folder / "svar.pdf"
    words = ["--initiative", KOMPETENS, "--municipality", "0180", "-o", str(path)]
    done = CliRunner().invoke(app, ["form", "print", *words])
    assert done.exit_code == 0, done.output
    with pdfium.PdfDocument(path) as document:
        text: str = document[0].get_textpage().get_text_range()
    return text


def test_a_form_names_the_office_and_its_mailbox_for_answers(
    office: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    office.setenv("HANDSLAG_ORGANISATION", "Kommunalförbundet Exempel")
    office.setenv("HANDSLAG_INTAKE__MAILBOXES", json.dumps(MAILBOXES))
    text = printed(tmp_path)
    assert "Kommunalförbundet Exempel · Handslag för digitalisering" in text
    assert "svar@forbundet.example" in text
    assert "skr.se" not in text


def test_without_mailboxes_answers_go_to_the_address_that_receipts_come_from(
    office: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    office.setenv("HANDSLAG_NOTIFIER__SENDER_ADDRESS", "registratur@forbundet.example")
    assert "registratur@forbundet.example" in printed(tmp_path)
