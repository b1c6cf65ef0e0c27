"""The door: SMTP (RFC 5321) and LMTP (RFC 2033). The only module that knows aiosmtpd.

250 is said only when the mail is archived and in the ledger; a failure of our own is 451, and the
sender's server tries again. A bare CR or LF is refused: servers that disagree on where a line
ends can be made to see two mails in one.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from services.intake.ledger import Arrival
from services.intake.settings import MIB, MailboxSettings
from shared.listening import listening

SILENCE_S: Final = 300.0
LINE_BYTES: Final = 64 * 1024
"""Read at a time. RFC 5321 allows lines of 1,000; a longer one may be an answer all the same."""
COMMANDS: Final = 1000
CONNECTIONS: Final = 20
"""At the same time, a door: as many as a mail server opens to one place. Each may hold a mail."""
_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")

Receive = Callable[[bytes, Arrival], str]
log = structlog.get_logger()


class Door:
    """Takes mail for our mailboxes, and for nobody else."""

    def __init__(self, protocol: str, mailboxes: Mapping[str, MailboxSettings], receive: Receive):
        """`protocol` is `smtp` or `lmtp`; `receive` keeps a mail and blocks until it is safe."""
        self._protocol = protocol
        self._mailboxes = mailboxes
        self._receive = receive
        self.connections: set[SMTP] = set()

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """550 for strangers. One recipient a mail at the LMTP door, which answers for each."""
        if self._mailbox_of(address) is None:
            return "550 5.1.1 No such mailbox here"
        if self._protocol == "lmtp" and envelope.rcpt_tos:
            return "452 4.5.3 One recipient at a time"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802
        self, server: Any, session: Session, envelope: Envelope
    ) -> str:
        """Keep the mail; only then 250."""
        data = envelope.original_content or b""
        if _BARE.search(data):
            return "554 5.6.0 A line that does not end with CR LF"
        mailbox = self._mailbox_of(envelope.rcpt_tos[0])
        assert mailbox is not None
        arrival = Arrival(
            mailbox=mailbox.address,
            role=mailbox.role,
            door=self._protocol,
            received_at=datetime.now(UTC),
            return_path=(envelope.mail_from or "").strip("<>"),
        )
        try:
            mail_id = await asyncio.to_thread(self._receive, data, arrival)
        except Exception as error:
            # aiosmtpd would make a permanent 500 of it, and the sender would give up.
            log.exception("door_could_not_keep_a_mail", error=str(error))
            return "451 4.3.0 Cannot be kept now, try again later"
        return f"250 2.0.0 Kept as {mail_id}"

    async def handle_exception(self, error: Exception) -> str:
        log.error("door_fault", error=f"{type(error).__name__}: {error}")
        return "451 4.3.0 Something is wrong here, try again later"

    def _mailbox_of(self, address: str) -> MailboxSettings | None:
        """Our mailbox of that address, with or without a +tag (bounces carry one)."""
        local, _, domain = address.strip().lower().rpartition("@")
        return self._mailboxes.get(f"{local}@{domain}") or self._mailboxes.get(
            f"{local.partition('+')[0]}@{domain}"
        )


class _Smtp(SMTP):
    """aiosmtpd's protocol, with what it lacks: a bound on connections and on memory."""

    line_length_limit = LINE_BYTES

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet, or turn away who comes when all places are taken."""
        assert isinstance(transport, asyncio.Transport)
        places = self.event_handler.connections
        if len(places) >= CONNECTIONS:
            log.warning("door_is_full", connections=len(places))
            transport.write(b"421 4.3.2 Too many connections, try again later\r\n")
            transport.close()
            return
        places.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Give back the place, if one was taken."""
        places = self.event_handler.connections
        if self in places:
            places.remove(self)
            super().connection_lost(error)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        """Take the mail. aiosmtpd's own keeps a line without end whatever its limit says."""
        if await self.check_helo_needed():
            return
        assert self.envelope is not None
        if not self.envelope.rcpt_tos:
            await self.push("503 5.5.1 RCPT first")
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        content, ended = await self._content()
        if content is None:
            self.envelope = self._create_envelope()
            await self.push("552 5.3.4 Too much mail data")
            if not ended:
                assert self._handler_coroutine is not None
                self._handler_coroutine.cancel()
                self._writer.close()
            return
        self.envelope.content = self.envelope.original_content = content
        status = await self._call_handler_hook("DATA")
        self.envelope = self._create_envelope()
        await self.push(status)

    async def _content(self) -> tuple[bytes | None, bool]:
        """The mail without its dots (RFC 5321, 4.5.2), and whether it came to its end.

        None for one that is too large: it is not kept, but read on to its end, so that the
        sender hears why; where that end is as far again, it is not waited for.
        """
        limit = self.data_size_limit
        assert limit is not None
        content = bytearray()
        received, begins = 0, True
        while received <= 2 * limit:
            try:
                piece = await self._reader.readuntil(b"\r\n")
            except asyncio.LimitOverrunError as longer:
                piece = await self._reader.read(longer.consumed)
            if begins and piece == b".\r\n":
                return (bytes(content) if received <= limit else None), True
            received += len(piece)
            if received <= limit:
                content += piece[1:] if begins and piece.startswith(b".") else piece
            else:
                content.clear()
            begins = piece.endswith(b"\r\n")
        return None, False


class _Lmtp(_Smtp):
    """LMTP greets with LHLO. aiosmtpd's own class would answer DATA once for many recipients;
    the door takes one at a time."""

    async def smtp_LHLO(self, arg: str) -> None:  # noqa: N802
        await self.smtp_EHLO(arg)

    async def smtp_HELO(self, arg: str) -> None:  # noqa: N802
        await self.push("500 5.5.1 LHLO is spoken here")


async def open_door(
    protocol: str,
    listen: str,
    mailboxes: tuple[MailboxSettings, ...],
    receive: Receive,
    limit_mib: int,
) -> asyncio.Server:
    """Return a door that listens on `host:port`. Raises WrongSetting."""
    door = Door(protocol, {mailbox.address: mailbox for mailbox in mailboxes}, receive)
    loop = asyncio.get_running_loop()
    kind = _Lmtp if protocol == "lmtp" else _Smtp

    def connection() -> SMTP:
        return kind(
            door,
            data_size_limit=limit_mib * MIB,
            enable_SMTPUTF8=True,
            hostname="handslag",
            ident="ESMTP",
            timeout=SILENCE_S,
            command_call_limit=COMMANDS,
            loop=loop,
        )

    async def opened(host: str, port: int) -> asyncio.Server:
        return await loop.create_server(connection, host or None, port)

    setting = f"HANDSLAG_INTAKE__{protocol.upper()}_LISTEN"
    return await listening(listen, setting, opened)
