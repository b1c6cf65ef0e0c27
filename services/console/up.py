"""`handslag up`: the services as processes, started together, restarted if they die."""

import asyncio
import ctypes
import fcntl
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import IO

import structlog

from services.console.nats import EmbeddedNats
from services.console.proving import prove_regularly
from services.console.stores import answers_go_to
from shared.errors import UsageError
from shared.settings import CommonSettings

SERVICES = ("intake", "registry", "notifier")
STOP_TIMEOUT_S = 40.0
LIVED_LONG_S = 30.0
LONGEST_PAUSE_S = 30.0
PR_SET_PDEATHSIG = 1
log = structlog.get_logger()


@dataclass
class Child:
    """One process of the stack, and how it fares."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    output: IO[bytes] | None = None
    process: asyncio.subprocess.Process | None = None
    deaths: int = 0
    started_at: float = field(default=0.0)

    async def start(self) -> None:
        self.started_at = time.monotonic()
        self.process = await asyncio.create_subprocess_exec(
            *self.command,
            env=dict(self.environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=self.output,
            stderr=self.output,
            preexec_fn=partial(_follow_parent, os.getpid()),
            start_new_session=True,
        )

    async def stop(self) -> None:
        """Ask it to stop, and insist if it does not."""
        if self.process is None or self.process.returncode is not None:
            return
        self.process.terminate()
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await self.process.wait()
        except TimeoutError:
            log.warning("killed_after_waiting", process=self.name, waited_s=STOP_TIMEOUT_S)
            self.process.kill()
            await self.process.wait()


class Stack:
    """The processes that settings ask for, watched until stopped."""

    def __init__(
        self,
        settings: CommonSettings,
        services: Sequence[str],
        *,
        log_folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._settings = settings
        self._services = services
        self._log_folder = log_folder
        self._environment = dict(os.environ if environment is None else environment)
        self._environment["HANDSLAG_HOME"] = str(settings.home)
        self.children: list[Child] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._failed: asyncio.Future[None] | None = None
        self._before: list[tuple[str, Sequence[str], Mapping[str, str]]] = []

    def first(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Have another program started before the services, with more in its environment."""
        self._before.append((name, command, environment))

    async def start(self) -> None:
        self._failed = asyncio.get_running_loop().create_future()
        if self._settings.nats_url is None:
            nats = EmbeddedNats(self._settings.home / "nats")
            self._environment["HANDSLAG_NATS_URL"] = nats.url
            await self._launch("nats", nats.command())
            await nats.wait_until_ready()
        for name, command, environment in self._before:
            await self._launch(name, command, environment)
        for service in self._services:
            await self._launch(service, [sys.executable, "-m", f"services.{service}"])

    async def wait(self) -> None:
        """Return never; raise `UsageError` when a process cannot be started at all."""
        assert self._failed is not None
        await self._failed

    async def stop(self) -> None:
        """Stop the services, then NATS, so that the last acknowledgements get through."""
        for task in self._tasks:
            task.cancel()
        services = [child for child in self.children if child.name in self._services]
        await asyncio.gather(*(child.stop() for child in services))
        for child in self.children:
            await child.stop()

    async def _launch(
        self, name: str, command: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> None:
        output: IO[bytes] | None = None
        if self._log_folder is not None:
            self._log_folder.mkdir(parents=True, exist_ok=True)
            output = (self._log_folder / f"{name}.log").open("ab")
        elif name == "nats":
            folder = self._settings.home / "log"
            folder.mkdir(parents=True, exist_ok=True)
            output = (folder / "nats.log").open("ab")
        child = Child(name, command, {**self._environment, **(environment or {})}, output)
        await child.start()
        self.children.append(child)
        self._tasks.append(asyncio.create_task(self._watch(child)))

    async def _watch(self, child: Child) -> None:
        """Start a process again when it dies, more slowly if it keeps dying.

        One that ends with exit code 1 at once, without ever having run, has a wrong setting:
        then the whole stack stops, for its message is what somebody must read.
        """
        lived_once = False
        while True:
            assert child.process is not None
            code = await child.process.wait()
            lived_s = time.monotonic() - child.started_at
            lived_once = lived_once or lived_s > LIVED_LONG_S
            if code == 1 and not lived_once and child.deaths >= 1:
                if self._failed is not None and not self._failed.done():
                    self._failed.set_exception(UsageError(f"{child.name} cannot run, see above."))
                return
            child.deaths = 0 if lived_s > LIVED_LONG_S else child.deaths + 1
            pause_s = min(0.5 * 2**child.deaths, LONGEST_PAUSE_S)
            log.error("process_died", process=child.name, exit_code=code, restarts_in_s=pause_s)
            await asyncio.sleep(pause_s)
            await child.start()


@contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Hold the data folder: two stacks on one folder would be two embedded NATS servers."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError(f"handslag is already running on {home}.") from error
        yield


@asynccontextmanager
async def running(stack: Stack) -> AsyncIterator[Stack]:
    """The stack, started at the beginning of the block and stopped at its end."""
    try:
        await stack.start()
        yield stack
    finally:
        await stack.stop()


def told() -> dict[str, str]:
    """The environment of the services: what the registry prints of intake's mailboxes included.

    Each service reads only its own settings.
    """
    return {**os.environ, "HANDSLAG_REGISTRY__ANSWERS_ADDRESS": answers_go_to()}


async def run_up(
    settings: CommonSettings, services: Sequence[str], tell: Callable[[], None]
) -> None:
    """Run the stack until SIGINT or SIGTERM."""
    unknown = [name for name in services if name not in SERVICES]
    if unknown:
        raise UsageError(
            f"Unknown service: {', '.join(unknown)}. There are: {', '.join(SERVICES)}."
        )
    with only_one(settings.home):
        async with running(Stack(settings, services, environment=told())) as stack:
            tell()
            stopped = asyncio.Event()
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, stopped.set)
            failing = asyncio.create_task(stack.wait())
            proving = asyncio.create_task(_proving(settings, services))
            stopping = asyncio.create_task(stopped.wait())
            await asyncio.wait({failing, stopping}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            proving.cancel()
            if failing.done():
                failing.result()
            failing.cancel()
            await asyncio.gather(failing, proving, return_exceptions=True)


async def _proving(settings: CommonSettings, services: Sequence[str]) -> None:
    """Only who runs all services can compare what they hold."""
    if set(services) == set(SERVICES):
        environment = {**os.environ, "HANDSLAG_HOME": str(settings.home)}
        await prove_regularly(environment, timedelta(minutes=settings.proof_minutes))


def _follow_parent(parent: int) -> None:
    """Let the child be stopped when this process dies, however and however soon it dies."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(0)
