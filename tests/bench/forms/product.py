"""The product under measure: the reader as the service runs it, contained child and all.

Only the mail around a file is left out. Time, CPU and memory are what one file cost, Tesseract's
processes included.
"""

import asyncio
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Self

from prometheus_client import Counter, Gauge

from services.console.overlay import draw
from services.console.stores import INTAKE_MIGRATIONS
from services.intake import forms
from services.intake.read import Reader, ReaderSettings
from services.intake.sandbox import client
from services.intake.sandbox.containment import Bounds
from services.intake.settings import ReaderLimits
from shared.archive import FolderArchive
from shared.database import Database
from shared.events import DocumentReading, InitiativeDefined
from shared.identifiers import digest_of, mail_id_of
from shared.migrate import upgrade
from shared.outbox import now
from tests.bench.forms.other_form import OtherForm, teach

_JOB = "measure_file"


@dataclass(frozen=True)
class Read:
    """What came of one file, and what it cost."""

    documents: tuple[DocumentReading, ...]
    wall_s: float
    cpu_s: float
    memory_mib: float


class Product:
    """A reader of its own, with a throw-away ledger and archive."""

    def __init__(
        self,
        initiative: str,
        options: Mapping[str, str],
        key: bytes,
        *,
        others: Sequence[OtherForm] = (),
        trusted_roots: Sequence[str] = (),
    ) -> None:
        """`others` are learned forms; `trusted_roots` certificates as PEM, of whom e-signs."""
        limits = ReaderLimits()
        self._stack = ExitStack()
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        ledger = Database(f"sqlite:///{folder}/ledger.sqlite3")
        self._stack.enter_context(closing(ledger))
        upgrade(ledger, INTAKE_MIGRATIONS)
        with ledger.write() as session:
            forms.define(
                session,
                InitiativeDefined(
                    occurred_at=now(),
                    initiative=initiative,
                    name=initiative,
                    round="2024",
                    options=dict(options),
                    last_answer_day=date(2024, 9, 30),
                ),
            )
        bounds = Bounds(limits.memory_mib, limits.cpu_s, limits.wall_s, limits.scratch_mib)
        sandbox = client.Sandbox(bounds, at_once=1)
        self._stack.enter_context(closing(sandbox))
        sandbox.warm_up()
        self._archive = FolderArchive(folder / "archive")
        teach(ledger, self._archive, others)
        settings = ReaderSettings(key, limits, frozenset(), None, trusted_roots)
        self._reader = Reader(self._archive, ledger, sandbox, settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def read(self, data: bytes, filename: str) -> Read:
        """Read one file, one at a time."""
        digest = digest_of(data)
        contained, own, began = _contained_cpu_s(), time.process_time(), time.perf_counter()
        documents = asyncio.run(self._reader.examine_file(filename, data, mail_id_of(digest)))
        return Read(
            documents=tuple(documents),
            wall_s=time.perf_counter() - began,
            cpu_s=_contained_cpu_s() - contained + time.process_time() - own,
            memory_mib=_sample(client.JOB_MEMORY),
        )

    def draw(self, document: DocumentReading, folder: Path, name: str) -> None:
        """Write a picture of what was found."""
        draw(document, self._archive, folder, name)


def _contained_cpu_s() -> float:
    return _sample(client.JOB_CPU, "_total")


def _sample(metric: Counter | Gauge, ending: str = "") -> float:
    for family in metric.collect():
        for sample in family.samples:
            if sample.labels.get("job") == _JOB and sample.name.endswith(ending):
                return float(sample.value)
    return 0.0
