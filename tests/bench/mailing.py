"""`make bench-mailing`: an offer to every municipality, and an update to ten thousand contacts.

The notifier's process, on NATS and SQLite, sends to a relay on this machine. Offers: 290 letters
with four forms each, printed, archived, ordered and sent. Printed: the time until the last letter
was taken, letters a minute, the notifier's peak memory; and whether any was lost or doubled.
"""

import argparse
import asyncio
import email
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.managers import SyncManager
from pathlib import Path
from threading import Event, Thread
from typing import Any
from uuid import UUID, uuid4

import nats
import psutil
from aiosmtpd.controller import Controller
from nats.js.client import JetStreamContext

from services.console.demo.offer import OPTIONS, demo_round, domain_of
from services.console.ports import free_port
from services.registry.forms.print import print_form
from shared.archive import Area, FolderArchive
from shared.events import Event as Fact
from shared.events import LetterFile, LetterKind, LetterOrdered, MailingSteered
from shared.letters.kinds import TemplateName, examples_of, source_of
from shared.letters.template import parse, render
from shared.municipalities import Municipality, all_municipalities, display_name
from shared.outbox import now
from tests.nats import NatsServer

KEY = b"a key for the benchmark, not a secret"
STREAM = "HANDSLAG_REGISTRY"
SAMPLE_S = 0.2
FAST = 100_000.0
"""Letters a minute: no pace, so that what is measured is the machine."""
GATES = {"offer": 120.0, "update": 300.0}
GATE_BYTES = 300_000_000


@dataclass
class Meter:
    """The greatest proportional set size of one process and its children."""

    process: psutil.Process
    peak_bytes: int = 0

    @contextmanager
    def running(self) -> Iterator[None]:
        stop = Event()

        def watch() -> None:
            while not stop.wait(SAMPLE_S):
                self.peak_bytes = max(self.peak_bytes, self.process.memory_full_info().pss)

        thread = Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


class Sink:
    """A relay that takes every letter and counts how often each came."""

    def __init__(self, taken: Any) -> None:
        self._taken = taken

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        head = envelope.content.partition(b"\r\n\r\n")[0]
        name = str(email.message_from_bytes(head)["Message-ID"])
        self._taken[name] = self._taken.get(name, 0) + 1
        return "250 taken"


def _serve(port: int, taken: Any) -> None:
    Controller(Sink(taken), hostname="127.0.0.1", port=port, data_size_limit=50_000_000).start()
    time.sleep(3600)


def offers(archive: FolderArchive, mailing: UUID) -> Iterator[LetterOrdered]:
    """One letter to each municipality, with its own forms."""
    template = parse(source_of(TemplateName.OFFER))
    for municipality in all_municipalities():
        worded = render(
            template,
            TemplateName.OFFER,
            {**examples_of(TemplateName.OFFER), "kommun": display_name(municipality)},
        )
        yield LetterOrdered(
            occurred_at=now(),
            letter_id=uuid4(),
            mailing_id=mailing,
            kind=LetterKind.OFFER,
            recipient=f"registrator@{domain_of(municipality)}",
            recipient_name=display_name(municipality),
            attention=("Kommundirektör", "It-chef"),
            subject_line=worded.subject,
            heading=worded.heading,
            text=worded.text,
            files=_forms(archive, municipality),
            municipality=municipality.code,
        )


def _forms(archive: FolderArchive, municipality: Municipality) -> tuple[LetterFile, ...]:
    files = []
    for initiative in demo_round(now().date()):
        pdf = print_form(
            initiative=initiative.id,
            initiative_name=initiative.name,
            round_name="2026",
            last_answer_day=initiative.last_answer_day,
            options=OPTIONS,
            municipality=municipality.code,
            municipality_name=display_name(municipality),
            key=KEY,
        )
        name = f"Svarsformulär {initiative.name}, {display_name(municipality)}.pdf"
        content = archive.put(pdf, Area.DERIVED)
        files.append(LetterFile(name=name, content_type="application/pdf", content=content))
    return tuple(files)


def updates(count: int, mailing: UUID) -> Iterator[LetterOrdered]:
    """Letters without files to contact persons at all municipalities."""
    domains = [domain_of(municipality) for municipality in all_municipalities()]
    worded = render(
        parse(source_of(TemplateName.UPDATE)),
        TemplateName.UPDATE,
        examples_of(TemplateName.UPDATE),
    )
    for number in range(count):
        yield LetterOrdered(
            occurred_at=now(),
            letter_id=uuid4(),
            mailing_id=mailing,
            kind=LetterKind.UPDATE,
            recipient=f"kontakt{number}@{domains[number % len(domains)]}",
            recipient_name=f"Åsa Öberg {number}",
            subject_line=worded.subject,
            heading=worded.heading,
            text=worded.text,
        )


@dataclass
class Bench:
    """The notifier and its relay, running."""

    home: Path
    stream: JetStreamContext
    notifier: psutil.Process
    taken: Any

    async def run(self, name: str, letters: Callable[[UUID], Iterator[LetterOrdered]]) -> bool:
        """Order one mailing and wait for it; whether it was within its limits."""
        mailing, before, meter = uuid4(), len(self.taken), Meter(self.notifier)
        pace = MailingSteered(
            occurred_at=now(), mailing_id=mailing, per_minute=FAST, per_minute_per_domain=FAST
        )
        with meter.running():
            begun, cpu = time.monotonic(), sum(self.notifier.cpu_times()[:2])
            await self._publish(pace)
            ordered = 0
            for letter in letters(mailing):
                await self._publish(letter)
                ordered += 1
            built = time.monotonic() - begun
            while len(self.taken) - before < ordered:
                await asyncio.sleep(SAMPLE_S)
                if time.monotonic() - begun > 3 * GATES[name]:
                    break
            seconds = time.monotonic() - begun
        cpu = sum(self.notifier.cpu_times()[:2]) - cpu
        taken = len(self.taken) - before
        doubles = sum(count - 1 for count in self.taken.values())
        print(
            f"{name}: {taken} of {ordered} letters taken in {seconds:.1f} s "
            f"({60 * taken / seconds:.0f} a minute), ordered in {built:.1f} s; "
            f"notifier {cpu:.1f} s CPU, peak {meter.peak_bytes / 1e6:.0f} MB; doubled: {doubles}",
            flush=True,
        )
        return (
            taken == ordered
            and not doubles
            and seconds <= GATES[name]
            and meter.peak_bytes <= GATE_BYTES
        )

    async def _publish(self, event: Fact) -> None:
        await self.stream.publish(
            event.subject,
            event.model_dump_json().encode(),
            stream=STREAM,
            headers={"Nats-Msg-Id": str(event.event_id), "content-type": "application/json"},
        )


async def _bench(folder: Path, manager: SyncManager, chosen: argparse.Namespace) -> int:
    taken, relay_port, listen = manager.dict(), free_port(), f"127.0.0.1:{free_port()}"
    server = NatsServer(folder / "nats")
    server.start()
    sink = multiprocessing.get_context("spawn").Process(
        target=_serve, args=(relay_port, taken), daemon=True
    )
    sink.start()
    environment = {
        **{name: value for name, value in os.environ.items() if "HANDSLAG" not in name},
        "HANDSLAG_HOME": str(folder),
        "HANDSLAG_NATS_URL": server.url,
        "HANDSLAG_NOTIFIER__RELAY": f"smtp://127.0.0.1:{relay_port}",
        "HANDSLAG_NOTIFIER__LISTEN": listen,
        "HANDSLAG_LOG_LEVEL": "WARNING",
    }
    process = subprocess.Popen([sys.executable, "-m", "services.notifier"], env=environment)
    connection = await nats.connect(server.url)
    try:
        stream = connection.jetstream()
        async with asyncio.timeout(60):
            while not await _has_consumer(stream):
                await asyncio.sleep(0.2)
        bench = Bench(folder, stream, psutil.Process(process.pid), taken)
        archive = FolderArchive(folder / "archive")
        fine = chosen.no_offers or await bench.run(
            "offer", lambda mailing: offers(archive, mailing)
        )
        fine &= await bench.run("update", lambda mailing: updates(chosen.updates, mailing))
    finally:
        await connection.close()
        process.terminate()
        process.wait()
        sink.terminate()
        server.stop()
    print("Within all limits." if fine else "NOT within all limits.")
    return 0 if fine else 1


async def _has_consumer(stream: JetStreamContext) -> bool:
    try:
        await stream.consumer_info(STREAM, "notifier-ordered")
    except Exception:
        return False
    return True


def main() -> int:
    """Run the benchmark; exit code 1 if a limit is passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--updates", type=int, default=10_000)
    parser.add_argument("--no-offers", action="store_true")
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="handslag-bench-") as name,
        multiprocessing.get_context("spawn").Manager() as manager,
    ):
        return asyncio.run(_bench(Path(name), manager, arguments))


if __name__ == "__main__":
    sys.exit(main())
