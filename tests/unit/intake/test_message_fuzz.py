"""Whatever the bytes: a mail is taken apart, or said to be unreadable; nothing else comes out."""

from hypothesis import given, settings
from hypothesis import strategies as st

from services.intake.mail.message import UnreadableMail, parse
from services.intake.mail.parsed import MailParsed, MessageLimits
from shared.events import PartFate

NAMES = st.sampled_from(
    ["From", "Subject", "Content-Type", "Content-Disposition", "Content-Transfer-Encoding",
     "Content-ID", "Return-Path", "Message-ID", "References", "Authentication-Results", "List-Id"]
)  # fmt: skip
PIECES = st.sampled_from(
    ["multipart/mixed; boundary=b", "multipart/report; report-type=delivery-status; boundary=b",
     "message/rfc822", "message/delivery-status", "text/plain; charset=", "text/html", "utf-16",
     "unicode_escape", "utf-7", "punycode", "base64", "quoted-printable", "x-uuencode",
     "attachment; filename=", "filename*=utf-8''%ff", "=?utf-8?b?gICA?=", "=?x?q?=ff?=",
     '"', "\\", "\0", "<", ">", "@", "å", ";", "=", "mx.example; dmarc=pass"]
)  # fmt: skip
VALUES = st.lists(PIECES | st.text(max_size=20), max_size=6).map("".join)
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=8).map(
    lambda rows: "".join(f"{name}: {value}\r\n" for name, value in rows).encode(
        "utf-8", "surrogatepass"
    )
)
MAGIC = st.sampled_from([b"%PDF-1.7", b"PK\x03\x04", b"\xff\xd8\xff\xe0", b"GIF89a"])
BODIES = st.binary(max_size=60) | MAGIC
PARTS = st.lists(st.tuples(HEADERS, BODIES), max_size=5).map(
    lambda parts: b"".join(b"--b\r\n" + head + b"\r\n" + body + b"\r\n" for head, body in parts)
)
MAILS = st.tuples(HEADERS, PARTS | BODIES).map(lambda both: both[0] + b"\r\n" + both[1])


@settings(max_examples=400)
@given(MAILS)
def test_every_mail_is_taken_apart_or_said_to_be_unreadable(data: bytes) -> None:
    try:
        parsed, documents = parse(data, MessageLimits(authserv_id="mx.example"))
    except UnreadableMail:
        return
    assert MailParsed.model_validate_json(parsed.model_dump_json()) == parsed
    assert [part.index for part in parsed.parts] == list(range(len(parsed.parts)))
    assert len(documents) == sum(part.fate is PartFate.DOCUMENT for part in parsed.parts)
    assert all(part.reason for part in parsed.parts if part.fate is PartFate.SKIPPED)
    for text in (parsed.subject, parsed.from_name, *(part.filename for part in parsed.parts)):
        assert text.isprintable()
    assert "\0" not in parsed.text
