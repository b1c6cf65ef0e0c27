"""Whether the sender is who it says, as far as our own mail server found out (RFC 8601).

The only module that knows authres. Anybody can write an Authentication-Results header: only the
topmost is believed, and only from the configured server; what cannot be told is neutral. Runs in
the contained child.
"""

import re
from collections.abc import Sequence
from typing import Final

import authres

from services.intake.mail.parsed import Authenticity

MOST_HEADERS: Final = 10
EXCHANGE_ONLINE: Final = "exchange-online"
"""Stands for a server that names nobody in its header, as Exchange Online does."""

_COMMENT = re.compile(r"\([^()]*\)")
_RESULT = re.compile(r"\s*(dmarc|spf|dkim)\s*=\s*([a-z]+)", re.IGNORECASE)


def authenticity(headers: Sequence[str], authserv_id: str | None) -> Authenticity:
    """Judge by the mail's Authentication-Results, topmost first, without the header's name.

    A pass counts in the topmost header only, since those below may have come with the mail; a
    failure counts wherever our server's name stands. DMARC decides where it was checked: it
    allows for forwarding, which breaks SPF.
    """
    if not authserv_id:
        return Authenticity.UNKNOWN
    ours = authserv_id.strip().lower()
    looked_at = headers[:MOST_HEADERS]
    written_by_us = [_is_from(value, ours) for value in looked_at]
    found = [
        _results(value, ours) for value, is_ours in zip(looked_at, written_by_us, strict=True)
        if is_ours
    ]  # fmt: skip
    everywhere = {result for results in found for result in results}
    if ("dmarc", "fail") in everywhere:
        return Authenticity.NOT_AUTHENTIC
    if written_by_us[:1] == [True] and ("dmarc", "pass") in found[0]:
        return Authenticity.AUTHENTIC
    if ("spf", "fail") in everywhere or ("dkim", "fail") in everywhere:
        return Authenticity.NOT_AUTHENTIC
    return Authenticity.UNKNOWN


def _is_from(value: str, ours: str) -> bool:
    """Tell by what stands before the first semicolon: a server's name, or at once a result."""
    first = value.split(";")[0]
    if ours == EXCHANGE_ONLINE:
        return _RESULT.match(first) is not None
    return first.lower().split(maxsplit=1)[:1] == [ours]


def _results(value: str, ours: str) -> frozenset[tuple[str, str]]:
    if ours == EXCHANGE_ONLINE:
        return _results_of_exchange(value)
    try:
        header = authres.AuthenticationResultsHeader.parse(f"Authentication-Results: {value}")
    except Exception:  # its parser raises what it likes on hostile input
        return frozenset()
    return frozenset((str(one.method).lower(), str(one.result).lower()) for one in header.results)


def _results_of_exchange(value: str) -> frozenset[tuple[str, str]]:
    """Each method's result. Not in the grammar of RFC 8601: no name, and `action=none` alone."""
    found = (_RESULT.match(part) for part in _COMMENT.sub(" ", value).split(";"))
    return frozenset((one.group(1).lower(), one.group(2).lower()) for one in found if one)
