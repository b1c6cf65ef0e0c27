"""Whether the sender is who it says, as far as our own mail server found out (RFC 8601).

The only module that knows authres. Anybody can write an Authentication-Results header: only the
topmost is believed, and only from the configured server; what cannot be told is neutral. Runs in
the contained child.
"""

from collections.abc import Sequence

import authres

from services.intake.mail.parsed import Authenticity

MOST_HEADERS = 10


def authenticity(headers: Sequence[str], authserv_id: str | None) -> Authenticity:
    """Judge by the mail's Authentication-Results, topmost first, without the header's name.

    A pass counts in the topmost header only, since those below may have come with the mail; a
    failure counts wherever our server's name stands. DMARC decides where it was checked: it
    allows for forwarding, which breaks SPF.
    """
    if not authserv_id:
        return Authenticity.UNKNOWN
    ours = [
        _results(value)
        for value in headers[:MOST_HEADERS]
        if value.split(";")[0].split(maxsplit=1)[:1] == [authserv_id]
    ]
    topmost_is_ours = bool(headers) and (
        headers[0].split(";")[0].split(maxsplit=1)[:1] == [authserv_id]
    )
    everywhere = {result for results in ours for result in results}
    if ("dmarc", "fail") in everywhere:
        return Authenticity.NOT_AUTHENTIC
    topmost = ours[0] if ours and topmost_is_ours else frozenset()
    if ("dmarc", "pass") in topmost:
        return Authenticity.AUTHENTIC
    if ("spf", "fail") in everywhere or ("dkim", "fail") in everywhere:
        return Authenticity.NOT_AUTHENTIC
    return Authenticity.UNKNOWN


def _results(value: str) -> frozenset[tuple[str, str]]:
    try:
        header = authres.AuthenticationResultsHeader.parse(f"Authentication-Results: {value}")
    except Exception:  # its parser raises what it likes on hostile input
        return frozenset()
    return frozenset((str(one.method).lower(), str(one.result).lower()) for one in header.results)
