"""The notifier's settings, and how a wrong one is named."""

from pathlib import Path

import pytest

from services.notifier.settings import NotifierSettings
from shared.errors import WrongSetting


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HANDSLAG_HOME", str(tmp_path))


def load(monkeypatch: pytest.MonkeyPatch, **variables: str) -> NotifierSettings:
    for name, value in variables.items():
        monkeypatch.setenv(f"HANDSLAG_NOTIFIER__{name}", value)
    return NotifierSettings.load()


def test_nothing_needs_to_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    section = load(monkeypatch).notifier
    assert (section.sender_name, section.sender_address) == (
        "SKR registratur",
        "registratur@skr.se",
    )
    assert section.relay_settings().port == 25


@pytest.mark.parametrize(
    ("relay", "host", "port", "encryption", "user"),
    [
        ("smtp://mail.example", "mail.example", 25, "none", None),
        ("smtp://[::1]:2525", "::1", 2525, "none", None),
        ("smtp+starttls://anna%40example.se@mail.example", "mail.example", 587, "starttls",
         "anna@example.se"),
        ("smtps://anna@mail.example:4465", "mail.example", 4465, "tls", "anna"),
    ],
)  # fmt: skip
def test_a_relays_address_is_understood(
    monkeypatch: pytest.MonkeyPatch,
    relay: str,
    host: str,
    port: int,
    encryption: str,
    user: str | None,
) -> None:
    found = load(monkeypatch, RELAY=relay, RELAY_PASSWORD="hemligt").notifier.relay_settings()
    assert (found.host, found.port, found.encryption, found.user) == (host, port, encryption, user)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"RELAY": "mail.example:25"}, "not an address such as smtp://host:25"),
        ({"RELAY": "http://mail.example"}, "not an address such as"),
        ({"RELAY": "smtp://mail.example:tjugofem"}, "HANDSLAG_NOTIFIER"),
        ({"RELAY": "smtps://anna@mail.example"}, "relay_password: missing"),
        ({"RELAY": "smtps://anna:hemligt@mail.example"}, "not in the address"),
        ({"RELAY": "smtp://anna@mail.example", "RELAY_PASSWORD": "hemligt"}, "unencrypted"),
        ({"RELAYS": "smtp://mail.example"}, "HANDSLAG_NOTIFIER__RELAYS"),
        ({"SENDER_ADDRESS": "registratur"}, "HANDSLAG_NOTIFIER__SENDER_ADDRESS"),
        ({"CAP_PER_ADDRESS": "0"}, "HANDSLAG_NOTIFIER__CAP_PER_ADDRESS"),
        ({"BOUNCE_ADDRESS": "studs@skr.se"}, "HANDSLAG_NOTIFIER__BOUNCE_ADDRESS"),
    ],
)
def test_a_wrong_setting_is_named_and_no_secret_is_told(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], said: str
) -> None:
    with pytest.raises(WrongSetting) as failure:
        load(monkeypatch, **variables)
    assert said in str(failure.value)
    assert "hemligt" not in str(failure.value)
