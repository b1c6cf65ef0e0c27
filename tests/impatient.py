"""Services that are started as in production, except for one wait of half a minute."""

import sys


def impatient(service: str) -> list[str]:
    """The command that starts a service whose events, when it dies, are handed out again soon."""
    return [
        sys.executable,
        "-c",
        "from shared import delivery\n"
        "delivery.ACK_WAIT_S, delivery.HEARTBEAT_S = 4.0, 1.0\n"
        f"from services.{service}.__main__ import main\n"
        "main()\n",
    ]
