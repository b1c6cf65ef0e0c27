"""Opening an address that a process before us may still hold."""

import asyncio
import os
import socket
import subprocess
import sys
from functools import partial

import pytest

from services.console.ports import free_port
from services.console.up import _follow_parent
from shared import listening as module
from shared.errors import WrongSetting
from shared.listening import listening


async def _opened(host: str, port: int) -> socket.socket:
    return socket.create_server((host, port))


def test_a_port_that_is_given_up_soon_is_waited_for() -> None:
    port = free_port()
    held = socket.create_server(("127.0.0.1", port))

    async def wait() -> socket.socket:
        asyncio.get_running_loop().call_later(0.3, held.close)
        return await listening(f"127.0.0.1:{port}", "SETTING", _opened)

    with asyncio.run(wait()) as listener:
        assert listener.getsockname()[1] == port


def test_a_port_that_stays_taken_is_a_wrong_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 0.3)
    port = free_port()
    with (
        socket.create_server(("127.0.0.1", port)),
        pytest.raises(WrongSetting, match=f"SETTING: cannot listen on 127.0.0.1:{port}"),
    ):
        asyncio.run(listening(f"127.0.0.1:{port}", "SETTING", _opened))


@pytest.mark.parametrize("listen", ["127.0.0.1", "127.0.0.1:x", "127.0.0.1:99999"])
def test_what_is_no_address_is_refused_at_once(listen: str) -> None:
    with pytest.raises(WrongSetting, match="SETTING"):
        asyncio.run(listening(listen, "SETTING", _opened))


def test_a_process_whose_parent_is_gone_before_it_began_does_not_begin() -> None:
    begun = [sys.executable, "-c", "print('begun')"]
    of_us = subprocess.run(
        begun, stdout=subprocess.PIPE, check=True, preexec_fn=partial(_follow_parent, os.getpid())
    )
    of_one_gone = subprocess.run(
        begun, stdout=subprocess.PIPE, check=True, preexec_fn=partial(_follow_parent, 2**22)
    )
    assert (of_us.stdout, of_one_gone.stdout) == (b"begun\n", b"")
