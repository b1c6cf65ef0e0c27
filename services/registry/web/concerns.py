"""What a person should see to, though the service works: dead letters, a disk that fills up."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.registry.store.operations import dead_letter_count
from shared.archive import Archive, FolderArchive
from shared.database import Database, DatabaseUnavailable
from shared.telemetry import HealthCheck

BYTES_IN_GB: Final = 1_000_000_000


@dataclass(frozen=True)
class Disk:
    """The disk that the archive's folder is on; sizes in bytes."""

    folder: str
    total: int
    free: int


def disk_of(archive: Archive) -> Disk | None:
    """Return the archive's disk; None if the archive is no folder, or its folder is not there."""
    if not isinstance(archive, FolderArchive):
        return None
    try:
        usage = shutil.disk_usage(archive.root)
    except OSError:
        return None
    return Disk(str(archive.root), usage.total, usage.free)


def concerns(
    database: Database, archive: Archive, disk_warn_gb: float
) -> Mapping[str, HealthCheck]:
    """Return the checks, by name."""

    def dead_letters() -> str | None:
        try:
            with database.read() as session:
                count = dead_letter_count(session)
        except DatabaseUnavailable:
            # The database's own check tells of it.
            return None
        return f"{count} dead letters" if count else None

    def disk() -> str | None:
        found = disk_of(archive)
        if found is None or found.free >= disk_warn_gb * BYTES_IN_GB:
            return None
        return f"{found.free / BYTES_IN_GB:.1f} GB free at {found.folder}"

    return {"dead_letters": dead_letters, "disk": disk}
