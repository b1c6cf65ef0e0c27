"""Write-once storage of bytes by their SHA-256: originals, and what is derived from them.

The order in `FolderArchive.put` is what the promise "nothing is lost" stands on: when `put`
returns, the bytes and their name are on disk. Only then may a ledger row be written, and only
after that may a mailbox be touched or an SMTP client be told 250.
"""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError, PreconditionError
from obstore.store import S3Store

from shared.errors import Permanent, Transient, WrongSetting
from shared.identifiers import digest_of
from shared.settings import CommonSettings

if TYPE_CHECKING:
    from obstore.store import S3Config


class Area(StrEnum):
    """Originals are sacred; derived bytes can be made again from them."""

    ORIGINALS = "originals"
    DERIVED = "derived"


class ArchiveUnavailable(Transient):
    """The archive cannot be written or read now: disk full, server away."""

    code = "archive_unavailable"
    remedy = "Check disk space and the archive's server; the work is tried again by itself."


class NotInArchive(Permanent):
    """The archive has no bytes of that digest."""

    code = "not_in_archive"
    remedy = "Run `handslag verify` and restore the archive from its backup."


class DamagedInArchive(Permanent):
    """The stored bytes no longer have the digest that is their name."""

    code = "damaged_in_archive"
    remedy = "Run `handslag verify` and restore the archive from its backup."


class Archive(Protocol):
    """What both kinds of archive do. All methods block; call them in a thread."""

    def put(self, data: bytes, area: Area = Area.ORIGINALS) -> str:
        """Keep `data` durably and return its digest. Putting the same bytes again is harmless."""

    def get(self, digest: str, area: Area = Area.ORIGINALS) -> bytes:
        """Return the bytes, checked against the digest."""

    def has(self, digest: str, area: Area = Area.ORIGINALS) -> bool:
        """Tell whether bytes of that name are stored, without reading them."""

    def digests(self, area: Area = Area.ORIGINALS) -> Iterator[str]:
        """Yield the digest of everything stored, in no particular order."""


class FolderArchive:
    """An archive in a folder: `originals/ab/cd/abcd…`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._prepared: set[Path] = set()

    @property
    def root(self) -> Path:
        """The folder; it may not be there before something is put."""
        return self._root

    def put(self, data: bytes, area: Area = Area.ORIGINALS) -> str:
        digest = digest_of(data)
        path = self._path(digest, area)
        try:
            if path.exists():
                # Perhaps written by one who was killed before the folder reached the disk.
                _fsync_folder(path.parent)
                return digest
            self._prepare(path.parent)
            self._write(path, data)
        except OSError as error:
            raise ArchiveUnavailable(f"{path.parent}: {error.strerror or error}") from error
        return digest

    def get(self, digest: str, area: Area = Area.ORIGINALS) -> bytes:
        try:
            data = self._path(digest, area).read_bytes()
        except FileNotFoundError as error:
            raise NotInArchive(f"{area}/{digest}") from error
        except OSError as error:
            raise ArchiveUnavailable(str(error)) from error
        return _checked(data, digest, area)

    def has(self, digest: str, area: Area = Area.ORIGINALS) -> bool:
        return self._path(digest, area).exists()

    def digests(self, area: Area = Area.ORIGINALS) -> Iterator[str]:
        for path in (self._root / area).glob("??/??/*"):
            if not path.name.endswith(".part"):
                yield path.name

    def _path(self, digest: str, area: Area) -> Path:
        return self._root / area / digest[:2] / digest[2:4] / digest

    def _prepare(self, folder: Path) -> None:
        """Create the folder, each new level made durable in its parent."""
        if folder in self._prepared:
            return
        missing = []
        level = folder
        while not level.exists():
            missing.append(level)
            level = level.parent
        for level in reversed(missing):
            level.mkdir(exist_ok=True)
            _fsync_folder(level.parent)
        self._prepared.add(folder)

    def _write(self, path: Path, data: bytes) -> None:
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fchmod(file.fileno(), 0o440)
                os.fsync(file.fileno())
            os.rename(name, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise
        _fsync_folder(path.parent)


class ObjectArchive:
    """An archive in an S3-compatible object store, one object a digest."""

    def __init__(self, store: S3Store) -> None:
        self._store = store

    def put(self, data: bytes, area: Area = Area.ORIGINALS) -> str:
        digest = digest_of(data)
        if self.has(digest, area):
            return digest
        try:
            obstore.put(self._store, self._key(digest, area), data, mode="create")
        except (AlreadyExistsError, PreconditionError):
            return digest
        except (BaseError, OSError) as error:
            raise ArchiveUnavailable(_first_line(error)) from error
        return digest

    def get(self, digest: str, area: Area = Area.ORIGINALS) -> bytes:
        try:
            data = bytes(obstore.get(self._store, self._key(digest, area)).bytes())
        except (NotFoundError, FileNotFoundError) as error:
            raise NotInArchive(f"{area}/{digest}") from error
        except (BaseError, OSError) as error:
            raise ArchiveUnavailable(_first_line(error)) from error
        return _checked(data, digest, area)

    def has(self, digest: str, area: Area = Area.ORIGINALS) -> bool:
        try:
            obstore.head(self._store, self._key(digest, area))
        except (NotFoundError, FileNotFoundError):
            return False
        except (BaseError, OSError) as error:
            raise ArchiveUnavailable(_first_line(error)) from error
        return True

    def digests(self, area: Area = Area.ORIGINALS) -> Iterator[str]:
        try:
            for batch in obstore.list(self._store, prefix=f"{area}/"):
                for entry in batch:
                    yield entry["path"].rpartition("/")[2]
        except (BaseError, OSError) as error:
            raise ArchiveUnavailable(_first_line(error)) from error

    def _key(self, digest: str, area: Area) -> str:
        return f"{area}/{digest[:2]}/{digest[2:4]}/{digest}"


def open_archive(settings: CommonSettings) -> Archive:
    """Return the archive that the settings name; nothing is connected to yet."""
    url = settings.archive_url
    if url is None:
        return FolderArchive(settings.home / "archive")
    if not url.startswith("s3://"):
        if "://" in url:
            raise WrongSetting(f"HANDSLAG_ARCHIVE_URL: neither a folder nor s3://…: {url}")
        return FolderArchive(Path(url))
    place = urlsplit(url)
    options: S3Config = {"region": settings.archive_s3_region}
    if settings.archive_s3_endpoint:
        options["endpoint"] = settings.archive_s3_endpoint
    if settings.archive_s3_access_key:
        options["access_key_id"] = settings.archive_s3_access_key
    if settings.archive_s3_secret_key:
        options["secret_access_key"] = settings.archive_s3_secret_key.get_secret_value()
    return ObjectArchive(
        S3Store(
            place.netloc,
            prefix=place.path.strip("/") or None,
            client_options={"allow_http": True, "timeout": "60s"},
            retry_config={"max_retries": 3},
            config=options,
        )
    )


def _checked(data: bytes, digest: str, area: Area) -> bytes:
    if hashlib.sha256(data).hexdigest() != digest:
        raise DamagedInArchive(f"{area}/{digest}")
    return data


def _fsync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
