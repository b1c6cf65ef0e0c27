"""A real SMTP server on loopback that takes mail, or fails as its script says."""

import asyncio
import time
from collections import deque
from dataclasses import dataclass
from email import message_from_bytes
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from services.console.ports import free_port

Step = str
"""`mail 451 …`, `rcpt 550 …`, `data 452 …`, `end 554 …`: the reply at that point of the mail.

`hang up at data`: the connection breaks before the mail is handed over; `drop before`: after it
was handed over, and it is not taken; `drop after`: it is taken, but the 250 is never heard.
"""


@dataclass(frozen=True)
class Received:
    sender: str
    recipient: str
    data: bytes
    connection: int

    @property
    def message_id(self) -> str:
        return str(message_from_bytes(self.data)["Message-ID"])


class ScriptedRelay:
    """Each mail consumes one step of the script; without a step it is accepted."""

    def __init__(self, port: int = 0) -> None:
        self.accepted: list[Received] = []
        """What the server has taken, whether or not it got to say so."""
        self.script: deque[Step] = deque()
        self.always: Step | None = None
        self.connections = 0
        self.port = port
        self._controller: Controller | None = None

    def start(self) -> "ScriptedRelay":
        relay = self

        class Server(SMTP):
            number = 0
            plan: Step | None = None

            def connection_made(self, transport: Any) -> None:
                relay.connections += 1
                self.number = relay.connections
                super().connection_made(transport)

            async def smtp_DATA(self, arg: str) -> None:
                reply = relay._reply(self, "data")
                if reply is not None:
                    await self.push(reply)
                elif self.plan == "hang up at data":
                    relay._abort(self)
                else:
                    await super().smtp_DATA(arg)

        class Loopback(Controller):
            def factory(self) -> SMTP:
                return Server(self.handler, **self.SMTP_kwargs)

        if self.port == 0:
            self.port = free_port()
        self._controller = Loopback(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()
        # The controller has tried the door itself.
        self.connections = 0
        return self

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop(no_assert=True)
            self._controller = None

    def wait_for(self, mails: int, timeout_s: float = 30.0) -> None:
        """Wait until so many mails were taken."""
        until = time.monotonic() + timeout_s
        while len(self.accepted) < mails:
            assert time.monotonic() < until, f"{len(self.accepted)} of {mails} mails"
            time.sleep(0.02)

    # --- aiosmtpd's hooks ------------------------------------------------------------------------

    async def handle_MAIL(
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        server.plan = self.script.popleft() if self.script else self.always
        reply = self._reply(server, "mail")
        if reply is None:
            envelope.mail_from = address
        return reply or "250 OK"

    async def handle_RCPT(
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        reply = self._reply(server, "rcpt")
        if reply is None:
            envelope.rcpt_tos.append(address)
        return reply or "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
        reply = self._reply(server, "end")
        if reply is not None:
            return reply
        if server.plan == "drop before":
            self._abort(server)
            await asyncio.sleep(0.1)
            return "451 too late"
        assert isinstance(envelope.content, bytes)
        self.accepted.append(
            Received(
                envelope.mail_from or "", envelope.rcpt_tos[0], envelope.content, server.number
            )
        )
        if server.plan == "drop after":
            self._abort(server)
            await asyncio.sleep(0.1)
        return "250 OK queued"

    def _abort(self, server: Any) -> None:
        server.transport.abort()

    def _reply(self, server: Any, stage: str) -> str | None:
        plan = str(server.plan or "")
        return plan.removeprefix(stage + " ") if plan.startswith(stage + " ") else None
