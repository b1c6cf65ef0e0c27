"""The relay's connection: encrypted, with a password, and every answer told for what it is."""

import datetime
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from services.console.ports import free_port
from services.notifier import relay as relay_module
from services.notifier.relay import (
    Accepted,
    Deferred,
    Outcome,
    Refused,
    Relay,
    Unconfirmed,
    Unreachable,
)
from services.notifier.settings import RelaySettings
from tests.unit.notifier.scripted_relay import ScriptedRelay

MAIL = relay_module.Envelope(
    "registratur@skr.se", "anna@umea.se", b"Subject: x\r\n\r\n.en punkt\r\n..tv\r\nslut"
)


@pytest.fixture
def server() -> Iterator[ScriptedRelay]:
    started = ScriptedRelay().start()
    yield started
    started.stop()


def settings(port: int, **changes: object) -> RelaySettings:
    values: dict[str, object] = {"host": "127.0.0.1", "port": port, "encryption": "none"}
    return RelaySettings.model_validate(values | changes)


async def send(relay: Relay, mail: relay_module.Envelope = MAIL) -> Outcome:
    trouble = await relay.connect()
    outcome = trouble or await relay.send(mail)
    await relay.close()
    return outcome


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (None, Accepted),
        ("mail 451 later", Deferred),
        ("mail 550 not you", Deferred),
        ("rcpt 450 later", Deferred),
        ("rcpt 550 never", Refused),
        ("data 451 later", Deferred),
        ("data 554 never", Refused),
        ("end 451 later", Deferred),
        ("end 552 never", Refused),
        ("rcpt 421 closing", Unreachable),
        ("hang up at data", Unreachable),
        ("drop before", Unconfirmed),
        ("drop after", Unconfirmed),
    ],
)
async def test_every_answer_is_told_for_what_it_is(
    server: ScriptedRelay, step: str | None, expected: type
) -> None:
    if step:
        server.script.append(step)
    assert isinstance(await send(Relay(settings(server.port))), expected)


async def test_a_mail_after_a_refused_one_goes_over_the_same_connection(
    server: ScriptedRelay,
) -> None:
    server.script.extend(["rcpt 550 never", "end 554 never"])
    relay = Relay(settings(server.port))
    await relay.connect()
    outcomes = [await relay.send(MAIL) for _ in range(3)]
    await relay.close()
    assert [type(outcome) for outcome in outcomes] == [Refused, Refused, Accepted]
    assert server.connections == 1


async def test_the_bytes_arrive_as_they_were_handed_over(server: ScriptedRelay) -> None:
    await send(Relay(settings(server.port)))
    assert server.accepted[0].data == MAIL.data + b"\r\n"


async def test_a_relay_that_never_replies_is_not_waited_for_for_ever() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        relay = Relay(settings(silent.getsockname()[1]), command_timeout_s=0.2)
        assert isinstance(await send(relay), Unreachable)


@pytest.mark.parametrize("recipient", ["anna@umea.se>\r\nRCPT TO:<bo@x.se", "a b@x.se", "å b@x.se"])
async def test_an_address_that_would_become_a_command_is_refused_here(
    server: ScriptedRelay, recipient: str
) -> None:
    relay = Relay(settings(server.port))
    bad = relay_module.Envelope("registratur@skr.se", recipient, MAIL.data)
    assert isinstance(await send(relay, bad), Refused)
    assert isinstance(await send(relay), Accepted)
    assert len(server.accepted) == 1


async def test_an_address_with_swedish_letters_is_refused_here_where_the_relay_knows_none() -> None:
    controller = Controller(
        Postbox(), hostname="127.0.0.1", port=free_port(), enable_SMTPUTF8=False
    )
    controller.start()
    try:
        swedish = relay_module.Envelope("registratur@skr.se", "åsa@umea.se", MAIL.data)
        outcome = await send(Relay(settings(controller.port)), swedish)
    finally:
        controller.stop()
    assert isinstance(outcome, Refused)
    assert "a to z" in outcome.reply


# --- Encryption and passwords ------------------------------------------------------------------


class Postbox:
    """Takes every mail."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []

    async def handle_DATA(self, server: object, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.mails.append(envelope.content)
        return "250 OK"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the key and the certificate of an authority of our own, for localhost."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "localhost.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


def check(
    server: object, session: Session, envelope: Envelope, mechanism: str, data: object
) -> AuthResult:
    good = isinstance(data, LoginPassword) and data == LoginPassword(b"anna", b"hemligt")
    return AuthResult(success=good, handled=False)


@pytest.fixture
def guarded(certificate: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Postbox, int]]:
    """A server that wants encryption (`tls` or `starttls`) and a password."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    postbox, port = Postbox(), free_port()
    kind: dict[str, Any] = {"ssl_context" if request.param == "tls" else "tls_context": context}
    controller = Controller(
        postbox,
        hostname="127.0.0.1",
        port=port,
        authenticator=check,
        auth_required=True,
        auth_require_tls=request.param == "starttls",
        require_starttls=request.param == "starttls",
        server_hostname="localhost",
        ready_timeout=10,
        **kind,
    )
    controller.start()
    yield postbox, port
    controller.stop(no_assert=True)


# aiosmtpd knows only STARTTLS as encryption, and warns though the whole connection is encrypted.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
BOTH = pytest.mark.parametrize(
    ("guarded", "encryption"), [("tls", "tls"), ("starttls", "starttls")], indirect=["guarded"]
)


@BOTH
async def test_an_encrypted_relay_with_a_password_takes_our_mail(
    guarded: tuple[Postbox, int], encryption: str, certificate: Path
) -> None:
    postbox, port = guarded
    outcome = await send(
        Relay(
            settings(
                port,
                host="localhost",
                encryption=encryption,
                user="anna",
                password=SecretStr("hemligt"),
                ca_file=certificate,
            )
        )
    )
    assert isinstance(outcome, Accepted), outcome
    assert len(postbox.mails) == 1


@BOTH
async def test_a_certificate_that_nobody_vouches_for_is_not_trusted(
    guarded: tuple[Postbox, int], encryption: str
) -> None:
    postbox, port = guarded
    outcome = await send(Relay(settings(port, host="localhost", encryption=encryption)))
    assert isinstance(outcome, Unreachable)
    assert "certificate" in outcome.reason.lower()
    assert postbox.mails == []


@BOTH
async def test_a_wrong_password_is_told_as_such_and_no_mail_is_given_up(
    guarded: tuple[Postbox, int], encryption: str, certificate: Path
) -> None:
    outcome = await send(
        Relay(
            settings(
                guarded[1],
                host="localhost",
                encryption=encryption,
                user="anna",
                password=SecretStr("fel"),
                ca_file=certificate,
            )
        )
    )
    assert isinstance(outcome, Unreachable)
    assert "535" in outcome.reason
