"""The reader as intake has it, for commands that read without running the services."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from services.intake.read import Reader, ReaderSettings
from services.intake.roots import trusted_roots
from services.intake.sandbox.client import Sandbox
from services.intake.sandbox.containment import Bounds
from services.intake.settings import MIB, IntakeSettings
from shared.archive import Archive
from shared.database import Database
from shared.form_key import form_key


@contextmanager
def reader_on(
    archive: Archive,
    ledger: Database,
    settings: IntakeSettings,
    *,
    own_addresses: frozenset[str],
    at_once: int,
) -> Iterator[Reader]:
    """A reader with contained children of its own, so many at work side by side."""
    section = settings.intake
    limits = section.reader
    bounds = Bounds(
        memory_mib=limits.memory_mib,
        cpu_s=limits.cpu_s,
        wall_s=limits.wall_s,
        scratch_mib=limits.scratch_mib,
    )
    with closing(Sandbox(bounds, at_once=at_once, result_bytes=limits.result_mib * MIB)) as sandbox:
        yield Reader(
            archive,
            ledger,
            sandbox,
            ReaderSettings(
                key=form_key(settings),
                limits=limits,
                own_addresses=own_addresses,
                authserv_id=section.authserv_id,
                trusted_roots=trusted_roots(section.esign_roots),
            ),
        )
