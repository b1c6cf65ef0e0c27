"""The fork server: one thread, everything loaded, one contained child for each job.

The service sends a descriptor and a line of JSON for each job over the control socket; the child
talks with the service over that descriptor. The server watches the clock, kills the child's whole
process group when time is up, removes its scratch folder, and tells how it ended. When the
service is gone it kills what runs and ends.
"""

import contextlib
import gc
import importlib
import json
import os
import selectors
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

from services.intake.sandbox import wire
from services.intake.sandbox.containment import Bounds, Containment
from services.intake.sandbox.job import Job

CONTROL_BYTES: Final = 64 * 1024
LOWEST_PRIORITY: Final = 19
EXIT_MEMORY: Final = 77
EXIT_FAILED: Final = 78
ERROR_CHARS: Final = 500


@dataclass(frozen=True)
class _Child:
    number: int
    pid: int
    pidfd: int
    deadline: float
    scratch: Path


class ForkServer:
    """Forks children until the control socket closes."""

    def __init__(
        self, control: socket.socket, jobs: Mapping[str, Job], lacking: Sequence[str]
    ) -> None:
        """`lacking` is what the jobs miss on this machine."""
        self._control = control
        self._jobs = jobs
        self._lacking = lacking
        self._containment = Containment()
        self._selector = selectors.DefaultSelector()
        self._children: dict[int, _Child] = {}
        self._late: set[int] = set()
        self._base = _scratch_base()

    def serve(self) -> None:
        """Do as asked until the service is gone."""
        threads = len(list(Path("/proc/self/task").iterdir()))
        self._tell(
            {
                "ready": True,
                "missing": self._containment.missing,
                "lacking": self._lacking,
                "threads": threads,
            }
        )
        self._selector.register(self._control, selectors.EVENT_READ, None)
        try:
            while self._turn():
                pass
        finally:
            for child in self._children.values():
                _kill_group(child.pid)
            shutil.rmtree(self._base, ignore_errors=True)

    def _turn(self) -> bool:
        now = time.monotonic()
        nearest = min((child.deadline for child in self._children.values()), default=now + 60)
        for key, _ in self._selector.select(max(0.0, nearest - now)):
            if key.data is None:
                if not self._accept():
                    return False
            else:
                self._ended(key.data)
        for child in self._children.values():
            if time.monotonic() >= child.deadline:
                self._late.add(child.number)
                _kill_group(child.pid)
        return True

    def _accept(self) -> bool:
        data, handles, _, _ = socket.recv_fds(self._control, CONTROL_BYTES, 1)
        if not data:
            return False
        order = json.loads(data)
        [handle] = handles
        bounds = Bounds(**order["bounds"])
        scratch = self._base / str(order["number"])
        scratch.mkdir(mode=0o700)
        pid = os.fork()
        if pid == 0:
            self._be_child(order, bounds, handle, scratch)
        os.close(handle)
        with contextlib.suppress(OSError):
            os.setpgid(pid, pid)
        child = _Child(
            order["number"], pid, os.pidfd_open(pid), time.monotonic() + bounds.wall_s, scratch
        )
        self._children[child.number] = child
        self._selector.register(child.pidfd, selectors.EVENT_READ, child)
        return True

    def _be_child(
        self, order: Mapping[str, Any], bounds: Bounds, handle: int, scratch: Path
    ) -> NoReturn:
        code = EXIT_FAILED
        try:
            os.setpgid(0, 0)
            os.close(self._control.fileno())
            for child in self._children.values():
                os.close(child.pidfd)
            os.chdir(scratch)
            os.environ["TMPDIR"] = tempfile.tempdir = str(scratch)
            job = self._jobs[order["name"]]
            if job.background:
                os.nice(LOWEST_PRIORITY)
            self._containment.apply(bounds, scratch, may_execute=job.may_execute)
            code = _run(job, handle)
        except MemoryError:
            code = EXIT_MEMORY
        finally:
            os._exit(code)

    def _ended(self, child: _Child) -> None:
        # The leader is not yet reaped, so its number cannot belong to anybody else's group.
        _kill_group(child.pid)
        _, status, used = os.wait4(child.pid, 0)
        self._selector.unregister(child.pidfd)
        os.close(child.pidfd)
        del self._children[child.number]
        _remove(child.scratch)
        self._tell(
            {
                "number": child.number,
                "code": os.waitstatus_to_exitcode(status),
                "late": child.number in self._late,
                "cpu_s": round(used.ru_utime + used.ru_stime, 3),
                "memory_mib": used.ru_maxrss // 1024,
            }
        )
        self._late.discard(child.number)

    def _tell(self, said: Mapping[str, Any]) -> None:
        with contextlib.suppress(OSError):
            self._control.send(json.dumps(said).encode())


def _run(job: Job, handle: int) -> int:
    order = wire.receive(wire.reader(handle), sys.maxsize)
    try:
        reply = job.run(order)
    except MemoryError:
        return EXIT_MEMORY
    except Exception as error:
        if "nsufficient memory" in str(error):  # OpenCV's own word for it
            return EXIT_MEMORY
        text = f"{type(error).__name__}: {error}"[:ERROR_CHARS]
        wire.send(wire.writer(handle), wire.Message({"error": text}))
        return EXIT_FAILED
    wire.send(wire.writer(handle), reply)
    return 0


def _scratch_base() -> Path:
    """A folder for the scratch folders; those that killed servers left behind are removed."""
    prefix = f"handslag-reader-{os.geteuid()}-"
    for old in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        owner = old.name.removeprefix(prefix).partition("-")[0]
        if owner.isdigit() and not Path("/proc", owner).exists():
            shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{prefix}{os.getpid()}-"))


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _remove(scratch: Path) -> None:
    try:
        scratch.rmdir()
    except OSError:
        shutil.rmtree(scratch, ignore_errors=True)


def main(control_handle: int, jobs_module: str) -> None:
    """Load the jobs, then serve them on the control socket with this descriptor."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    jobs: Mapping[str, Job] = importlib.import_module(jobs_module).JOBS
    lacking = [
        missing for job in jobs.values() if job.prepare is not None for missing in job.prepare()
    ]
    with socket.socket(fileno=control_handle) as control:
        os.set_inheritable(control_handle, False)
        server = ForkServer(control, jobs, lacking)
        # What is loaded now is shared by all children: the collector must not touch its pages.
        gc.collect()
        gc.freeze()
        server.serve()
