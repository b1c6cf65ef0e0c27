"""The demo's own post office: SMTP, IMAP and webmail in one process, in memory.

Every address is a mailbox, all with the same password. The mailboxes and the webmail are
mail-devel's; delivery is ours, because a post office must deliver by envelope, byte for byte.
"""

import argparse
import asyncio
import contextlib
import os
import signal
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

from aiosmtpd.controller import UnthreadedController
from aiosmtpd.smtp import SMTP, Envelope, Session
from mail_devel.auth import IMAPAuthenticator, SMTPAuthenticator
from mail_devel.http import Frontend
from mail_devel.mailbox import TestMailboxDict
from pymap.backend.dict import Config, DictBackend
from pymap.backend.dict import mailbox as pymap_mailbox
from pymap.backend.dict.filter import FilterSet
from pymap.imap import IMAPService
from pymap.mime import MessageBody, MessageContent, MessageHeader
from pymap.parsing.message import AppendMessage

LARGEST_MAIL_BYTES = 150_000_000
PASSWORD_VARIABLE = "HANDSLAG_DEMO_MAIL_PASSWORD"  # noqa: S105 - the name of a variable
FIRST_USER = "registratur@skr.se"


class ToughContent(MessageContent):
    """A mail as the IMAP server sees it; one that could choke a MIME parser is left unparsed.

    The bytes are served as they came either way: choking is for the program under demonstration
    to avoid.
    """

    @classmethod
    def parse(cls, data: bytes) -> MessageContent:
        lines = cls._find_lines(data)
        head, body = cls._split_lines(data, lines)
        head_bytes = sum(line[2] - line[0] for line in head)
        if head_bytes < 20_000 and data.lower().count(b"boundary=") < 50:
            with contextlib.suppress(Exception):
                return super().parse(data)
        kind = MessageBody._parse_content_type("application/octet-stream")
        header = MessageHeader._parse(data, memoryview(data), [])
        return cls(data, header, MessageBody(data, body, kind, []))


class Delivery:
    """Puts each mail, byte for byte, in the mailbox of each recipient of its envelope."""

    def __init__(self, mailboxes: TestMailboxDict) -> None:
        self._mailboxes = mailboxes

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content: Any = envelope.content
        # aiosmtpd gives the empty sender of a bounce as "<>".
        sender = (envelope.mail_from or "").strip("<>")
        raw = b"Return-Path: <%s>\r\n" % sender.encode() + bytes(content)
        message = AppendMessage(literal=raw, when=datetime.now(UTC), flag_set=frozenset())
        head = raw[:20_000].partition(b"\r\n\r\n")[0].lower()
        folder = "Junk" if b"\nx-spam-flag: yes" in head else "INBOX"
        for address in dict.fromkeys(envelope.rcpt_tos):
            account = await self._mailboxes.get(address.lower())
            await (await account.get_mailbox(folder)).append(message)
        return "250 2.0.0 Delivered"


async def serve(host: str, smtp_port: int, imap_port: int, http_port: int, password: str) -> None:
    """Run the post office until cancelled."""
    setattr(pymap_mailbox, "MessageContent", ToughContent)  # noqa: B010 - not exported by name
    filters = FilterSet()
    config = Config.from_args(
        argparse.Namespace(
            demo_data=False,
            demo_user=FIRST_USER,
            demo_password=password,
            host=host,
            port=imap_port,
            debug=False,
            cert=None,
            key=None,
            passlib_cfg=None,
            tls=False,
            proxy_protocol=None,
            inherited_sockets=None,
        )
    )
    login = IMAPAuthenticator(config, multi_user=True)
    await DictBackend._add_demo_user(config, login)
    mailboxes = TestMailboxDict(config, filters, multi_user=True)
    smtp = UnthreadedController(
        Delivery(mailboxes),
        hostname=host,
        port=smtp_port,
        loop=asyncio.get_running_loop(),
        data_size_limit=LARGEST_MAIL_BYTES,
        enable_SMTPUTF8=True,
        decode_data=False,
        auth_require_tls=False,
        authenticator=SMTPAuthenticator(FIRST_USER, password, multi_user=True),
        ident="Handslag demo post office",
    )
    webmail = Frontend(mailboxes, user=FIRST_USER, host=host, port=http_port, multi_user=True)
    backend = DictBackend(login, config)
    async with AsyncExitStack() as stack:
        await backend.start(stack)
        for address in (FIRST_USER, "handslaget@skr.se"):
            await (await mailboxes.get(address)).get_mailbox("Junk")
        await IMAPService(backend, config).start(stack)
        runner = await webmail.start()
        stack.push_async_callback(runner.cleanup)
        server = await smtp._create_server()
        stack.callback(server.close)
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    for name in ("smtp", "imap", "http"):
        parser.add_argument(f"--{name}", type=int, required=True, metavar="PORT")
    arguments = parser.parse_args()

    async def run() -> None:
        task = asyncio.ensure_future(
            serve(
                arguments.host,
                arguments.smtp,
                arguments.imap,
                arguments.http,
                os.environ[PASSWORD_VARIABLE],
            )
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(run())


if __name__ == "__main__":
    main()
