"""A wrong setting is named before anything starts."""

from pathlib import Path

import pytest

from services.registry.domain.diary import check_format, write_dnr
from services.registry.settings import RegistrySettings
from shared.errors import WrongSetting


def test_the_defaults_are_usable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDSLAG_HOME", str(tmp_path))
    settings = RegistrySettings.load()
    assert settings.registry.unknown_sender == "auto"
    assert write_dnr(settings.registry.dnr_format, 2024, 7) == "SKR 2024/00007"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HANDSLAG_REGISTRY__DNR_FORMAT", "SKR {number}"),
        ("HANDSLAG_REGISTRY__DNR_FORMAT", "SKR {year}"),
        ("HANDSLAG_REGISTRY__DNR_FORMAT", "SKR {year}/{nummer}"),
        ("HANDSLAG_REGISTRY__DNR_FORMAT", "SKR {year}/{number:05x!}"),
        ("HANDSLAG_REGISTRY__TIMEZONE", "Europe/Lund"),
        ("HANDSLAG_REGISTRY__TIMEZONE", "../etc/passwd"),
        ("HANDSLAG_REGISTRY__UNKNOWN_SENDER", "perhaps"),
        ("HANDSLAG_REGISTRY__WORKERS", "0"),
    ],
)
def test_a_wrong_setting_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv("HANDSLAG_HOME", str(tmp_path))
    monkeypatch.setenv(name, value)
    with pytest.raises(WrongSetting, match=name):
        RegistrySettings.load()


@pytest.mark.parametrize(
    "format", ["{year}/{number}", "{number:04d}-{year}", "S{year}{number:06d}"]
)
def test_many_ways_to_write_a_dnr_are_right(format: str) -> None:
    check_format(format)
