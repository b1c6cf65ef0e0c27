"""The SMTP and LMTP doors: 250 means that the mail is safe, and nothing else does."""

import asyncio
import contextlib
import smtplib
import socket
import tracemalloc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from services.console.ports import free_port
from services.intake.mail.smtp import CONNECTIONS, open_door
from services.intake.settings import MIB, MailboxSettings
from shared.archive import ArchiveUnavailable
from shared.events import MailArchived
from tests.intake import USER, Intake, plain_mail

BOXES = (
    MailboxSettings.model_validate({"address": USER}),
    MailboxSettings.model_validate({"address": "handslaget@skr.example", "role": "needs"}),
)


@asynccontextmanager
async def door(
    receive: Callable[..., str], protocol: str = "smtp", limit_mib: int = 1
) -> AsyncIterator[int]:
    port = free_port()
    async with await open_door(protocol, f"127.0.0.1:{port}", BOXES, receive, limit_mib):
        yield port


async def send(
    port: int,
    data: bytes,
    *recipients: str,
    sender: str = "kommun@kommun.example",
    client: type[smtplib.SMTP] = smtplib.SMTP,
) -> Any:
    def talk() -> Any:
        with client("127.0.0.1", port) as smtp:
            return smtp.sendmail(sender, recipients or (USER,), data)

    return await asyncio.to_thread(talk)


async def say(port: int, *lines: bytes) -> list[bytes]:
    """Send raw lines, one after each answer; returns the answers."""

    def talk() -> list[bytes]:
        answers = []
        with socket.create_connection(("127.0.0.1", port), 10) as connection:
            stream = connection.makefile("rwb")
            answers.append(stream.readline())
            for line in lines:
                stream.write(line)
                stream.flush()
                answer = stream.readline()
                while answer[3:4] == b"-":
                    answer = stream.readline()
                answers.append(answer)
        return answers

    return await asyncio.to_thread(talk)


async def test_a_mail_that_was_answered_250_is_kept_and_announced(intake: Intake) -> None:
    async with door(intake.receiver.receive) as port:
        await send(port, plain_mail("svar"))
    [row] = intake.mails()
    assert (row.door, row.mailbox, row.return_path) == ("smtp", USER, "kommun@kommun.example")
    assert intake.originals() == [plain_mail("svar")]
    [event] = intake.told(MailArchived)
    assert event.return_path == "kommun@kommun.example"


async def test_a_bounce_s_empty_sender_and_a_tagged_address_are_understood(
    intake: Intake,
) -> None:
    async with door(intake.receiver.receive) as port:
        await send(port, plain_mail("studs"), "Registratur+0123456789abcdef@SKR.example", sender="")
    [row] = intake.mails()
    assert (row.mailbox, row.return_path) == (USER, "")


async def test_strangers_recipients_are_refused(intake: Intake) -> None:
    async with door(intake.receiver.receive) as port:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            await send(port, plain_mail("relä"), "nagon@annan.example")
        assert next(iter(refused.value.recipients.values()))[0] == 550
    assert intake.mails() == []


async def test_lmtp_takes_one_recipient_at_a_time(intake: Intake) -> None:
    async with door(intake.receiver.receive, "lmtp") as port:
        refused = await send(
            port, plain_mail("svar"), USER, "handslaget@skr.example", client=smtplib.LMTP
        )
        assert refused["handslaget@skr.example"][0] == 452
        await send(port, plain_mail("behov"), "handslaget@skr.example", client=smtplib.LMTP)
    assert sorted((row.door, row.role) for row in intake.mails()) == [
        ("lmtp", "answers"),
        ("lmtp", "needs"),
    ]


async def test_a_failure_of_our_own_is_temporary(intake: Intake) -> None:
    def full(*_: object) -> str:
        raise ArchiveUnavailable("No space left on device")

    def broken(*_: object) -> str:
        raise ZeroDivisionError

    for receive in (full, broken):
        async with door(receive) as port:
            with pytest.raises(smtplib.SMTPDataError) as refused:
                await send(port, plain_mail("svar"))
            assert refused.value.smtp_code == 451


async def test_too_large_a_mail_is_refused_for_good_before_and_after(intake: Intake) -> None:
    async with door(intake.receiver.receive) as port:
        big = plain_mail("stort", "x" * 70 + "\r\n" + ("y" * 70 + "\r\n") * 20_000)
        with pytest.raises((smtplib.SMTPSenderRefused, smtplib.SMTPDataError)) as refused:
            await send(port, big)
        assert refused.value.smtp_code == 552
        answers = await say(
            port, b"EHLO x\r\n", b"MAIL FROM:<a@b.se>\r\n", f"RCPT TO:<{USER}>\r\n".encode(),
            b"DATA\r\n", big + b"\r\n.\r\n", b"QUIT\r\n",
        )  # fmt: skip
        assert answers[5].startswith(b"552")
    assert intake.mails() == []


@pytest.mark.parametrize("line", [b"a" * 1024, b"\r\n" * 512], ids=["no line end", "many lines"])
async def test_a_mail_without_end_takes_no_memory_and_is_cut_off(
    intake: Intake, line: bytes
) -> None:
    def talk(port: int) -> int:
        with socket.create_connection(("127.0.0.1", port), 10) as connection:
            stream = connection.makefile("rb")
            stream.readline()
            for word in (b"HELO x", b"MAIL FROM:<a@b.se>", b"RCPT TO:<" + USER.encode() + b">",
                         b"DATA"):  # fmt: skip
                connection.sendall(word + b"\r\n")
                stream.readline()
            sent = 0
            with contextlib.suppress(OSError):
                while sent < 64 * MIB:
                    connection.sendall(line * 64)
                    sent += len(line) * 64
            return sent

    tracemalloc.start()
    try:
        async with door(intake.receiver.receive) as port:
            sent = await asyncio.to_thread(talk, port)
            _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sent < 16 * MIB
    assert peak < 8 * MIB
    assert intake.mails() == []


async def test_who_comes_when_all_places_are_taken_is_asked_to_come_again(
    intake: Intake,
) -> None:
    async with door(intake.receiver.receive) as port:
        guests = [await asyncio.open_connection("127.0.0.1", port) for _ in range(CONNECTIONS)]
        assert [(await reader.readline())[:3] for reader, _ in guests] == [b"220"] * CONNECTIONS
        assert (await say(port))[0].startswith(b"421")
        for _, writer in guests:
            writer.close()
            await writer.wait_closed()
        await asyncio.sleep(0.1)
        await send(port, plain_mail("svar"))
    assert intake.originals() == [plain_mail("svar")]


async def test_a_line_longer_than_any_buffer_is_kept_as_it_is(intake: Intake) -> None:
    data = plain_mail("lång", "x" * 300_000 + "\r\n..\r\n.")
    async with door(intake.receiver.receive) as port:
        await send(port, data)
    assert intake.originals() == [data]


@pytest.mark.parametrize(
    "end", [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\n", b"\r.\r\n", b"\r\n.\r"]
)
async def test_no_other_line_ending_ends_a_mail(intake: Intake, end: bytes) -> None:
    """SMTP smuggling: the second mail inside of the first must never be seen as one."""
    smuggled = (
        b"Subject: ett\r\n\r\nhej" + end
        + b"MAIL FROM:<x@y.se>\r\nRCPT TO:<" + USER.encode() + b">\r\nDATA\r\nSubject: smuggel\r\n"
    )  # fmt: skip
    async with door(intake.receiver.receive) as port:
        answers = await say(
            port, b"EHLO x\r\n", b"MAIL FROM:<a@b.se>\r\n", f"RCPT TO:<{USER}>\r\n".encode(),
            b"DATA\r\n", smuggled + b"\r\n.\r\n", b"QUIT\r\n",
        )  # fmt: skip
    assert answers[5].startswith(b"554")
    assert answers[6].startswith(b"221")
    assert intake.mails() == []


async def test_long_lines_and_leading_dots_are_kept_as_they_are(intake: Intake) -> None:
    data = plain_mail("rader", ".punkt\r\n..\r\n" + "x" * 5000)
    async with door(intake.receiver.receive) as port:
        await send(port, data)
    assert intake.originals() == [data]


async def test_a_connection_cut_in_the_middle_of_a_mail_keeps_nothing(intake: Intake) -> None:
    async with door(intake.receiver.receive) as port:
        with socket.create_connection(("127.0.0.1", port), 10) as connection:
            connection.sendall(
                b"EHLO x\r\nMAIL FROM:<a@b.se>\r\nRCPT TO:<" + USER.encode() + b">\r\nDATA\r\n"
                b"Subject: halv\r\n\r\nhej"
            )
            await asyncio.sleep(0.3)
        await send(port, plain_mail("hel"))
    assert intake.originals() == [plain_mail("hel")]
