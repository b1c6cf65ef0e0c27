"""Log-in at the organisation's own provider: OpenID Connect, authorization code flow with PKCE."""

import threading
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, cast
from urllib.parse import urlencode

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jws import JWSRegistry

from services.registry.settings import OidcSection
from services.registry.tables import Role
from services.registry.web.attempts import Attempt
from services.registry.web.oidc_discovery import TIMEOUT_S, Discovery, Provided, ProviderUnavailable

LEEWAY_S: Final = 60
"""How far the provider's clock may be from ours."""
BY_POWER: Final = (Role.ADMINISTRATOR, Role.REGISTRAR, Role.PROGRAMME_OFFICE, Role.READER)
"""Who is in several groups gets the first of their roles. None may do all that one before it may;
but a registrar, unlike the programme office, does not manage rounds.
"""
_SIGNED_WITH: Final = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
)  # fmt: skip
"""Only what a private key is needed for: never `none`, nor a secret that others have."""
_AT_ONCE: Final = 8
"""Calls for a token at the same time: a slow provider must not take every thread of the pages."""
_MAX_NAME: Final = 60
_MAX_SUBJECT: Final = 255
"""OpenID Connect Core 1.0, 2."""


class LogInRefused(Exception):
    """The provider's answer does not hold. The message is for the log, never for the page."""


@dataclass(frozen=True)
class Identity:
    """Who the provider says that somebody is."""

    issuer: str
    subject: str
    """Never reassigned within the issuer: this is who it is."""
    name: str
    """Only for show: the provider may let people choose it. Empty if it gives none."""
    groups: frozenset[str]


class Provider:
    """The provider of the settings. All methods block; call them in a thread."""

    def __init__(self, settings: OidcSection, clock: Callable[[], float]) -> None:
        """`clock` returns seconds, for how long things are kept. Nothing is fetched yet."""
        assert settings.issuer is not None
        self._settings = settings
        self._issuer = settings.issuer
        self._discovery = Discovery(settings.issuer, clock)
        self._calls = threading.BoundedSemaphore(_AT_ONCE)

    @property
    def label(self) -> str:
        """What the staff call this way to log in."""
        return self._settings.label

    def log_in_address(self, attempt: Attempt) -> str:
        """Return where the browser shall go. Raises ProviderUnavailable."""
        provided = self._discovery.provided()
        with self._session(provided, attempt) as session:
            address, _ = session.create_authorization_url(
                provided.authorization_endpoint,
                state=attempt.state,
                nonce=attempt.nonce,
                code_verifier=attempt.verifier,
            )
        return str(address)

    def identity(self, code: str, attempt: Attempt) -> Identity:
        """Exchange the code that the browser came back with for a checked identity.

        Raises LogInRefused, and ProviderUnavailable.
        """
        token = self._token(code, attempt)
        claims = self._claims(token, attempt.nonce)
        subject = claims["sub"]
        if not 0 < len(subject) <= _MAX_SUBJECT or not subject.isprintable():
            raise LogInRefused("the subject is no identifier")
        return Identity(
            issuer=self._issuer,
            subject=subject,
            name=_shown(claims.get(self._settings.name_claim)),
            groups=_groups(claims.get(self._settings.groups_claim)),
        )

    def role_of(self, groups: Iterable[str]) -> Role | None:
        """Return the first by power of the roles that the groups give, or None."""
        given = {self._settings.roles[one] for one in groups if one in self._settings.roles}
        return next((role for role in BY_POWER if role in given), None)

    def may_end_session(self) -> bool:
        """Tell whether one can log out there too, as far as is known without asking."""
        known = self._discovery.known()
        return known is None or known.end_session_endpoint is not None

    def log_out_address(self, back: str) -> str | None:
        """Return where one logs out at the provider (RP-Initiated Logout 1.0), if one can.

        `back` is the address of ours to come back to. Raises ProviderUnavailable.
        """
        address = self._discovery.provided().end_session_endpoint
        if address is None:
            return None
        asked = {"client_id": self._settings.client_id, "post_logout_redirect_uri": back}
        return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"

    def _token(self, code: str, attempt: Attempt) -> dict[str, Any]:
        provided = self._discovery.provided()
        if not self._calls.acquire(timeout=TIMEOUT_S):
            raise ProviderUnavailable("too many log-ins wait for it")
        try:
            with self._session(provided, attempt) as session:
                found = session.fetch_token(
                    provided.token_endpoint,
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=attempt.verifier,
                    timeout=TIMEOUT_S,
                    allow_redirects=False,
                )
        except OAuthError as error:
            raise LogInRefused(f"the code was not accepted: {error.error}") from error
        except (requests.RequestException, ValueError, TypeError) as error:
            raise ProviderUnavailable(str(error)) from error
        finally:
            self._calls.release()
        return cast("dict[str, Any]", found)

    def _claims(self, token: dict[str, Any], nonce: str) -> dict[str, Any]:
        given = token.get("id_token")
        if not isinstance(given, str):
            raise LogInRefused("there is no ID token")
        try:
            opened = self._opened(given)
            claims = CodeIDToken(
                opened.claims,
                opened.header,
                {
                    "iss": {"essential": True, "value": self._issuer},
                    "aud": {"essential": True, "value": self._settings.client_id},
                    "sub": {"essential": True},
                },
                {
                    "nonce": nonce,
                    "client_id": self._settings.client_id,
                    "access_token": token.get("access_token"),
                },
            )
            claims.validate(leeway=LEEWAY_S)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise LogInRefused(f"the ID token does not hold: {error}") from error
        return cast("dict[str, Any]", claims)

    def _opened(self, given: str) -> jwt.Token:
        registry = JWSRegistry(algorithms=_SIGNED_WITH, strict_check_header=False)
        try:
            return jwt.decode(given, self._discovery.keys(), registry=registry)
        except (InvalidKeyIdError, BadSignatureError):
            # The provider may have changed its keys since we fetched them; once is enough.
            return jwt.decode(given, self._discovery.keys(renewed=True), registry=registry)

    def _session(self, provided: Provided, attempt: Attempt) -> Any:
        secret = self._settings.client_secret
        methods = provided.token_endpoint_auth_methods_supported
        basic = "client_secret_basic" in methods or "client_secret_post" not in methods
        return OAuth2Session(
            self._settings.client_id,
            secret.get_secret_value() if secret else None,
            token_endpoint_auth_method=(
                ("client_secret_basic" if basic else "client_secret_post") if secret else "none"
            ),
            scope=self._settings.scopes,
            redirect_uri=attempt.redirect_uri,
            code_challenge_method="S256",
        )


def _shown(name: object) -> str:
    """A name on one line, without what cannot be seen."""
    text = unicodedata.normalize("NFC", name) if isinstance(name, str) else ""
    visible = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(visible.split())[:_MAX_NAME].strip()


def _groups(claim: object) -> frozenset[str]:
    """Some providers give a single group as a text, and not in a list."""
    found = claim if isinstance(claim, list) else [claim]
    return frozenset(one for one in found if isinstance(one, str))
