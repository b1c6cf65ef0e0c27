"""The SMTP relay that takes our mail, and its answers as outcomes. Only this imports aiosmtplib.

The transaction is spelled out (MAIL, RCPT, DATA, the message, the reply) because what a failure
means depends on where it comes: before the message was handed over nothing can have been sent;
after it, without a reply, nobody knows.
"""

import asyncio
import contextlib
import re
import socket
from dataclasses import dataclass

from aiosmtplib import (
    SMTP,
    SMTPException,
    SMTPHeloError,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)
from aiosmtplib.protocol import normalize_message_line_endings

from services.notifier.addresses import deliverable, needs_utf8
from services.notifier.gate import may_be_addressed
from services.notifier.settings import RelaySettings
from shared.failpoint import failpoint
from shared.tokens import TokenRefused, TokenSource

COMMAND_TIMEOUT_S = 60.0
REPLY_TIMEOUT_S = 600.0
"""How long the relay may think about a whole message (RFC 5321, 4.5.3.2.6)."""
SERVICE_CLOSING = 421
START_INPUT = 354
COMPLETED = 250
_LINE_START_DOT = re.compile(rb"(?m)^\.")


@dataclass(frozen=True)
class Envelope:
    """One mail to one recipient, as SMTP needs it."""

    sender: str
    recipient: str
    data: bytes


@dataclass(frozen=True)
class Accepted:
    """The relay has it and answers for it."""

    reply: str


@dataclass(frozen=True)
class Refused:
    """The relay will never take this mail to this recipient (5xx)."""

    reply: str


@dataclass(frozen=True)
class Deferred:
    """The relay does not take this mail now (4xx), or not from this sender of ours."""

    reply: str


@dataclass(frozen=True)
class Unreachable:
    """The relay cannot be spoken with; nothing was handed over."""

    reason: str


@dataclass(frozen=True)
class Unconfirmed:
    """The message was handed over, and then the connection broke before the reply."""

    reason: str


Outcome = Accepted | Refused | Deferred | Unreachable | Unconfirmed


class Relay:
    """One connection to the relay, kept open for as many mails as the caller wants."""

    def __init__(
        self,
        settings: RelaySettings,
        tokens: TokenSource | None = None,
        *,
        command_timeout_s: float = COMMAND_TIMEOUT_S,
        reply_timeout_s: float = REPLY_TIMEOUT_S,
    ) -> None:
        self._tokens = tokens
        self._reply_timeout_s = reply_timeout_s
        self._smtp = SMTP(
            hostname=settings.host,
            port=settings.port,
            use_tls=settings.encryption == "tls",
            start_tls=settings.encryption == "starttls",
            username=settings.user,
            password=settings.password.get_secret_value() if settings.password else None,
            oauth_token_generator=self._token if tokens is not None else None,
            cert_bundle=str(settings.ca_file) if settings.ca_file else None,
            local_hostname=re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname()) or "localhost",
            timeout=command_timeout_s,
        )

    @property
    def is_open(self) -> bool:
        """Whether a mail can be handed over at once."""
        return self._smtp.is_connected

    async def _token(self) -> str:
        assert self._tokens is not None
        return await asyncio.to_thread(self._tokens.token)

    async def connect(self) -> Unreachable | None:
        """Open the connection, unless it is open. Anything that fails here concerns all mail."""
        if self._smtp.is_connected:
            return None
        try:
            await self._smtp.connect()
            await self._greet()
        except (SMTPException, OSError, ValueError, TokenRefused) as error:
            self._smtp.close()
            return Unreachable(_one_line(error))
        return None

    async def _greet(self) -> None:
        """Say EHLO here, so that a refusal of it is never taken for the refusal of a mail."""
        try:
            await self._smtp.ehlo()
        except SMTPHeloError:
            await self._smtp.helo()

    async def send(self, envelope: Envelope) -> Outcome:
        """Hand over one mail on the open connection."""
        sender, recipient = envelope.sender, envelope.recipient
        for address, fit in ((sender, may_be_addressed(sender)), (recipient, _is_fit(recipient))):
            if not fit:
                return Refused(f"not an address that can be written to: {address!a}")
        options = ["SMTPUTF8", "BODY=8BITMIME"] if needs_utf8(recipient) else []
        if options and not self._smtp.supports_extension("smtputf8"):
            return Refused("the relay does not take addresses with other letters than a to z")
        try:
            await self._smtp.mail(sender, options=options)
            await self._smtp.rcpt(recipient, encoding="utf-8")
            start = await self._smtp.execute_command(b"DATA")
            if start.code != START_INPUT:
                raise SMTPResponseException(start.code, start.message)
        except SMTPResponseException as error:
            return await self._refused(error)
        except (SMTPException, OSError) as error:
            self._smtp.close()
            return Unreachable(_one_line(error))
        return await self._hand_over(envelope.data)

    async def close(self) -> None:
        """Say goodbye, if there is anybody to say it to."""
        if self._smtp.is_connected:
            with contextlib.suppress(SMTPException, OSError):
                await self._smtp.quit(timeout=5)
        self._smtp.close()

    async def _hand_over(self, data: bytes) -> Outcome:
        protocol = self._smtp.protocol
        if protocol is None:
            return Unreachable("the connection was lost")
        lines = _LINE_START_DOT.sub(b"..", normalize_message_line_endings(data))
        try:
            protocol.write(lines + b".\r\n")
            await asyncio.sleep(0)
            failpoint("notifier.before_250")
            reply = await protocol.read_response(timeout=self._reply_timeout_s)
        except SMTPResponseException as error:
            # A reply that is not SMTP: whether it meant yes cannot be known.
            self._smtp.close()
            return Unconfirmed(_one_line(error))
        except (SMTPException, OSError) as error:
            self._smtp.close()
            return Unconfirmed(_one_line(error))
        if reply.code == COMPLETED:
            return Accepted(_reply(reply.code, reply.message))
        return await self._refused(SMTPResponseException(reply.code, reply.message))

    async def _refused(self, error: SMTPResponseException) -> Outcome:
        reply = _reply(error.code, error.message)
        if error.code == SERVICE_CLOSING:
            self._smtp.close()
            return Unreachable(reply)
        await self._reset()
        if isinstance(error, SMTPSenderRefused):
            # Our own address is refused: that is for an administrator to mend, and not the
            # recipient's fault. The mail waits.
            return Deferred(f"our sender address was refused: {reply}")
        if isinstance(error, SMTPRecipientRefused):
            reply = f"the recipient was refused: {reply}"
        return Refused(reply) if 500 <= error.code < 600 else Deferred(reply)

    async def _reset(self) -> None:
        try:
            await self._smtp.rset()
        except (SMTPException, OSError):
            self._smtp.close()


def _is_fit(recipient: str) -> bool:
    return deliverable(recipient) == recipient


def _reply(code: int, message: str) -> str:
    return f"{code} {' '.join(message.split())}"[:500]


def _one_line(error: BaseException) -> str:
    if isinstance(error, SMTPResponseException):
        return _reply(error.code, error.message)
    return " ".join(f"{type(error).__name__}: {error}".split())[:500]
