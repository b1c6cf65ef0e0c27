"""Every POST must come from a page of ours: a token in the form, and the browser's own word.

A person who is logged in has a random token in the session's row. For the log-in form, where
there is no session yet, the token is derived from a random cookie (OWASP, Cross-Site Request
Forgery Prevention: HMAC-based token). The Origin header, which a page of somebody else cannot
forge, is checked as well: either alone would do on a good day.
"""

import hashlib
import hmac
from urllib.parse import urlsplit

FIELD = "_csrf"
"""The name of the hidden field that carries the token."""


class FormRefused(Exception):
    """The form does not come from a page of ours, or from one that is no longer valid."""


def token_for_stranger(cookie: str) -> str:
    """Return the token of the forms shown to somebody who is not logged in, from their cookie."""
    return hmac.new(cookie.encode(), b"handslag form token", hashlib.sha256).hexdigest()


def check_token(expected: str, given: str) -> None:
    """Raise FormRefused unless the form carries the token it was given."""
    if not expected or not hmac.compare_digest(expected.encode(), given.encode()):
        raise FormRefused("wrong token")


def check_origin(host: str, origin: str | None, referer: str | None) -> None:
    """Raise FormRefused unless the browser says that the form stood on a page of this host.

    `host` is the Host header. Browsers send Origin with every POST; Referer stands in for it
    only where a proxy has removed it. Neither is not good enough.
    """
    if origin is None and referer is None:
        raise FormRefused("neither Origin nor Referer")
    came_from = urlsplit(origin if origin is not None else referer or "")
    if came_from.scheme not in ("http", "https") or came_from.netloc.lower() != host.lower():
        raise FormRefused("another site's page")
