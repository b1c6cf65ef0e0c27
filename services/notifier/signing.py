"""DKIM signatures on what leaves (RFC 6376). Only this imports dkim."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import dkim

from shared.errors import WrongSetting

# Named once more than it occurs, a header cannot be added to a mail that was signed.
_ONCE_MORE: Final = (b"from", b"to", b"cc", b"subject", b"date", b"reply-to", b"content-type")
_SIGNED: Final = (
    b"from", b"to", b"subject", b"date", b"message-id", b"in-reply-to", b"references",
    b"auto-submitted", b"list-unsubscribe", b"list-unsubscribe-post", b"mime-version",
    b"content-type", b"content-transfer-encoding",
)  # fmt: skip


@dataclass(frozen=True)
class Signer:
    """Signs for one domain, with one key (RSA, PEM)."""

    domain: str
    selector: str
    key: bytes

    @classmethod
    def from_file(cls, domain: str, selector: str, file: Path) -> "Signer":
        """Read the key; WrongSetting if it cannot be read or used."""
        try:
            signer = cls(domain, selector, file.read_bytes())
            signer.sign(b"From: a@b.se\r\n\r\n")
        except OSError as error:
            raise WrongSetting(
                f"HANDSLAG_NOTIFIER__DKIM_KEY_FILE: {file}: {error.strerror}"
            ) from error
        except dkim.DKIMException as error:
            raise WrongSetting(
                f"HANDSLAG_NOTIFIER__DKIM_KEY_FILE: {file} is no RSA key in PEM: {error}"
            ) from error
        return signer

    def sign(self, data: bytes) -> bytes:
        """Return a mail with its signature on top: of the whole body, never a part of it (`l=`)."""
        present = {name.lower() for name in re.findall(rb"(?m)^([!-9;-~]+):", _head(data))}
        headers = [name for name in _SIGNED if name in present]
        signature: bytes = dkim.sign(
            data,
            self.selector.encode("ascii"),
            self.domain.encode("ascii"),
            self.key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[*headers, *_ONCE_MORE],
        )
        return signature + data


def _head(data: bytes) -> bytes:
    return data.partition(b"\r\n\r\n")[0]
