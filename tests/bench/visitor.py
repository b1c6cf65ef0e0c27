"""Somebody who reads pages, in a process of his own: what he does is not the server's time."""

from tests.web.client import Client
from tests.web.world import PASSWORD


def visit(address: str, place: str, times: int) -> None:
    """Log in, look at a page once, and then so many times more."""
    client = Client(address)
    client.log_in("adam", PASSWORD)
    for _ in range(1 + times):
        assert client.get(place).status == 200, place
