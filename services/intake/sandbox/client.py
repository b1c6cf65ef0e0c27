"""The service's side of the sandbox: gives jobs to contained children and says how they ended."""

import asyncio
import contextlib
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import structlog

from services.intake.sandbox import wire
from services.intake.sandbox.containment import MIB, Bounds
from services.intake.sandbox.server import CONTROL_BYTES, EXIT_MEMORY
from shared.errors import Transient
from shared.events import Reason
from shared.telemetry import Metrics

READY_TIMEOUT_S: Final = 60.0
GRACE_S: Final = 10.0
"""How long after its deadline a child's end may take to be told."""
PASSED_ON: Final = ("PATH", "LANG", "LC_ALL", "TZ", "TESSDATA_PREFIX", "TMPDIR")
ONE_THREAD: Final = {
    "OMP_THREAD_LIMIT": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENCV_FOR_THREADS_NUM": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "MALLOC_ARENA_MAX": "1",
}
KEEPING_MEMORY: Final = {
    "GLIBC_TUNABLES": (
        "glibc.malloc.hugetlb=1"
        ":glibc.malloc.mmap_threshold=1073741824:glibc.malloc.trim_threshold=1073741824"
    ),
}
"""A page's pictures are taken and given back a hundred times: each time anew from the kernel, in
pieces of 4 KiB, costs a tenth of a child's processor time. A child ends soon; it keeps them.
"""

JOBS = Metrics.counter("handslag_reader_jobs", "Contained jobs", ["job", "ended"])
JOB_SECONDS = Metrics.histogram("handslag_reader_job_seconds", "Contained jobs", ["job"])
JOB_CPU = Metrics.counter("handslag_reader_cpu_seconds", "CPU of contained jobs", ["job"])
JOB_MEMORY = Metrics.gauge(
    "handslag_reader_memory_mib", "Peak of the latest contained job", ["job"]
)
log = structlog.get_logger()


class SandboxUnavailable(Transient):
    """The fork server does not start, or died under a job."""

    code = "sandbox_unavailable"
    remedy = "Look at intake's log; the work is tried again by itself."


@dataclass(frozen=True)
class Done:
    """What the child answered. It has handled untrusted bytes: check every value."""

    fields: Mapping[str, Any]
    blobs: Sequence[bytes]
    cpu_s: float = field(default=0.0, compare=False)
    """Processor time that the child took."""


@dataclass(frozen=True)
class Failed:
    """The child gave up, was stopped, or died."""

    reason: Reason
    detail: str
    cpu_s: float = field(default=0.0, compare=False)
    """Processor time that the child took."""


Outcome = Done | Failed


@dataclass(frozen=True)
class _End:
    """How a child ended, as the fork server saw it. Negative codes are signals."""

    code: int
    late: bool
    cpu_s: float
    memory_mib: int


class _ForkServer:
    """A running fork server process."""

    def __init__(self, jobs_module: str) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control = ours
        self._ends: dict[int, Future[_End]] = {}
        self._lock = threading.Lock()
        self.alive = True
        environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        root = str(Path(__file__).parents[3])
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "services.intake.sandbox", str(theirs.fileno()),
                 jobs_module],
                env=environment | ONE_THREAD | KEEPING_MEMORY | {"PYTHONPATH": root},
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                # Out of reach of a Ctrl-C at the keyboard: it ends when its service does.
                start_new_session=True,
            )  # fmt: skip
        try:
            ours.settimeout(READY_TIMEOUT_S)
            said = json.loads(ours.recv(CONTROL_BYTES) or b"{}")
        except (OSError, ValueError) as error:
            self.close()
            raise SandboxUnavailable(f"the fork server does not answer: {error}") from error
        if not said.get("ready"):
            self.close()
            raise SandboxUnavailable("the fork server ended at its start")
        ours.settimeout(None)
        self.missing: list[str] = said["missing"]
        self.lacking: list[str] = said["lacking"]
        self.threads: int = said["threads"]
        threading.Thread(target=self._listen, name="sandbox", daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def start(self, number: int, name: str, bounds: Bounds) -> tuple[socket.socket, Future[_End]]:
        """Have a child forked; returns the socket to it, and its end to come."""
        ours, theirs = socket.socketpair()
        end: Future[_End] = Future()
        order = {"number": number, "name": name, "bounds": vars(bounds)}
        with theirs, self._lock:
            if not self.alive:
                ours.close()
                raise SandboxUnavailable("the fork server is gone")
            self._ends[number] = end
            try:
                socket.send_fds(self._control, [json.dumps(order).encode()], [theirs.fileno()])
            except OSError as error:
                ours.close()
                raise SandboxUnavailable(f"the fork server is gone: {error}") from error
        return ours, end

    def close(self) -> None:
        """Let the server go; it kills what it runs."""
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        self._control.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _listen(self) -> None:
        while True:
            try:
                data = self._control.recv(CONTROL_BYTES)
            except OSError:
                data = b""
            if not data:
                break
            said = json.loads(data)
            end = self._ends.pop(said.pop("number"), None)
            if end is not None:
                end.set_result(_End(**said))
        with self._lock:
            self.alive = False
            ends, self._ends = self._ends, {}
        for end in ends.values():
            end.set_exception(SandboxUnavailable("the fork server died under the job"))


class Sandbox:
    """Runs jobs in contained children; the fork server behind it is started again if it dies."""

    def __init__(
        self,
        bounds: Bounds,
        *,
        at_once: int,
        result_bytes: int = 128 * MIB,
        jobs_module: str = "services.intake.jobs",
    ) -> None:
        """`at_once` children at most run at the same time; a result is `result_bytes` at most."""
        self._bounds = bounds
        self._result_bytes = result_bytes
        self._jobs_module = jobs_module
        self._numbers = itertools.count(1)
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="sandbox")
        self._server: _ForkServer | None = None
        self._starting = threading.Lock()
        self._fault: str | None = None
        self._closed = False

    async def run(self, job: str, message: wire.Message) -> Outcome:
        """Do a job in a child. Raises SandboxUnavailable, after one more try."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self.run_here, job, message)

    def run_here(self, job: str, message: wire.Message, bounds: Bounds | None = None) -> Outcome:
        """The same, blocking this thread, and beside the `at_once` others; with bounds of its own
        if any are given."""
        bounds = bounds or self._bounds
        try:
            return self._run(job, message, bounds)
        except SandboxUnavailable as error:
            log.warning("sandbox_is_restarted", error=str(error))
            return self._run(job, message, bounds)

    def check(self) -> str | None:
        """What is wrong with the sandbox, in one line, or None."""
        return self._fault

    def close(self) -> None:
        """End the fork server and its children."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        with self._starting:
            self._closed = True
            if self._server is not None:
                self._server.close()
                self._server = None

    def warm_up(self) -> int:
        """Start the fork server now; returns its process number."""
        return self._running().pid

    def _run(self, job: str, message: wire.Message, bounds: Bounds) -> Outcome:
        began_at = time.monotonic()
        connection, ending = self._running().start(next(self._numbers), job, bounds)
        reply: wire.Message | None = None
        broken = "no answer"
        with connection:
            connection.settimeout(bounds.wall_s + GRACE_S)
            try:
                wire.send(connection.send, message)
                reply = wire.receive(connection.recv, self._result_bytes)
            except (wire.BrokenMessage, OSError) as error:
                broken = str(error)
        try:
            end = ending.result(bounds.wall_s + GRACE_S)
        except TimeoutError as error:
            raise SandboxUnavailable("the fork server does not tell how a job ended") from error
        if end.code == -signal.SIGXCPU:
            # The kernel counts in ticks, and ends a child a little before its exact time is up.
            end = replace(end, cpu_s=max(end.cpu_s, float(bounds.cpu_s)))
        outcome = replace(_outcome(end, reply, broken, bounds), cpu_s=end.cpu_s)
        ended = outcome.reason.value if isinstance(outcome, Failed) else "done"
        JOBS.labels(job, ended).inc()
        JOB_SECONDS.labels(job).observe(time.monotonic() - began_at)
        JOB_CPU.labels(job).inc(end.cpu_s)
        JOB_MEMORY.labels(job).set(end.memory_mib)
        if isinstance(outcome, Failed):
            log.warning("contained_job_failed", job=job, **vars(end), detail=outcome.detail)
        return outcome

    def _running(self) -> _ForkServer:
        with self._starting:
            if self._closed:
                raise SandboxUnavailable("intake is stopping")
            if self._server is None or not self._server.alive:
                if self._server is not None:
                    self._server.close()
                    self._server = None
                try:
                    self._server = _ForkServer(self._jobs_module)
                except (OSError, SandboxUnavailable) as error:
                    self._fault = f"the sandbox does not start: {error}"
                    raise SandboxUnavailable(self._fault) from error
                self._fault = None
                if self._server.missing:
                    log.warning("containment_is_incomplete", missing=self._server.missing)
                if self._server.lacking:
                    self._fault = "; ".join(self._server.lacking)
                    log.error("reader_is_incomplete", missing=self._server.lacking)
            return self._server


def _outcome(end: _End, reply: wire.Message | None, broken: str, bounds: Bounds) -> Outcome:
    if end.late or end.code == -signal.SIGXCPU:
        return Failed(Reason.READER_TIMEOUT, f"stopped after {end.cpu_s} s of CPU")
    if end.code == EXIT_MEMORY or _died_of_memory(end, bounds):
        return Failed(Reason.READER_MEMORY, f"stopped at {end.memory_mib} MiB")
    if end.code < 0:
        return Failed(Reason.READER_CRASHED, signal.Signals(-end.code).name)
    if reply is None:
        return Failed(Reason.READER_CRASHED, broken)
    if end.code != 0:
        return Failed(Reason.READER_CRASHED, str(reply.fields.get("error", broken)))
    return Done(reply.fields, reply.blobs)


def _died_of_memory(end: _End, bounds: Bounds) -> bool:
    if end.code == -signal.SIGKILL:  # not ours, for it was not late: the kernel ran out of memory
        return True
    crashed = end.code in (-signal.SIGABRT, -signal.SIGSEGV, -signal.SIGBUS)
    return crashed and end.memory_mib > bounds.memory_mib * 0.8
