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
from shared.errors import WrongSetting

SILENCE_S: Final = 300.0
LINE_BYTES: Final = 64 * 1024
"""RFC 5321 allows 1,000; what comes longer is somebody's answer all the same."""
COMMANDS: Final = 1000
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
    line_length_limit = LINE_BYTES


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
    host, _, port = listen.rpartition(":")
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

    try:
        return await loop.create_server(connection, host.strip("[]") or None, int(port))
    except (OSError, ValueError, OverflowError) as error:
        raise WrongSetting(
            f"HANDSLAG_INTAKE__{protocol.upper()}_LISTEN: cannot listen on {listen}: {error}",
            remedy="Choose another port, or end the program that holds this one.",
        ) from error
