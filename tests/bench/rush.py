"""`make bench-rush`: every municipality answers every initiative at the same moment.

290 municipalities × 4 initiatives, one 300-dpi grey scan each, appear in Dovecot at once. Printed:
the time until the last receipt reached the relay, mails a minute, CPU seconds a mail by service,
time from arrival to receipt (p50, p95), peak memory of all our processes together; and whether
anything was lost, doubled or recorded wrongly.
"""

import argparse
import asyncio
import email
import email.policy
import json
import multiprocessing
import os
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psutil
from aiosmtpd.controller import Controller
from sqlmodel import func, select

from services.console.demo import scans
from services.console.demo.offer import OPTIONS, Initiative, demo_round, domain_of, round_file
from services.console.demo.scans import Channel, Filling, Stroke
from services.console.ports import free_port
from services.registry.forms.print import print_form
from shared.municipalities import Municipality, all_municipalities, display_name
from shared.outbox import now
from shared.own_form import own_form
from tests.dovecot import PASSWORD, Dovecot

MAILBOX = "registratur@skr.se"
KEY = "a key for the benchmark, not a secret"
SAMPLE_S = 0.5
TIME_LIMIT_S = 900.0
GATE_S = 600.0
GATE_BYTES = 1_200_000_000


@dataclass
class Sink:
    """A relay that takes every receipt and notes when it came."""

    arrived: dict[str, float] = field(default_factory=dict)
    doubles: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        moment = time.monotonic()
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        answered = str(mail["In-Reply-To"] or "").strip()
        if not answered:
            self.strange.append(str(mail["Subject"]))
        elif answered in self.arrived:
            self.doubles.append(answered)
        else:
            self.arrived[answered] = moment
        return "250 taken"


@dataclass
class Meter:
    """Samples the memory of a process and all its descendants together."""

    root: psutil.Process
    peak_bytes: int = 0
    peak_by_service: Counter[str] = field(default_factory=Counter)
    _stop: Event = field(default_factory=Event)

    def watch(self) -> None:
        while not self._stop.wait(SAMPLE_S):
            found = self._sample()
            total = sum(found.values())
            if total > self.peak_bytes:
                self.peak_bytes, self.peak_by_service = total, found

    def _sample(self) -> Counter[str]:
        """Proportional set size by service: what is shared is counted once."""
        found: Counter[str] = Counter()
        for service, process in _by_service(self.root):
            try:
                found[service] += process.memory_full_info().pss
            except psutil.Error:
                continue
        return found

    @contextmanager
    def running(self) -> Iterator[None]:
        thread = Thread(target=self.watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()


def _by_service(root: psutil.Process) -> Iterator[tuple[str, psutil.Process]]:
    yield "up", root
    for child in root.children():
        try:
            command = " ".join(child.cmdline())
            name = next(
                (
                    each
                    for each in ("intake", "registry", "notifier")
                    if f"services.{each}" in command
                ),
                "nats",
            )
            yield name, child
            for descendant in child.children(recursive=True):
                yield name, descendant
        except psutil.Error:
            continue


def cpu_by_service(root: psutil.Process) -> Counter[str]:
    """CPU seconds so far, including children that have ended and were waited for."""
    spent: Counter[str] = Counter()
    for service, process in _by_service(root):
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue
        spent[service] += times.user + times.system
        if process != root:
            spent[service] += times.children_user + times.children_system
    return spent


@dataclass(frozen=True)
class Task:
    number: int
    municipality: Municipality
    initiative: Initiative
    answer: str


def _write_mail(arguments: tuple[Task, Path]) -> int:
    task, folder = arguments
    rng = random.Random(task.number)
    pdf = print_form(
        initiative=task.initiative.id,
        initiative_name=task.initiative.name,
        round_name="2026",
        last_answer_day=task.initiative.last_answer_day,
        options=OPTIONS,
        municipality=task.municipality.code,
        municipality_name=display_name(task.municipality),
        key=KEY.encode(),
    )
    domain = domain_of(task.municipality)
    texts = {
        "signatory.name": f"{rng.choice(('Anna', 'Åsa', 'Göran'))} {rng.choice(('Ek', 'Öberg'))}",
        "signatory.title": "Kommundirektör",
        "place_date": f"{task.municipality.name} 2026-09-{rng.randint(1, 28):02d}",
        "contact.name": f"{rng.choice(('Märta', 'Örjan'))} {rng.choice(('Lind', 'Sjögren'))}",
        "contact.email": f"kontakt{task.number}@{domain}",
        "contact.phone": f"070-{rng.randint(100, 999)} {rng.randint(10, 99)} {rng.randint(10, 99)}",
    }
    paper = scans.fill(
        scans.blank_page(pdf),
        own_form(tuple(OPTIONS)),
        Filling(marks={task.answer: rng.choice((Stroke.TICK, Stroke.CROSS))}, texts=texts),
        seed=task.number,
    )
    scan = scans.as_pdf([scans.scan(paper, Channel.SCANNER, seed=task.number)])
    mail = EmailMessage()
    mail["From"] = f"registrator@{domain}"
    mail["To"] = MAILBOX
    mail["Subject"] = f"Svar {task.initiative.name}"
    mail["Message-ID"] = f"<rush.{task.number}@{domain}>"
    mail["Return-Path"] = f"<registrator@{domain}>"
    mail.set_content("Hej,\n\nhär kommer vårt svar.\n")
    mail.add_attachment(scan, maintype="application", subtype="pdf", filename="svar.pdf")
    (folder / f"{task.number}.eml").write_bytes(mail.as_bytes(policy=email.policy.SMTP))
    return len(scan)


def _tasks(count: int) -> list[Task]:
    rng = random.Random(1)
    pairs = [
        (municipality, initiative)
        for initiative in demo_round(now().date())
        for municipality in all_municipalities()
    ]
    rng.shuffle(pairs)
    return [
        Task(number, municipality, initiative, rng.choice(("ja", "nej")))
        for number, (municipality, initiative) in enumerate(pairs[:count])
    ]


async def _rush(count: int, folder: Path) -> int:
    tasks = _tasks(count)
    letters = folder / "letters"
    letters.mkdir()
    print(f"Writing {count} mails with scans …", flush=True)
    with multiprocessing.get_context("spawn").Pool(os.cpu_count()) as pool:
        sizes = pool.map(_write_mail, [(task, letters) for task in tasks], chunksize=8)
    print(f"Scans: {statistics.mean(sizes) / 1e6:.2f} MB on average", flush=True)

    sink = Sink()
    relay = Controller(sink, hostname="127.0.0.1", port=free_port())
    relay.start()
    dovecot = Dovecot()
    try:
        dovecot.start()
        dovecot.add_user(MAILBOX)
        with dovecot.client(MAILBOX):
            pass  # makes the Maildir
        inbox = next((dovecot.folder / "mail").glob("*/inbox"))
        for task in tasks:
            target = inbox / "tmp" / f"{task.number}.eml"
            target.write_bytes((letters / f"{task.number}.eml").read_bytes())
            os.chown(target, inbox.stat().st_uid, inbox.stat().st_gid)
        return await _measure(tasks, folder, dovecot, inbox, sink, relay.port)
    finally:
        dovecot.close()
        relay.stop()


async def _measure(
    tasks: list[Task], folder: Path, dovecot: Dovecot, inbox: Path, sink: Sink, relay_port: int
) -> int:
    home = folder / "home"
    home.mkdir()
    mailbox = {
        "address": MAILBOX,
        "role": "answers",
        "imap": dovecot.url(MAILBOX.replace("@", "%40")),
        "password": PASSWORD,
        "folders": ["INBOX"],
    }
    web = free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if "HANDSLAG" not in name},
        "HANDSLAG_HOME": str(home),
        "HANDSLAG_FORM_KEY": KEY,
        "HANDSLAG_INTAKE__MAILBOXES": json.dumps([mailbox]),
        "HANDSLAG_INTAKE__LISTEN": f"127.0.0.1:{free_port()}",
        "HANDSLAG_NOTIFIER__RELAY": f"smtp://127.0.0.1:{relay_port}",
        "HANDSLAG_NOTIFIER__LISTEN": f"127.0.0.1:{free_port()}",
        "HANDSLAG_WEB__LISTEN": f"127.0.0.1:{web}",
        "HANDSLAG_LOG_LEVEL": "WARNING",
    }
    (folder / "round.yaml").write_text(round_file(now().date()))
    handslag = str(Path(sys.executable).with_name("handslag"))
    loading = await asyncio.create_subprocess_exec(
        handslag, "initiative", "load", str(folder / "round.yaml"), env=environment
    )
    assert await loading.wait() == 0
    with (folder / "up.log").open("wb") as log:
        up = await asyncio.create_subprocess_exec(
            handslag, "up", env=environment, stdout=log, stderr=log
        )
    try:
        await _until_up(home, web)
        root = psutil.Process(up.pid)
        before = cpu_by_service(root)
        meter = Meter(root)
        with meter.running():
            start = time.monotonic()
            for task in tasks:
                (inbox / "tmp" / f"{task.number}.eml").rename(
                    inbox / "new" / f"{1_700_000_000 + task.number}.M{task.number}.rush"
                )
            await _until_answered(sink, len(tasks), start)
            seconds = time.monotonic() - start
        spent = cpu_by_service(root)
        spent.subtract(before)
        return _report(tasks, home, sink, start, seconds, spent, meter)
    finally:
        up.terminate()
        await up.wait()


async def _until_up(home: Path, web: int) -> None:
    from services.intake.tables import FormRow
    from shared.database import Database

    async with asyncio.timeout(60):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", web)
                writer.close()
                database = Database(f"sqlite:///{home / 'db' / 'intake.sqlite3'}")
                with database.read() as session:
                    if session.exec(select(func.count()).select_from(FormRow)).one() >= 4:
                        break
            except Exception:
                await asyncio.sleep(0.3)
    await asyncio.sleep(2)


async def _until_answered(sink: Sink, count: int, start: float) -> None:
    told = 0
    while len(sink.arrived) < count:
        await asyncio.sleep(0.2)
        seconds = time.monotonic() - start
        if seconds > TIME_LIMIT_S:
            return
        if len(sink.arrived) >= told + 100:
            told = len(sink.arrived) // 100 * 100
            print(f"  {told} receipts after {seconds:.0f} s", flush=True)


def _report(
    tasks: list[Task],
    home: Path,
    sink: Sink,
    start: float,
    seconds: float,
    spent: Counter[str],
    meter: Meter,
) -> int:
    count = len(tasks)
    waits = sorted(moment - start for moment in sink.arrived.values()) or [float("inf")]
    recorded, wrong = _compare(tasks, home)
    lost = count - len(sink.arrived)
    print(f"\n{count} mails, {len(sink.arrived)} receipts, last after {seconds:.1f} s")
    print(f"{len(sink.arrived) / seconds * 60:.0f} mails a minute")
    print(
        f"arrival to receipt: p50 {waits[len(waits) // 2]:.1f} s, "
        f"p95 {waits[int(len(waits) * 0.95)]:.1f} s"
    )
    for service, cpu in sorted(spent.items()):
        print(f"CPU {service}: {cpu:.1f} s, {cpu / count:.3f} s a mail")
    print(f"peak memory, all our processes together (PSS): {meter.peak_bytes / 1e6:.0f} MB")
    for service, size in sorted(meter.peak_by_service.items()):
        print(f"  {service}: {size / 1e6:.0f} MB")
    print(f"recorded {recorded}, recorded wrongly {wrong}")
    print(f"without receipt {lost}, doubled {len(sink.doubles)}, strange {len(sink.strange)}")
    full = count == 1160
    holds = not (lost or sink.doubles or sink.strange or wrong)
    fits = not full or (seconds <= GATE_S and meter.peak_bytes <= GATE_BYTES)
    print("gates:", "hold" if holds and fits else "DO NOT HOLD")
    return 0 if holds and fits else 1


def _compare(tasks: list[Task], home: Path) -> tuple[int, int]:
    from services.registry.tables import Answer
    from shared.database import Database

    truth = {(task.initiative.id, task.municipality.code): task.answer for task in tasks}
    database = Database(f"sqlite:///{home / 'db' / 'registry.sqlite3'}")
    with database.read() as session:
        rows = session.exec(select(Answer)).all()
    wrong = sum(truth.get((row.initiative, row.municipality)) != row.answer for row in rows)
    return len(rows), wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=1160)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="handslag-rush-") as folder:
        sys.exit(asyncio.run(_rush(arguments.mails, Path(folder))))


if __name__ == "__main__":
    main()
