"""Mails by which somebody ends a newsletter: the token in the address that they were sent to. Pure.

Mail programs write such a mail where a newsletter's List-Unsubscribe names an address (RFC 2369).
"""

import re
from collections.abc import Iterable
from typing import Final

_LETTER: Final = r"([A-Za-z0-9_-]{20,100})"
PLACE: Final = "{token}"


def unsubscribing_token(sent_to: Iterable[str], pattern: str | None) -> str:
    """The token in the first of the addresses that is ours to unsubscribe; empty if none is.

    `pattern` is such an address with `{token}` in it, as the notifier's settings have it.
    """
    if not pattern:
        return ""
    before, _, after = pattern.partition(PLACE)
    ours = re.compile(f"{re.escape(before)}{_LETTER}{re.escape(after)}", re.IGNORECASE)
    found = (ours.fullmatch(address) for address in sent_to)
    return next((match.group(1) for match in found if match), "")
