"""A real OpenID provider on loopback, which can be made to lie where a test needs it."""

import io
import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from joserfc.jwk import KeySet, RSAKey
from oidc_provider_mock import User, app
from werkzeug.serving import make_server

CLIENT = "handslag"
SECRET = "provider secret"
ROLES = {
    "registratur": "registrator",
    "kontor": "programkontor",
    "alla": "läsare",
    "drift": "administratör",
}


def person(subject: str, **claims: object) -> User:
    """Somebody the provider can know."""
    return User(sub=subject, claims=claims)


ASA = person("asa-4711", name="Åsa Öberg", groups=["registratur"])

Tamper = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass
class OpenProvider:
    """The provider; the lists say what it was asked."""

    inner: Any
    issuer: str = ""
    paths: list[str] = field(default_factory=list)
    token_requests: list[dict[str, str]] = field(default_factory=list)
    tamper: dict[str, Tamper] = field(default_factory=dict)
    """By path: changes what is answered there."""

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        self.paths.append(path)
        if path == "/oauth2/token":
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["wsgi.input"] = io.BytesIO(body)
            self.token_requests.append({k: v[0] for k, v in parse_qs(body.decode()).items()})
        change = self.tamper.get(path)
        if change is None:
            return self.inner(environ, start)  # type: ignore[no-any-return]
        said: list[Any] = []
        body = b"".join(self.inner(environ, lambda *args: said.extend(args)))
        changed = json.dumps(change(json.loads(body))).encode()
        start(said[0], [("Content-Type", "application/json")])
        return [changed]

    def forget(self) -> None:
        """Begin anew: nothing was asked, nothing is bent, and Åsa is who she was."""
        self.paths.clear()
        self.token_requests.clear()
        self.tamper.clear()
        self.put(ASA)
        self.paths.clear()

    def renew_keys(self, *users: User) -> None:
        """Become the same provider with other keys."""
        self.inner = app(user_claims=users)

    def put(self, user: User) -> None:
        """Let a person be known, or known differently."""
        answer = requests.put(f"{self.issuer}/users/{user.sub}", json=user.claims, timeout=5)
        assert answer.status_code == 204

    def authorize(self, address: str, subject: str = ASA.sub) -> str:
        """Log in there as the person would; return where the browser is sent, without its host."""
        answer = requests.post(address, data={"sub": subject}, timeout=5, allow_redirects=False)
        back = urlsplit(answer.headers["location"])
        return f"{back.path}?{back.query}"

    def settings(self, **more: object) -> dict[str, object]:
        return {
            "issuer": self.issuer,
            "client_id": CLIENT,
            "client_secret": SECRET,
            "roles": ROLES,
            "label": "SKR-konto",
        } | more


@contextmanager
def open_provider(token_life: timedelta = timedelta(hours=1)) -> Iterator[OpenProvider]:
    """Serve a provider that knows Åsa. Needs AUTHLIB_INSECURE_TRANSPORT=1: it has no TLS."""
    provider = OpenProvider(app(user_claims=(ASA,), access_token_max_age=token_life))
    server = make_server("127.0.0.1", 0, provider, threaded=True)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@cache
def another_key() -> tuple[RSAKey, dict[str, Any]]:
    """A key of one's own, and the JWKS that names it."""
    key = RSAKey.generate_key(2048, {"kid": "another", "use": "sig", "alg": "RS256"})
    return key, dict(KeySet([key]).as_dict(private=False))
