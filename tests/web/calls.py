"""A program that calls the interface with a key."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from services.registry.admin import tokens
from services.registry.tables import Role
from tests.web.client import Answer, Client
from tests.web.world import START, World

V1 = "/api/v1"


class Reply(Answer):
    """An answer that holds JSON."""

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Program:
    """Calls as one key; `token` may be anything, also one that does not work."""

    address: str
    token: str

    def get(self, path: str) -> Answer:
        return Client(self.address).get(V1 + path, **self._key)

    def post(self, path: str, body: object = None) -> Reply:
        client = Client(self.address)
        sent = {"Content-Type": "application/json", **self._key}
        return Reply(**vars(client._send("POST", V1 + path, json.dumps(body), sent)))

    def read(self, path: str) -> Any:
        """What a reading that succeeds answers with."""
        answer = self.get(path)
        assert answer.status == 200, (path, answer.status, answer.text[:500])
        return json.loads(answer.body)

    def all_of(self, path: str, limit: int) -> list[Any]:
        """Every line of a list, fetched a part at a time."""
        found: list[Any] = []
        mark, cursor = "&" if "?" in path else "?", ""
        while True:
            page = self.read(f"{path}{mark}limit={limit}&cursor={cursor}")
            assert len(page["items"]) <= limit
            found += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return found

    @property
    def _key(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


def program(
    world: World, role: Role = Role.REGISTRAR, name: str = "", now: datetime = START, days: int = 0
) -> Program:
    """A program with a new key of this role, which works for longer than any test runs."""
    chosen = name or f"{role.value[:3]}-{uuid4().hex[:8]}"
    since = now if days else datetime.now(tz=START.tzinfo)
    made = tokens.add(world.database, chosen, role, days=days or 30, who="adam", now=since)
    return Program(world.address, made.token)


def problem(answer: Answer) -> dict[str, Any]:
    """The problem document that a call was answered with."""
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = json.loads(answer.body)
    assert found["status"] == answer.status
    return found
