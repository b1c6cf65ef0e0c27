"""Every kind of mail as a parser of another make understands it: Dovecot's, over IMAP.

It takes mails apart by its own code, decodes headers for its search, and tells their structure as
RFC 9051 has it, which is what mail programs go by.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from email.header import decode_header, make_header
from typing import Any

import pytest
from imapclient.response_types import BodyData, Envelope

from tests.dovecot import Dovecot
from tests.unit.notifier.builders import parsed
from tests.unit.notifier.every_mail import FILES, every_mail

READER = "lasare@habo.example"
MAILS = dict(every_mail())


@dataclass(frozen=True)
class Read:
    """What Dovecot made of a mail."""

    envelope: Envelope
    structure: BodyData
    text: str
    html: str


@pytest.fixture(scope="module")
def read_by_dovecot() -> Iterator[dict[str, Read]]:
    """Of each mail its envelope, its structure, and its two bodies as they are decoded there."""
    server = Dovecot()
    try:
        server.add_user(READER)
        server.start()
        server.append(READER, *MAILS.values())
        with server.client(READER) as client:
            numbers = client.search("ALL")
            found = client.fetch(numbers, ["ENVELOPE", "BODYSTRUCTURE"])
        read = {}
        for name, number in zip(MAILS, numbers, strict=True):
            structure = found[number][b"BODYSTRUCTURE"]
            parts = ("1.1", "1.2") if _is_mixed(structure) else ("1", "2")
            bodies = [_decoded_there(server, number, part) for part in parts]
            read[name] = Read(found[number][b"ENVELOPE"], structure, *bodies)
        yield read
    finally:
        server.close()


def _decoded_there(server: Dovecot, uid: int, part: str) -> str:
    """A body, its transfer encoding undone by Dovecot."""
    printed = server.doveadm(
        "-f", "json", "fetch", "-u", READER, f"binary.{part}", "mailbox", "INBOX", "uid", str(uid)
    )
    return str(json.loads(printed)[0][f"binary.{part}"])


def _is_mixed(structure: BodyData) -> bool:
    return bool(structure[1].lower() == b"mixed")


def _alternatives(structure: BodyData) -> list[Any]:
    return list((structure[0][0] if _is_mixed(structure) else structure)[0])


@pytest.mark.parametrize("name", MAILS)
def test_another_parser_reads_what_we_wrote(name: str, read_by_dovecot: dict[str, Read]) -> None:
    read = read_by_dovecot[name]
    envelope, structure = read.envelope, read.structure
    ours = parsed(MAILS[name])
    assert _decoded(envelope.subject) == ours["Subject"]
    assert envelope.message_id.decode() == ours["Message-ID"]
    assert (envelope.in_reply_to or b"").decode() == (ours["In-Reply-To"] or "")
    for theirs, header in ((envelope.from_, ours["From"]), (envelope.to, ours["To"])):
        assert [f"{each.mailbox.decode()}@{each.host.decode()}" for each in theirs] == [
            address.addr_spec for address in header.addresses
        ]
        assert [_decoded(each.name) for each in theirs] == [
            address.display_name for address in header.addresses
        ]
    kinds = [(part[0].lower(), part[1].lower()) for part in _alternatives(structure)]
    assert kinds[:2] == [(b"text", b"plain"), (b"text", b"html")]
    for part, body in zip(_alternatives(structure)[:2], (read.text, read.html), strict=True):
        assert part[2][part[2].index(b"charset") + 1] == b"utf-8"
        words = ours.get_body((part[1].lower().decode(),))
        assert words is not None
        assert _lines(body) == _lines(words.get_content())


def test_another_parser_finds_the_files_under_their_names(
    read_by_dovecot: dict[str, Read],
) -> None:
    for kind, names in FILES.items():
        structure = read_by_dovecot[f"letter {kind}"].structure
        attached = [_named(part) for part in structure[0][1:]]
        assert attached == list(names)
    invitation = read_by_dovecot["letter invitation"].structure
    calendars = [*_alternatives(invitation)[2:], *invitation[0][1:]]
    assert [(part[0].lower(), part[1].lower()) for part in calendars] == [
        (b"text", b"calendar"),
        (b"text", b"calendar"),
    ]


def _decoded(value: bytes | None) -> str:
    return str(make_header(decode_header((value or b"").decode())))


def _named(part: BodyData) -> str:
    """The name that older programs go by, in Content-Type."""
    return _decoded(part[2][part[2].index(b"name") + 1])


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").rstrip("\n").split("\n")
