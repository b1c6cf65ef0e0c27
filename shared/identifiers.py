"""The identifiers that cross the services.

All are strings with a checked shape. A mail's and a document's identifier are derived from the
mail's bytes, so that reading the same original again, on any host, names the same things.
"""

import hashlib
from typing import Annotated

from pydantic import StringConstraints

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 of some bytes, in lower-case hex; the name of those bytes in the archive."""

MailId = Annotated[str, StringConstraints(pattern=r"^m[0-9a-f]{23}$")]
"""`m` + the first 23 hex digits of the SHA-256 of the mail as it arrived."""

DocumentId = Annotated[str, StringConstraints(pattern=r"^m[0-9a-f]{23}-[0-9]{1,4}$")]
"""The mail's identifier + `-` + the document's number in that mail, from 1."""

InitiativeId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](-?[a-z0-9])*$", max_length=20)]
"""For example `kompetens-2024`: short enough, and plain enough, to be printed in a QR code."""

MunicipalityCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]
"""Kommunkod, a string: 90 of the 290 start with 0."""

OptionKey = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,20}$")]
"""The key of one option of a form, for example `ja` or `nej`."""


def digest_of(data: bytes) -> str:
    """Return the SHA-256 of `data` as 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()


def mail_id_of(digest: str) -> str:
    """Return the MailId of the mail whose bytes have this digest."""
    return "m" + digest[:23]


def document_id_of(mail_id: str, number: int) -> str:
    """Return the DocumentId of document `number` (from 1) of a mail."""
    return f"{mail_id}-{number}"
