"""Ports on loopback for the servers that we start ourselves."""

import random
import socket

from shared.errors import WrongSetting

# Below the ports that Linux lends to outgoing connections, one of which
# could otherwise take the port between our look at it and the server's start.
PORTS = range(20_000, 32_000)
ATTEMPTS = 1_000

_given: set[int] = set()


def free_port() -> int:
    """A TCP port on loopback that nobody holds now, and that this process gets only once.

    Raises WrongSetting if none can be found.
    """
    for port in random.SystemRandom().choices(PORTS, k=ATTEMPTS):
        if port in _given:
            continue
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        _given.add(port)
        return port
    raise WrongSetting(
        "No free port was found on loopback.",
        remedy=f"Free some of the ports {PORTS.start}-{PORTS.stop - 1}.",
    )
