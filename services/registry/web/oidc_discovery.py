"""What a provider says of itself: its addresses and its keys (OpenID Connect Discovery 1.0)."""

import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import requests
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, KeySet, OKPKey, RSAKey, import_key
from pydantic import BaseModel, ValidationError

from services.registry.settings import is_safe_address

log = structlog.get_logger()

TIMEOUT_S = 5.0
"""For each step of a call: to connect, and to wait for the next bytes."""
_FRESH_S = 3600.0
_DOWN_S = 10.0
"""A provider that did not answer is left alone this long: nobody waits for it in vain."""


class ProviderUnavailable(Exception):
    """The provider does not answer, or not as a provider does. The message is for the log."""


class Provided(BaseModel):
    """The provider's own description."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class Discovery:
    """Fetches description and keys when they are first asked for, and keeps them for an hour."""

    def __init__(self, issuer: str, clock: Callable[[], float]) -> None:
        """`clock` returns seconds; it need not be the time of day."""
        self._issuer = issuer
        self._clock = clock
        self._provided: tuple[float, Provided] | None = None
        self._keys: tuple[float, KeySet] | None = None
        self._down_until = 0.0
        self._lock = threading.Lock()

    def provided(self) -> Provided:
        """Return the description. Raises ProviderUnavailable."""
        with self._lock:
            return self._described()

    def known(self) -> Provided | None:
        """Return the description if it is known already; asks nobody."""
        return self._provided[1] if self._provided else None

    def keys(self, renewed: bool = False) -> KeySet:
        """Return the keys that ID tokens are signed with, fetched anew if asked for.

        Raises ProviderUnavailable.
        """
        with self._lock:
            if self._keys is None or renewed or self._keys[0] < self._clock():
                found = self._fetched(self._described().jwks_uri)
                self._keys = (self._clock() + _FRESH_S, _signing_keys(found))
            return self._keys[1]

    def _described(self) -> Provided:
        if self._provided is None or self._provided[0] < self._clock():
            found = self._fetched(self._issuer.rstrip("/") + "/.well-known/openid-configuration")
            self._provided = (self._clock() + _FRESH_S, self._checked(found))
        return self._provided[1]

    def _checked(self, found: Any) -> Provided:
        try:
            provided = Provided.model_validate(found)
        except ValidationError as error:
            faults = ", ".join(str(fault["loc"]) for fault in error.errors())
            raise ProviderUnavailable(f"its description lacks {faults}") from error
        if provided.issuer != self._issuer:
            raise ProviderUnavailable(
                f"it calls itself {provided.issuer!r}, and HANDSLAG_WEB__OIDC__ISSUER must say so"
            )
        for address in (
            provided.authorization_endpoint,
            provided.token_endpoint,
            provided.jwks_uri,
            provided.end_session_endpoint,
        ):
            if address is not None and not is_safe_address(address):
                raise ProviderUnavailable(f"its address {address!r} is not an https one")
        return provided

    def _fetched(self, address: str) -> Any:
        if self._clock() < self._down_until:
            raise ProviderUnavailable("it did not answer a moment ago")
        try:
            # A redirect could lead from a trusted host to any other.
            answer = requests.get(address, timeout=TIMEOUT_S, allow_redirects=False)
            if answer.status_code != 200:
                raise ProviderUnavailable(f"{urlsplit(address).path}: HTTP {answer.status_code}")
            return answer.json()
        except (requests.RequestException, ProviderUnavailable) as error:
            self._down_until = self._clock() + _DOWN_S
            raise ProviderUnavailable(str(error)) from error


def _signing_keys(found: Any) -> KeySet:
    """The keys that we understand; others are to be ignored (RFC 7517, 5)."""
    listed = found.get("keys") if isinstance(found, dict) else None
    keys: list[Key] = []
    for one in listed if isinstance(listed, list) else ():
        if not isinstance(one, dict) or one.get("use") == "enc":
            continue
        try:
            key = import_key(one)
        except (JoseError, ValueError, KeyError, TypeError):
            continue
        if isinstance(key, RSAKey | ECKey | OKPKey):
            keys.append(key)
    if not keys:
        raise ProviderUnavailable("it has no key that signatures can be checked with")
    return KeySet(keys)
