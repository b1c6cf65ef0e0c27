"""`handslag demo`: the whole flow on a throw-away folder, as a newcomer meets it."""

import asyncio
import json
import os
import secrets
import signal
import smtplib
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.table import Table

from services.console.demo import outcome
from services.console.demo.mails import letters
from services.console.demo.offer import municipality_file, round_file
from services.console.demo.outcome import Stores
from services.console.demo.postoffice import PASSWORD_VARIABLE
from services.console.demo.writer import Letter
from services.console.ports import free_port
from services.console.stores import office_zone, open_store, registry_settings
from services.console.up import SERVICES, Stack, only_one, running, told
from services.intake.tables import FormRow
from services.registry.admin import initiatives, municipalities, users
from services.registry.tables import Role, UserAccount
from shared.errors import UsageError
from shared.form_key import form_key
from shared.outbox import now
from shared.settings import CommonSettings

START_TIMEOUT_S = 60.0
QUIET_TIMEOUT_S = 180.0
"""If nothing moves for so long, the demo has failed."""
LOOK_EVERY_S = 0.3
USERS = (
    ("registrator", Role.REGISTRAR),
    ("programkontor", Role.PROGRAMME_OFFICE),
    ("lasare", Role.READER),
    ("administrator", Role.ADMINISTRATOR),
)


@dataclass
class _Place:
    """The throw-away folder, its addresses and passwords."""

    home: Path
    smtp: int = field(default_factory=free_port)
    imap: int = field(default_factory=free_port)
    webmail: int = field(default_factory=free_port)
    web: int = field(default_factory=free_port)
    intake: int = field(default_factory=free_port)
    notifier: int = field(default_factory=free_port)
    mail_password: str = field(default_factory=lambda: secrets.token_urlsafe(9))
    user_password: str = field(default_factory=lambda: secrets.token_urlsafe(12))

    def write_settings(self) -> None:
        """Keep the settings in the folder, where every later command finds them."""
        mailboxes = [
            {
                "address": address,
                "role": role,
                "imap": f"imap://{address.replace('@', '%40')}@127.0.0.1:{self.imap}",
                "password": self.mail_password,
                "folders": ["INBOX", "Junk"],
                "poll_s": 2,
            }
            for address, role in (("registratur@skr.se", "answers"), ("handslaget@skr.se", "needs"))
        ]
        lines = {
            "HANDSLAG_INTAKE__MAILBOXES": f"'{json.dumps(mailboxes)}'",
            "HANDSLAG_INTAKE__LISTEN": f"127.0.0.1:{self.intake}",
            "HANDSLAG_NOTIFIER__RELAY": f"smtp://127.0.0.1:{self.smtp}",
            "HANDSLAG_NOTIFIER__LISTEN": f"127.0.0.1:{self.notifier}",
            "HANDSLAG_REGISTRY__UNDO_MINUTES": "0.2",
            "HANDSLAG_WEB__LISTEN": f"127.0.0.1:{self.web}",
        }
        file = self.home / ".env"
        file.touch(mode=0o600)
        file.write_text("".join(f"{name}={value}\n" for name, value in lines.items()))

    def ready(self) -> dict[str, object]:
        """The first line of `handslag demo --json`."""
        return {
            "ready": True,
            "web": f"http://127.0.0.1:{self.web}",
            "users": [
                {"name": name, "password": self.user_password, "role": str(role)}
                for name, role in USERS
            ],
            "imap": f"imap://127.0.0.1:{self.imap}",
            "smtp": f"smtp://127.0.0.1:{self.smtp}",
            "mail_password": self.mail_password,
            "webmail": f"http://127.0.0.1:{self.webmail}",
            "home": str(self.home),
        }


async def run_demo(count: int, seed: int, *, once: bool, as_json: bool) -> bool:
    """Run the demo; return whether every mail ended where it should.

    Without `once` it stays up until Ctrl-C, and that is no failure.
    """
    if count < 0:
        raise UsageError(f"--mails: not {count}.")
    place = _Place(Path(tempfile.mkdtemp(prefix="handslag-demo-")))
    _forget_settings()
    os.environ["HANDSLAG_HOME"] = str(place.home)
    place.write_settings()
    settings = CommonSettings.load()
    show = _Quiet() if as_json else _Pictured(stays=not once)
    stopped = _stop_signals()
    with ExitStack() as stack, only_one(settings.home):
        stores = Stores(*(stack.enter_context(open_store(service)) for service in SERVICES))
        _furnish(stores, place)
        post_office = [sys.executable, "-m", "services.console.demo.postoffice"]
        for name, port in (("smtp", place.smtp), ("imap", place.imap), ("http", place.webmail)):
            post_office += [f"--{name}", str(port)]
        services = Stack(settings, SERVICES, log_folder=place.home / "log", environment=told())
        services.first("postoffice", post_office, {PASSWORD_VARIABLE: place.mail_password})
        async with running(services):
            await _until_ready(stores, place)
            show.ready(place)
            started = time.monotonic()
            work = asyncio.create_task(_send_and_watch(stores, place, settings, count, seed, show))
            stopping = asyncio.create_task(stopped.wait())
            failing = asyncio.create_task(services.wait())
            try:
                await asyncio.wait({work, stopping, failing}, return_when=asyncio.FIRST_COMPLETED)
                if failing.done():
                    failing.result()
                if not work.done():
                    return not once
                sent = work.result()
                verdicts = outcome.judge(stores, sent)
                seconds = time.monotonic() - started
                show.summary(outcome.summary(stores, len(sent), seconds), verdicts, place)
                if not once:
                    await asyncio.wait({stopping, failing}, return_when=asyncio.FIRST_COMPLETED)
                    return True
                return all(verdict.right for verdict in verdicts)
            finally:
                for task in (work, stopping, failing):
                    task.cancel()
                await asyncio.gather(work, stopping, failing, return_exceptions=True)


def _forget_settings() -> None:
    """A demo never touches what the environment says of a real installation."""
    for name in [name for name in os.environ if name.startswith("HANDSLAG_")]:
        del os.environ[name]


def _stop_signals() -> asyncio.Event:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    return stopped


def _furnish(stores: Stores, place: _Place) -> None:
    """A round, the municipalities' domains, and an account for each role."""
    registry = stores.registry
    today = now().astimezone(office_zone()).date()
    data = round_file(today).encode()
    initiatives.load_round(registry, data, who="demo", now=now(), zone=office_zone())
    municipalities.import_csv(registry, municipality_file().encode(), who="demo", now=now())
    from services.registry.web.passwords import hash_password

    kept = hash_password(place.user_password)
    for name, role in USERS:
        users.add(registry, name, role, who="demo", now=now())
        with registry.write() as session:
            account = session.get_one(UserAccount, name)
            account.password_hash, account.must_change_password = kept, False
            session.add(account)


async def _until_ready(stores: Stores, place: _Place) -> None:
    """Wait for the pages, the post office, and intake's knowledge of the forms."""

    def forms_known() -> bool:
        with stores.intake.read() as session:
            return session.query(FormRow).count() > 0

    async with asyncio.timeout(START_TIMEOUT_S):
        for port in (place.smtp, place.imap, place.webmail, place.web):
            while not await _answers(port):
                await asyncio.sleep(0.1)
        while not await asyncio.to_thread(forms_known):
            await asyncio.sleep(0.1)


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def _send_and_watch(
    stores: Stores, place: _Place, settings: CommonSettings, count: int, seed: int, show: "_Show"
) -> list[Letter]:
    """Send the mails and wait until all is settled; return them."""
    sent: list[Letter] = []
    today = now().astimezone(office_zone()).date()

    def send() -> None:
        if not count:
            return
        key = form_key(registry_settings())
        for letter in letters(count, seed, key=key, today=today):
            with smtplib.SMTP("127.0.0.1", place.smtp, timeout=60) as smtp:
                smtp.sendmail(letter.sender, [letter.recipient], letter.raw)
            sent.append(letter)

    with show.progress(count) as advance:
        sending = asyncio.create_task(asyncio.to_thread(send))
        moved_at, before = time.monotonic(), None
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            state = await asyncio.to_thread(outcome.progress, stores, len(sent))
            advance(len(sent), state)
            if sending.done():
                sending.result()
                if state.settled and len(sent) == count:
                    return sent
            if (len(sent), state) != before:
                moved_at, before = time.monotonic(), (len(sent), state)
            elif time.monotonic() - moved_at > QUIET_TIMEOUT_S:
                raise UsageError(
                    "The demo came to a halt.", remedy=f"The logs are in {place.home / 'log'}."
                )


Advance = Callable[[int, outcome.Progress], None]


class _Show:
    """What a person or a script sees of it."""

    def ready(self, place: _Place) -> None:
        """Everything is up."""

    @contextmanager
    def progress(self, count: int) -> Iterator[Advance]:
        """Shows how far the mails have come."""
        yield lambda _sent, _state: None

    def summary(
        self, counts: dict[str, int | float], verdicts: list[outcome.Verdict], place: _Place
    ) -> None:
        """All is settled."""


class _Quiet(_Show):
    """Lines for scripts."""

    def ready(self, place: _Place) -> None:
        print(json.dumps(place.ready()), flush=True)

    def summary(
        self, counts: dict[str, int | float], verdicts: list[outcome.Verdict], place: _Place
    ) -> None:
        for verdict in verdicts:
            if not verdict.right:
                ended = ", ".join(verdict.fates)
                print(f"{verdict.letter.scenario} ended as {ended}", file=sys.stderr, flush=True)
        print(json.dumps(counts), flush=True)


class _Pictured(_Show):
    """Bars and tables for a person."""

    def __init__(self, *, stays: bool) -> None:
        self._console = Console()
        self._stays = stays

    def ready(self, place: _Place) -> None:
        self._console.print(f"[bold]Handslag[/] is up, in [cyan]{place.home}[/]")

    @contextmanager
    def progress(self, count: int) -> Iterator[Advance]:
        bars = Progress(
            TextColumn("{task.description:<11}"),
            BarColumn(),
            MofNCompleteColumn(),
            console=self._console,
        )
        with bars:
            tasks: dict[str, TaskID] = {
                name: bars.add_task(name, total=count)
                for name in ("sent", "archived", "read", "registered")
            }
            receipts = bars.add_task("receipts", total=count)

            def advance(sent: int, state: outcome.Progress) -> None:
                for name, done in (
                    ("sent", sent),
                    ("archived", state.archived),
                    ("read", state.read),
                    ("registered", state.registered),
                ):
                    bars.update(tasks[name], completed=done)
                total = state.receipts if state.settled else count
                bars.update(receipts, completed=state.receipts, total=total)

            yield advance

    def summary(
        self, counts: dict[str, int | float], verdicts: list[outcome.Verdict], place: _Place
    ) -> None:
        mails = Table(
            "what was sent", "where it ended", "", title="The mails", title_justify="left"
        )
        for verdict in verdicts:
            mark = "[green]✓[/]" if verdict.right else "[red]✗ not as it should[/]"
            name = verdict.letter.scenario.replace("_", " ")
            mails.add_row(name, ", ".join(verdict.fates).replace("_", " "), mark)
        self._console.print(mails)
        sums = Table(title="In all", title_justify="left", show_header=False)
        for name, number in counts.items():
            sums.add_row(name.replace("_", " "), str(number))
        self._console.print(sums)
        if not self._stays:
            self._console.print(f"[dim]What it kept is in {place.home}[/]")
            return
        around = Table(title="Look around", title_justify="left", show_header=False)
        ready = place.ready()
        around.add_row("web pages", f"[link]{ready['web']}[/link]")
        around.add_row("log-ins", f"{', '.join(name for name, _ in USERS)}: {place.user_password}")
        around.add_row("webmail", f"{ready['webmail']} (choose a mailbox to see its receipts)")
        around.add_row("mailboxes", f"any address, password {place.mail_password}")
        around.add_row("IMAP, SMTP", f"{ready['imap']}  {ready['smtp']}")
        around.add_row("commands", f"HANDSLAG_HOME={place.home} .venv/bin/handslag verify")
        self._console.print(around)
        self._console.print("[dim]Ctrl-C stops it.[/]")
