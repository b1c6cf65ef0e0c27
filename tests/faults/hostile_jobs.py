"""Jobs for the sandbox's tests: what a parser would do that an attacker has taken over."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from services.intake.reading import ocr
from services.intake.sandbox.job import Job
from services.intake.sandbox.wire import Message


def _attempt(deed: Callable[[], Any]) -> str:
    """What came of it: the error's name, or what was got hold of."""
    try:
        return f"did it: {deed()!r}"
    except OSError as error:
        return type(error).__name__


def _read(message: Message) -> Message:
    return Message({"got": _attempt(Path(message.fields["path"]).read_bytes)})


def _list(message: Message) -> Message:
    return Message({"got": _attempt(lambda: list(Path(message.fields["path"]).iterdir()))})


def _write(message: Message) -> Message:
    return Message({"got": _attempt(lambda: Path(message.fields["path"]).write_bytes(b"x"))})


def _write_own(message: Message) -> Message:
    own = Path("own")
    own.write_bytes(b"x" * message.fields["bytes"])
    return Message({"got": len(own.read_bytes())})


def _connect(message: Message) -> Message:
    family = getattr(socket, message.fields["family"])
    kind = getattr(socket, message.fields["kind"])
    return Message({"got": _attempt(lambda: socket.socket(family, kind))})


def _execute(message: Message) -> Message:
    return Message(
        {
            "got": _attempt(
                lambda: subprocess.run(message.fields["command"], capture_output=True, check=False)
            )
        }
    )


def _fork_bomb(message: Message) -> Message:
    started = 0
    with contextlib.suppress(OSError):
        while True:
            if os.fork() == 0:
                time.sleep(600)
            started += 1
    Path("started").write_text(str(started))
    time.sleep(600)
    raise AssertionError("it should have been stopped")


def _fork(message: Message) -> Message:
    def fork() -> int:
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        return pid

    return Message({"got": _attempt(fork)})


def _daemonise(message: Message) -> Message:
    return Message({"got": _attempt(os.setsid), "group": _attempt(lambda: os.setpgid(0, 0))})


def _eat_memory(message: Message) -> Message:
    eaten = [bytearray(1024 * 1024) for _ in range(100_000)]
    return Message({"got": len(eaten)})


def _loop(message: Message) -> Message:
    while True:
        pass


def _sleep(message: Message) -> Message:
    time.sleep(600)
    return Message({})


def _crash(message: Message) -> Message:
    os.kill(os.getpid(), signal.SIGSEGV)
    return Message({})


def _crash_the_engine(message: Message) -> Message:
    """Have Tesseract read far beyond the picture that it is given."""
    engine = ocr._engines()[ocr.Model.SWEDISH]
    engine.SetImageBytes(b"x", 20_000, 20_000, 1, 20_000)
    engine.Recognize()
    return Message({})


def _raise(message: Message) -> Message:
    raise ValueError("not a mail")


def _signal(message: Message) -> Message:
    return Message({"got": _attempt(lambda: os.kill(message.fields["pid"], signal.SIGKILL))})


def _trace(message: Message) -> Message:
    libc = ctypes.CDLL(None, use_errno=True)
    attach = 16
    libc.ptrace(attach, message.fields["pid"], 0, 0)
    return Message({"got": os.strerror(ctypes.get_errno())})


def _too_much(message: Message) -> Message:
    return Message({}, [b"x" * (8 * 1024 * 1024)] * 4)


def _nonsense(message: Message) -> Message:
    """Write what is no message on every open descriptor, then leave."""
    for handle in range(3, 64):
        with contextlib.suppress(OSError):
            os.write(handle, b"\xff" * 4096)
    os._exit(0)


def _environment(message: Message) -> Message:
    return Message({"got": sorted(os.environ)})


def _tesseract(message: Message) -> Message:
    run = subprocess.run(["tesseract", "--version"], capture_output=True, check=False, text=True)
    return Message({"got": run.stdout + run.stderr})


def _echo(message: Message) -> Message:
    return Message({"got": message.fields}, message.blobs)


JOBS = {
    "read": Job(_read),
    "list": Job(_list),
    "write": Job(_write),
    "write_own": Job(_write_own),
    "connect": Job(_connect, may_execute=True),
    "execute": Job(_execute, may_execute=True),
    "execute_nothing": Job(_execute),
    "fork": Job(_fork),
    "fork_bomb": Job(_fork_bomb, may_execute=True),
    "daemonise": Job(_daemonise, may_execute=True),
    "eat_memory": Job(_eat_memory),
    "loop": Job(_loop),
    "sleep": Job(_sleep),
    "crash": Job(_crash),
    "crash_the_engine": Job(_crash_the_engine, prepare=ocr.load),
    "raise": Job(_raise),
    "signal": Job(_signal, may_execute=True),
    "trace": Job(_trace, may_execute=True),
    "too_much": Job(_too_much),
    "nonsense": Job(_nonsense),
    "environment": Job(_environment),
    "tesseract": Job(_tesseract, may_execute=True),
    "echo": Job(_echo),
}
