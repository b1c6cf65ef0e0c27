"""A real NATS server with JetStream for tests; it can be stopped, killed, wiped and restarted."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

START_TIMEOUT_S = 15.0


class NatsServer:
    """One server on a loopback port that it keeps through restarts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._store = folder / "store"
        self._port = -1
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The server's address, as settings have it."""
        return f"nats://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start the server and wait until it answers; with what it had stored, if anything."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for old in self._folder.glob("*.ports"):
            old.unlink()
        config = self._folder / "nats.conf"
        config.write_text(f'jetstream {{ store_dir: "{self._store}", sync_interval: always }}\n')
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [_nats_binary(), "-c", config, "-a", "127.0.0.1", "-p", str(self._port),
                 "--ports_file_dir", self._folder],
                stdout=log, stderr=log,
            )  # fmt: skip
        ports = self._await_ports(self._process)
        self._port = int(ports["nats"][0].rpartition(":")[2])

    def stop(self) -> None:
        """Stop the server cleanly; it stays away until `start`."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the server as a power cut would."""
        self._end(signal.SIGKILL)

    def wipe(self) -> None:
        """Delete all that a stopped server has stored."""
        assert self._process is None, "stop the server first"
        shutil.rmtree(self._store, ignore_errors=True)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(timeout=30)
            self._process = None

    def _await_ports(self, process: subprocess.Popen[bytes]) -> dict[str, list[str]]:
        until = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < until and process.poll() is None:
            for file in self._folder.glob("*.ports"):
                text = file.read_text()
                if text:
                    found: dict[str, list[str]] = json.loads(text)
                    return found
            time.sleep(0.02)
        raise RuntimeError(f"nats-server did not start:\n{(self._folder / 'log').read_text()}")


@pytest.fixture
def nats_server(tmp_path: Path) -> Iterator[NatsServer]:
    """A running server without any streams; take `.url`."""
    server = NatsServer(tmp_path / "nats")
    server.start()
    yield server
    server.kill()


def _nats_binary() -> str:
    beside = Path(sys.executable).with_name("nats-server")
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found:
        return found
    message = "nats-server is not installed; `make setup` installs it."
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)
