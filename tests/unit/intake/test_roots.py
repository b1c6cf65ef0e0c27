"""Whose electronic signatures count: the setting, and what is said when it is wrong."""

from collections.abc import Callable
from pathlib import Path

import pytest

from services.intake.roots import trusted_roots
from shared.errors import WrongSetting
from tests.unit.reading.signing import intermediate, root

SETTING = "HANDSLAG_INTAKE__ESIGN_ROOTS"


def test_unset_nobody_is_trusted() -> None:
    assert trusted_roots(None) == ()


def test_one_file_may_hold_several_and_each_counts_once(tmp_path: Path) -> None:
    file = tmp_path / "betrodda.pem"
    file.write_text("Rot för tester\n" + root().pem + intermediate().pem + root().pem, "utf-8")
    assert trusted_roots(file) == (root().pem, intermediate().pem)


def test_a_folder_is_read_file_by_file(tmp_path: Path) -> None:
    (tmp_path / "b.pem").write_text(intermediate().pem)
    (tmp_path / "a.CRT").write_text(root().pem)
    (tmp_path / "README.txt").write_text("inget certifikat")
    assert trusted_roots(tmp_path) == (root().pem, intermediate().pem)


def _missing(folder: Path) -> Path:
    return folder / "borta.pem"


def _empty_folder(folder: Path) -> Path:
    return folder


def _empty_file(folder: Path) -> Path:
    file = folder / "tom.pem"
    file.touch()
    return file


def _something_else(folder: Path) -> Path:
    file = folder / "brev.pem"
    file.write_text("-----BEGIN CERTIFICATE-----\nhej\n-----END CERTIFICATE-----\n")
    return file


def _one_bad_among_good(folder: Path) -> Path:
    (folder / "a.pem").write_text(root().pem)
    (folder / "b.pem").write_bytes(b"\x30\x82\x01")
    return folder


@pytest.mark.parametrize(
    "place", [_missing, _empty_folder, _empty_file, _something_else, _one_bad_among_good]
)
def test_what_cannot_be_used_is_named_with_its_remedy(
    tmp_path: Path, place: Callable[[Path], Path]
) -> None:
    with pytest.raises(WrongSetting, match=SETTING) as wrong:
        trusted_roots(place(tmp_path))
    assert str(tmp_path) in str(wrong.value)
    assert "PEM" in wrong.value.remedy
