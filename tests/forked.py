"""Our own programs as processes of their own, without the wait for what they import.

Importing is most of what a command or a service costs that is started for one test. So each
program is imported once, in a process that does nothing else and has no threads; whatever is
started is forked from that, with its own environment, folder and output, and from there on is what
`python -m` would have made of it.
"""

import functools
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from sqlalchemy.orm import configure_mappers

ROOT = Path(__file__).parents[1]
COMMAND = "services"
# What `handslag` imports only when a command needs it, as nearly all of those in tests do.
_COMMANDS_NEED = ("verify", "initiatives", "exports")
_REQUEST_BYTES = 100_000


class Forked:
    """A running program; to those who started it what `subprocess.Popen` is."""

    def __init__(
        self,
        module: str,
        arguments: Sequence[str] = (),
        *,
        env: Mapping[str, str],
        stdout: IO[bytes] | None = None,
        stderr: IO[bytes] | None = None,
        cwd: Path | None = None,
        impatient: bool = False,
    ) -> None:
        """`module` is what `python -m` would be given; `impatient`: what it was handed when it
        was killed is handed out again soon, instead of after half a minute."""
        self.returncode: int | None = None
        self._report, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        name = "handslag" if module == COMMAND else module
        request = {"arguments": [name, *arguments], "env": dict(env), "cwd": str(cwd or ROOT)}
        output = [(sys.__stdout__ if stdout is None else stdout),
                  (sys.__stderr__ if stderr is None else stderr)]  # fmt: skip
        with theirs:
            socket.send_fds(
                _imported(module, impatient),
                [json.dumps(request).encode()],
                [theirs.fileno(), *(each.fileno() for each in output if each is not None)],
            )
        self.pid = int(self._report.recv(32))

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        return self._await(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end. Raises subprocess.TimeoutExpired."""
        code = self._await(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _await(self, timeout: float | None) -> int | None:
        if self.returncode is None:
            # Zero would be no wait at all, but an error where there is nothing yet.
            self._report.settimeout(timeout if timeout is None else max(timeout, 0.000_1))
            try:
                said = self._report.recv(32)
            except TimeoutError:
                return None
            self._report.close()
            assert said, "the process that waits for it was killed"
            self.returncode = os.waitstatus_to_exitcode(int(said))
        return self.returncode


def run(
    *arguments: str, env: Mapping[str, str], cwd: Path | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run `handslag` to its end."""
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        process = Forked(COMMAND, arguments, env=env, stdout=stdout, stderr=stderr, cwd=cwd)
        code = process.wait()
        said = []
        for file in (stdout, stderr):
            file.seek(0)
            said.append(file.read().decode())
    return subprocess.CompletedProcess(arguments, code, *said)


@functools.cache
def _imported(module: str, impatient: bool) -> socket.socket:
    """The way to a process that has imported the program; it ends when this one does."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        given = (module, theirs.fileno(), impatient)
        subprocess.Popen(
            [sys.executable, "-c", f"from tests import forked\nforked.program{given}()"],
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            env={name: value for name, value in os.environ.items() if "HANDSLAG" not in name},
            cwd=ROOT,
        )
    return ours


def program(module: str, control: int, impatient: bool) -> Callable[[], None]:
    """Import a program, fork whenever one is asked for, and return its function in the fork."""
    if impatient:
        delivery = importlib.import_module("shared.delivery")
        delivery.ACK_WAIT_S, delivery.HEARTBEAT_S = 4.0, 1.0
    main: Callable[[], None] = importlib.import_module(f"{module}.__main__").main
    if module == COMMAND:
        for each in _COMMANDS_NEED:
            importlib.import_module(f"services.console.{each}")
    # What the first query would do, and a command has but few.
    configure_mappers()
    assert len([*Path("/proc/self/task").iterdir()]) == 1, "what has threads cannot be forked"
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=control) as requests:
        while True:
            request, files, _, _ = socket.recv_fds(requests, _REQUEST_BYTES, 3)
            if not request:
                sys.exit()
            if os.fork() == 0:
                break
            for each in files:
                os.close(each)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    report, stdout, stderr = files
    if pid := os.fork():
        _tell_of(pid, report, (stdout, stderr))
    os.dup2(stdout, 1)
    os.dup2(stderr, 2)
    for each in files:
        os.close(each)
    wanted = json.loads(request)
    os.environ.clear()
    os.environ.update(wanted["env"])
    time.tzset()
    os.chdir(wanted["cwd"])
    sys.argv = wanted["arguments"]
    return main


def _tell_of(pid: int, report: int, others: Sequence[int]) -> None:
    """Tell the number of a process, and when it has ended how; then end too."""
    for each in others:
        os.close(each)
    os.write(report, str(pid).encode())
    _, status = os.waitpid(pid, 0)
    os.write(report, str(status).encode())
    os._exit(0)
