"""What is remembered of a log-in while the person is away at the provider.

What the answer is checked against goes with the browser, in a signed cookie: no stranger can fill
our memory, and the answer is worth something in that browser only. A form that was typed before
the log-in is too large for a cookie and is kept here, within a limit.
"""

import hmac
import secrets
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass

from itsdangerous import BadData, URLSafeTimedSerializer

LIFETIME_S = 600
"""How long a person may be at the provider."""
_MAX_KEPT_BYTES = 16_000_000
_MAX_ADDRESS = 1_000
"""A cookie holds 4096 bytes in all; a longer address leads to the front page instead."""


@dataclass(frozen=True)
class Attempt:
    """One log-in that has been begun."""

    state: str
    """Ties the provider's answer to the browser that asked (RFC 6749, 10.12)."""
    nonce: str
    """Ties the ID token to this log-in (OpenID Connect Core 1.0, 15.5.2)."""
    verifier: str
    """Ties the code to who asked for it (RFC 7636)."""
    redirect_uri: str
    leads_to: str
    """The page of ours that was asked for; not to be trusted more than any address."""

    def is_answered_by(self, state: str) -> bool:
        """Tell whether an answer with this state belongs here."""
        return hmac.compare_digest(self.state.encode(), state.encode())


class Attempts:
    """Begins log-ins and knows them again; they do not outlive the process."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` returns seconds; it need not be the time of day."""
        self._seal = URLSafeTimedSerializer(secrets.token_bytes(32), salt="log-in attempt")
        self._clock = clock
        self._kept: dict[str, tuple[float, str]] = {}
        self._lock = threading.Lock()

    def begin(self, redirect_uri: str, leads_to: str, kept: str) -> Attempt | None:
        """Begin a log-in, or return None where there is no room for `kept`, a form's content."""
        attempt = Attempt(
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            redirect_uri=redirect_uri,
            leads_to=leads_to if len(leads_to.encode()) <= _MAX_ADDRESS else "",
        )
        if kept and not self._keep(attempt.state, kept):
            return None
        return attempt

    def sealed(self, attempt: Attempt) -> str:
        """Return what the browser's cookie shall hold."""
        return str(self._seal.dumps(asdict(attempt)))

    def opened(self, cookie: str) -> Attempt | None:
        """Return the attempt of a cookie, unless it is old or not of our making."""
        try:
            return Attempt(**self._seal.loads(cookie, max_age=LIFETIME_S))
        except BadData:
            return None

    def take_kept(self, attempt: Attempt) -> str:
        """Hand out what was typed before the log-in, once; empty if nothing was."""
        with self._lock:
            return self._kept.pop(attempt.state, (0.0, ""))[1]

    def _keep(self, state: str, text: str) -> bool:
        now = self._clock()
        with self._lock:
            for old in [one for one, (until, _) in self._kept.items() if until < now]:
                del self._kept[old]
            size = sum(len(one.encode()) for _, one in self._kept.values())
            if size + len(text.encode()) > _MAX_KEPT_BYTES:
                return False
            self._kept[state] = (now + LIFETIME_S, text)
        return True
