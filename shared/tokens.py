"""Access tokens for XOAUTH2: client credentials, from Microsoft or any other token endpoint.

For the mailboxes that are read, and for the relay that mail leaves by.

The only module that knows msal. A token is renewed well ahead of its end, so that a refusal is
shown in the health page while the old token still works.
"""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, SecretStr, model_validator

from shared.errors import Transient

RENEW_AHEAD = 0.5
"""Renewed when this fraction of the token's life is left."""
RETRY_S = 30.0
TIMEOUT_S = 15.0
MICROSOFT_SCOPE = "https://outlook.office365.com/.default"


class OAuth2(BaseModel):
    """Client credentials: a Microsoft 365 `tenant`, or any server's `token_url`."""

    model_config = ConfigDict(extra="forbid")

    client_id: str
    client_secret: SecretStr
    tenant: str | None = None
    authority: str | None = None
    """Instead of `https://login.microsoftonline.com/<tenant>`, for a national cloud."""
    token_url: str | None = None
    """A token endpoint (RFC 6749, 4.4) that is not Microsoft's."""
    scope: str | None = None
    """Unset: Outlook's for Microsoft, none for others."""

    @model_validator(mode="after")
    def _one_issuer(self) -> Self:
        if not (self.tenant or self.authority or self.token_url):
            raise ValueError("give tenant (Microsoft 365), authority or token_url")
        return self


class TokenRefused(Transient):
    """The token endpoint gave no token."""

    code = "token_refused"
    remedy = "Check the oauth2 settings: tenant, client id, secret and its last day."


@dataclass(frozen=True)
class Token:
    """An access token, and how many seconds it lives from now."""

    text: str
    lifetime_s: float


class TokenSource:
    """Gives a token that is good now, and says when it could not be renewed."""

    def __init__(
        self, ask: Callable[[], Token], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`ask` gets a new token or raises TokenRefused; `clock` counts seconds."""
        self._ask = ask
        self._clock = clock
        self._token: Token | None = None
        self._asked_at = 0.0
        self._next_try_at = 0.0
        self.fault: str | None = None

    def token(self) -> str:
        """Return a token, renewed if it is due. Raises TokenRefused if there is none left."""
        age_s = self._clock() - self._asked_at
        if self._token is None or age_s >= self._token.lifetime_s:
            self._renew()
        elif age_s >= self._token.lifetime_s * (1 - RENEW_AHEAD):
            self.renew_if_due()
        assert self._token is not None
        return self._token.text

    def renew_if_due(self) -> None:
        """Renew a token that has lived half its life; a refusal becomes a fault, not an error."""
        now = self._clock()
        if self._token is None or now < self._next_try_at:
            return
        if now - self._asked_at >= self._token.lifetime_s * (1 - RENEW_AHEAD):
            try:
                self._renew()
            except TokenRefused as error:
                self._next_try_at = now + RETRY_S
                left_s = max(0, round(self._token.lifetime_s - (now - self._asked_at)))
                self.fault = f"{error} The present token works for {left_s} s more."

    def _renew(self) -> None:
        try:
            token = self._ask()
        except TokenRefused as error:
            self.fault = str(error)
            raise
        self._token, self._asked_at, self.fault = token, self._clock(), None


def token_source(oauth2: OAuth2) -> TokenSource:
    """Return the source of tokens that the settings name; nothing is asked yet."""
    if oauth2.token_url is not None:
        return TokenSource(lambda: _from_endpoint(oauth2))
    return TokenSource(_Microsoft(oauth2).ask)


def _from_endpoint(oauth2: OAuth2) -> Token:
    assert oauth2.token_url is not None
    fields = {
        "grant_type": "client_credentials",
        "client_id": oauth2.client_id,
        "client_secret": oauth2.client_secret.get_secret_value(),
    }
    if oauth2.scope:
        fields["scope"] = oauth2.scope
    if urllib.parse.urlsplit(oauth2.token_url).scheme not in ("https", "http"):
        raise TokenRefused(f"not an http address: {oauth2.token_url}")
    request = urllib.request.Request(  # noqa: S310
        oauth2.token_url, urllib.parse.urlencode(fields).encode(), {"Accept": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:  # noqa: S310
            answer = json.loads(response.read(100_000))
    except urllib.error.HTTPError as error:
        raise TokenRefused(f"{oauth2.token_url} answered {error.code}.") from error
    except (OSError, ValueError) as error:
        raise TokenRefused(f"{oauth2.token_url}: {error}") from error
    return _token_in(answer, oauth2.token_url)


class _Microsoft:
    """Microsoft Entra's client credentials, by msal."""

    def __init__(self, oauth2: OAuth2) -> None:
        self._oauth2 = oauth2
        self._client: Any = None

    def ask(self) -> Token:
        # Imported when the first mailbox needs it: it is large, and most have passwords.
        import msal

        authority = self._oauth2.authority or (
            f"https://login.microsoftonline.com/{self._oauth2.tenant}"
        )
        try:
            if self._client is None:
                self._client = msal.ConfidentialClientApplication(
                    self._oauth2.client_id,
                    authority=authority,
                    client_credential=self._oauth2.client_secret.get_secret_value(),
                    timeout=TIMEOUT_S,
                )
            # Its cache would give back the token that is to be renewed.
            self._client.remove_tokens_for_client()
            answer = self._client.acquire_token_for_client(
                scopes=[self._oauth2.scope or MICROSOFT_SCOPE]
            )
        except (OSError, ValueError) as error:
            raise TokenRefused(f"{authority}: {error}") from error
        return _token_in(answer, authority)


def _token_in(answer: Any, issuer: str) -> Token:
    text = answer.get("access_token") if isinstance(answer, dict) else None
    if not isinstance(text, str) or not text:
        said = answer.get("error_description") or answer.get("error") if answer else None
        raise TokenRefused(f"{issuer} gave no token: {said or 'no reason given'}"[:300])
    return Token(text, float(answer.get("expires_in") or 3600))
