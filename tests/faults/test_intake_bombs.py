"""Mails made to bring a parser down: each is kept, goes to a person, and stops nothing else."""

import base64
import time
from collections.abc import Iterator

import pytest

from services.intake.sandbox.client import Sandbox
from shared.events import Disposition, Reason
from tests.intake import Intake, plain_mail, sandbox


@pytest.fixture(scope="module")
def children() -> Iterator[Sandbox]:
    made = sandbox(memory_mib=300, cpu_s=8, wall_s=12.0)
    # What is timed below is the reading, not the start of what reads.
    made.warm_up()
    yield made
    made.close()


def nested_parts(depth: int) -> bytes:
    return b"From: a@b.se\r\n" + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level)
        for level in range(depth)
    )


def nested_mails(depth: int) -> bytes:
    return b"From: a@b.se\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * depth


def many_parts(count: int) -> bytes:
    return (
        b"From: a@b.se\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        + b"--b\r\nContent-Type: application/pdf\r\n\r\nx\r\n" * count
        + b"--b--\r\n"
    )


def matryoshka(depth: int) -> bytes:
    """A mail in a mail in a mail, each encoded anew: it shrinks to nothing as it is opened."""
    data = plain_mail("innerst")
    for _ in range(depth):
        data = (
            b"From: a@b.se\r\nContent-Type: application/octet-stream; name=x.eml\r\n"
            b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(data)
        )
    return data


HOSTILE = {
    "1,000 nested parts": nested_parts(1000),
    "10,000 nested parts": nested_parts(10_000),
    "1,000 nested mails": nested_mails(1000),
    "20,000 parts": many_parts(20_000),
    "25 mails in each other": matryoshka(25),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_what_cannot_be_taken_apart_goes_to_a_person(
    intake: Intake, children: Sandbox, name: str
) -> None:
    read = await intake.read(children, HOSTILE[name])
    assert set(read.mail_reasons) & {
        Reason.UNREADABLE_MAIL,
        Reason.TOO_MANY_PARTS,
        Reason.READER_TIMEOUT,
        Reason.READER_MEMORY,
    }
    assert intake.originals() == [HOSTILE[name]]
    assert not any(account.faults for account in intake.accounts())


HARMLESS = {
    "40 kB of quotes in Content-Type": b'Content-Type: text/plain; x="' + b'"' * 40_000,
    "40 kB of backslashes": b'Content-Type: text/plain; name="' + b"\\" * 40_000,
    "224 kB of encoded words": b"Subject: " + b"=?utf-8?q?a?= " * 16_000,
    "a megabyte of parameters": b"Content-Type: text/plain" + b"; a*0=b" * 140_000,
    "a hundred thousand headers": b"\r\n".join(b"X: y" for _ in range(100_000)),
    "a hundred thousand addresses": b"From: " + b"a@b.se, " * 100_000,
    "a deep comment": b"From: " + b"(" * 50_000 + b"a@b.se",
    "a long boundary": b"Content-Type: multipart/mixed; boundary=" + b"b" * 100_000,
}


@pytest.mark.parametrize("name", HARMLESS)
async def test_hostile_headers_cost_no_time(intake: Intake, children: Sandbox, name: str) -> None:
    began_at = time.monotonic()
    read = await intake.read(children, HARMLESS[name] + b"\r\n\r\nhej")
    assert time.monotonic() - began_at < 6
    assert read.disposition is Disposition.QUESTION or read.mail_reasons


async def test_markup_without_end_is_read_in_time(intake: Intake, children: Sandbox) -> None:
    html = b"Content-Type: text/html\r\n\r\n" + b"<a " * 400_000
    read = await intake.read(children, html)
    assert read.disposition in (Disposition.QUESTION, Disposition.REVIEW)


async def test_the_mail_after_a_bomb_is_read_as_if_nothing_had_happened(
    intake: Intake, children: Sandbox
) -> None:
    await intake.read(children, HOSTILE["10,000 nested parts"])
    read = await intake.read(children, plain_mail("en vanlig fråga"))
    assert read.disposition is Disposition.QUESTION
