"""A relay that wants an access token (XOAUTH2), and the endpoint that gives it."""

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from pydantic import SecretStr

from services.console.ports import free_port
from services.notifier import relay as relay_module
from services.notifier.relay import Accepted, Relay, Unreachable
from services.notifier.settings import NotifierSection
from shared.tokens import token_source

MAIL = relay_module.Envelope("registratur@skr.se", "anna@umea.se", b"Subject: x\r\n\r\nx\r\n")
TOKEN = "a-token-of-this-test"


class Endpoint:
    """Gives the token to who knows the secret."""

    def __init__(self) -> None:
        self.asked = 0
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                endpoint.asked += 1
                fields = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                good = fields["client_secret"] == ["hemligt"]
                self.send_response(200 if good else 401)
                self.end_headers()
                answer = {"access_token": TOKEN, "expires_in": 3600} if good else {"error": "no"}
                self.wfile.write(json.dumps(answer).encode())

            def log_message(self, *arguments: Any) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/token"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Office:
    """An SMTP server whose only log-in is XOAUTH2."""

    def __init__(self) -> None:
        self.taken = 0

    async def auth_XOAUTH2(self, server: SMTP, arguments: list[str]) -> AuthResult:
        said = base64.b64decode(arguments[1]).decode()
        good = said == f"user=registratur@skr.se\x01auth=Bearer {TOKEN}\x01\x01"
        return AuthResult(success=good, handled=False)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.taken += 1
        return "250 OK"


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    made = Endpoint()
    yield made
    made.stop()


@pytest.fixture
def office() -> Iterator[tuple[Office, int]]:
    made, port = Office(), free_port()
    controller = Controller(
        made,
        hostname="127.0.0.1",
        port=port,
        auth_required=True,
        auth_require_tls=False,
        auth_exclude_mechanism=["LOGIN", "PLAIN"],
    )
    controller.start()
    yield made, port
    controller.stop()


def relay(port: int, endpoint: Endpoint, secret: str) -> Relay:
    section = NotifierSection.model_validate(
        {
            "relay": f"smtp://registratur%40skr.se@127.0.0.1:{port}",
            "relay_oauth2": {
                "client_id": "handslag",
                "client_secret": SecretStr(secret),
                "token_url": endpoint.url,
            },
        }
    )
    settings = section.relay_settings()
    assert settings.oauth2 is not None
    return Relay(settings, token_source(settings.oauth2), command_timeout_s=5)


async def test_a_mail_leaves_with_a_token_that_is_asked_for_once(
    office: tuple[Office, int], endpoint: Endpoint
) -> None:
    server, port = office
    made = relay(port, endpoint, "hemligt")
    for _ in range(2):
        assert await made.connect() is None
        assert isinstance(await made.send(MAIL), Accepted)
        await made.close()
    assert (server.taken, endpoint.asked) == (2, 1)


async def test_a_token_that_is_not_given_is_a_relay_that_cannot_be_reached(
    office: tuple[Office, int], endpoint: Endpoint
) -> None:
    trouble = await relay(office[1], endpoint, "wrong").connect()
    assert isinstance(trouble, Unreachable)
    assert "401" in trouble.reason
    assert "wrong" not in trouble.reason


@pytest.mark.parametrize(
    "changes",
    [
        {"relay": "smtp://127.0.0.1:25"},
        {"relay_password": "x"},
        {"relay": "smtp://user@relay.example.se:25"},
    ],
)
def test_settings_that_cannot_work_are_refused(changes: dict[str, str]) -> None:
    oauth2 = {"client_id": "x", "client_secret": "y", "tenant": "z"}
    values = {"relay": "smtp://user@127.0.0.1:25", "relay_oauth2": oauth2} | changes
    with pytest.raises(ValueError, match="relay"):
        NotifierSection.model_validate(values)
