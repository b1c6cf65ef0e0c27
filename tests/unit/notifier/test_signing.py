"""DKIM: what is signed holds for another implementation, and for nothing that was changed."""

import base64
import hashlib
import re
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from services.notifier.compose_letter import compose_letter
from services.notifier.settings import NotifierSection
from services.notifier.signing import Signer
from shared.errors import WrongSetting
from shared.events import LetterKind
from tests.unit.notifier.builders import NOON, house, letter

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    file = tmp_path / "dkim.pem"
    file.write_bytes(
        KEY.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    return file


@pytest.fixture
def signed(key_file: Path) -> bytes:
    event = letter(
        kind=LetterKind.NEWSLETTER,
        unsubscribe="k" * 32,
        recipient_name="Åsa Öberg, Håbo kommun",
        in_reply_to="<offer.1@skr.se>",
    )
    sender = house(unsubscribe_url="https://x.se/{token}")
    data = compose_letter(event, sender, dated=NOON, read=lambda digest: b"")
    return Signer.from_file("skr.se", "handslag", key_file).sign(data)


def verify(mail: bytes) -> dict[str, str]:
    """RFC 6376, 6.1, written out here: the tags, if body and headers are what was signed."""
    head, _, body = mail.partition(b"\r\n\r\n")
    fields = re.findall(rb"(?ms)^([!-9;-~]+):(.*?)(?=\r\n(?![ \t])|\Z)", head)
    signature = next(value for name, value in fields if name == b"DKIM-Signature")
    tags = {
        name.strip().decode(): re.sub(r"\s", "", value.decode())
        for name, _, value in (tag.partition(b"=") for tag in signature.split(b";"))
        if name.strip()
    }
    lines = [re.sub(rb"[ \t]+", b" ", line).rstrip() for line in body.split(b"\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    plain = b"".join(line + b"\r\n" for line in lines)
    assert base64.b64encode(hashlib.sha256(plain).digest()).decode() == tags["bh"], "the body"
    left = [(name.lower(), value) for name, value in fields]
    chosen = b""
    for name in tags["h"].split(":"):
        at = next((i for i in reversed(range(len(left))) if left[i][0] == name.encode()), None)
        if at is not None:
            chosen += _relaxed(*left.pop(at)) + b"\r\n"
    bare = re.sub(rb"(?s)(\bb=)[^;]*$", rb"\1", signature)
    chosen += _relaxed(b"dkim-signature", bare)
    KEY.public_key().verify(
        base64.b64decode(tags["b"]), chosen, padding.PKCS1v15(), hashes.SHA256()
    )
    return tags


def _relaxed(name: bytes, value: bytes) -> bytes:
    return name + b":" + re.sub(rb"[ \t]+", b" ", value.replace(b"\r\n", b"")).strip()


def test_another_implementation_finds_the_signature_good(signed: bytes) -> None:
    tags = verify(signed)
    assert (tags["d"], tags["s"], tags["a"]) == ("skr.se", "handslag", "rsa-sha256")
    assert "l" not in tags, "what is appended must not pass as signed"


def test_all_that_a_reader_sees_and_that_ends_a_newsletter_is_signed(signed: bytes) -> None:
    names = verify(signed)["h"].split(":")
    assert {"from", "to", "subject", "date", "message-id", "in-reply-to"} <= set(names)
    assert {"list-unsubscribe", "list-unsubscribe-post"} <= set(names)
    assert names.count("from") == names.count("subject") == 2, "no second one can be added"


@pytest.mark.parametrize(
    ("former", "changed"),
    [
        (b"\r\nSubject: ", b"\r\nSubject: Re "),
        (b"Content-Language: sv", b"Content-Language: sv\r\nSubject: another"),
    ],
)
def test_what_was_changed_does_not_hold(signed: bytes, former: bytes, changed: bytes) -> None:
    assert former in signed
    with pytest.raises(InvalidSignature):
        verify(signed.replace(former, changed, 1))
    with pytest.raises(AssertionError, match="body"):
        verify(signed + b"P.S.\r\n")


def test_a_key_that_is_none_stops_the_service_with_a_clear_word(tmp_path: Path) -> None:
    with pytest.raises(WrongSetting, match="DKIM_KEY_FILE"):
        Signer.from_file("skr.se", "handslag", tmp_path / "none.pem")
    (tmp_path / "bad.pem").write_text("no key")
    with pytest.raises(WrongSetting, match="no RSA key"):
        Signer.from_file("skr.se", "handslag", tmp_path / "bad.pem")


def test_half_of_the_settings_is_refused() -> None:
    with pytest.raises(ValueError, match="dkim_selector"):
        NotifierSection(dkim_domain="skr.se")
