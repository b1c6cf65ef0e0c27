"""Ports for the servers that we start ourselves."""

import socket
from pathlib import Path

import pytest

from services.console.ports import PORTS, free_port


def test_no_port_is_given_twice() -> None:
    given = [free_port() for _ in range(500)]
    assert len(set(given)) == len(given)


def test_a_port_that_somebody_holds_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    held, free = free_port(), free_port()
    with socket.create_server(("127.0.0.1", held)):
        monkeypatch.setattr("services.console.ports.PORTS", [held, free])
        monkeypatch.setattr("services.console.ports._given", set())
        assert free_port() == free


def test_the_ports_are_not_those_that_the_system_lends_to_connections() -> None:
    lowest_lent = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert lowest_lent >= PORTS.stop
