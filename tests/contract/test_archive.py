"""What every archive promises, in a folder and in a real S3-compatible server."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from shared.archive import (
    Archive,
    ArchiveUnavailable,
    Area,
    DamagedInArchive,
    FolderArchive,
    NotInArchive,
    open_archive,
)
from shared.errors import WrongSetting
from shared.identifiers import digest_of
from shared.settings import CommonSettings


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["folder", "s3"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Archive:
    if request.param == "folder":
        return open_archive(CommonSettings(home=tmp_path))
    endpoint = request.getfixturevalue("s3_endpoint")
    bucket = f"handslag-{abs(hash(tmp_path))}"
    client: Any = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    )
    client.create_bucket(Bucket=bucket)
    return open_archive(
        CommonSettings.model_validate(
            {
                "archive_url": f"s3://{bucket}/handslag",
                "archive_s3_endpoint": endpoint,
                "archive_s3_access_key": "key",
                "archive_s3_secret_key": "secret",
            }
        )
    )


def test_what_is_put_comes_back_byte_for_byte(archive: Archive) -> None:
    data = bytes(range(256)) * 1000
    digest = archive.put(data)
    assert digest == digest_of(data)
    assert archive.get(digest) == data
    assert archive.has(digest)


def test_putting_the_same_bytes_again_changes_nothing(archive: Archive) -> None:
    assert archive.put(b"once") == archive.put(b"once")
    assert list(archive.digests()) == [digest_of(b"once")]


def test_originals_and_derived_bytes_are_kept_apart(archive: Archive) -> None:
    digest = archive.put(b"a picture", Area.DERIVED)
    assert not archive.has(digest, Area.ORIGINALS)
    assert list(archive.digests(Area.ORIGINALS)) == []
    assert archive.get(digest, Area.DERIVED) == b"a picture"


def test_asking_for_what_was_never_put_says_so(archive: Archive) -> None:
    absent = digest_of(b"absent")
    assert not archive.has(absent)
    with pytest.raises(NotInArchive):
        archive.get(absent)


def test_empty_bytes_can_be_kept(archive: Archive) -> None:
    assert archive.get(archive.put(b"")) == b""


def test_damage_is_noticed(tmp_path: Path) -> None:
    archive = FolderArchive(tmp_path)
    digest = archive.put(b"the original")
    path = next(tmp_path.glob("originals/*/*/*"))
    path.chmod(0o600)
    path.write_bytes(b"the forgery!")
    with pytest.raises(DamagedInArchive):
        archive.get(digest)


def test_an_original_cannot_be_overwritten_by_chance(tmp_path: Path) -> None:
    digest = FolderArchive(tmp_path).put(b"the original")
    path = tmp_path / "originals" / digest[:2] / digest[2:4] / digest
    assert path.stat().st_mode & 0o222 == 0


def test_a_server_that_is_away_is_a_transient_failure() -> None:
    archive = open_archive(
        CommonSettings.model_validate(
            {
                "archive_url": "s3://bucket",
                "archive_s3_endpoint": "http://127.0.0.1:9",
                "archive_s3_access_key": "key",
                "archive_s3_secret_key": "secret",
            }
        )
    )
    with pytest.raises(ArchiveUnavailable):
        archive.put(b"data")


def test_an_address_that_is_neither_folder_nor_s3_is_refused() -> None:
    with pytest.raises(WrongSetting, match="HANDSLAG_ARCHIVE_URL"):
        open_archive(CommonSettings(archive_url="ftp://example.org/x"))


def test_the_bytes_reach_the_disk_before_the_name_and_the_name_before_put_returns(
    tmp_path: Path,
) -> None:
    """The order of system calls, seen from outside by strace."""
    trace = tmp_path / "trace"
    program = (
        "import sys; from pathlib import Path; from shared.archive import FolderArchive; "
        f"FolderArchive(Path({str(tmp_path / 'archive')!r})).put(b'x' * 5000); "
        "sys.stdout.write('acknowledged'); sys.stdout.flush()"
    )
    subprocess.run(
        [
            "strace",
            "-f",
            "-y",
            "-o",
            trace,
            "-e",
            "trace=write,fsync,rename,renameat2",
            sys.executable,
            "-c",
            program,
        ],
        check=True,
        capture_output=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    calls = trace.read_text().splitlines()

    def first(*needles: str, after: int = -1) -> int:
        return next(
            number
            for number, call in enumerate(calls)
            if number > after and all(needle in call for needle in needles)
        )

    written = first("write(", ".part", '"xxx')
    synced = first("fsync(", ".part", after=written)
    renamed = first("rename", ".part", after=synced)
    folder_synced = first("fsync(", "originals/", after=renamed)
    acknowledged = first('"acknowledged"', after=folder_synced)
    assert written < synced < renamed < folder_synced < acknowledged


def test_a_full_disk_is_a_transient_failure_and_leaves_no_part_behind(tmp_path: Path) -> None:
    """Disk full, by a limit on file size that the kernel enforces on a process of its own."""
    program = (
        "import resource, signal; from pathlib import Path; "
        "from shared.archive import FolderArchive, ArchiveUnavailable; "
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        f"try: FolderArchive(Path({str(tmp_path / 'archive')!r})).put(b'x' * 10000)\n"
        "except ArchiveUnavailable: print('refused')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.stdout.strip() == "refused"
    assert [path for path in (tmp_path / "archive").rglob("*") if path.is_file()] == []
