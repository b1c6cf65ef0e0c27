"""The whole product on PostgreSQL, S3-compatible storage and a NATS server of somebody else's."""

import json
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from email import message_from_bytes
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer
from sqlmodel import func, select

from services.console.demo.mails import letters
from services.console.demo.offer import municipality_file, round_file
from services.notifier.tables import WordingRow
from shared.database import Database
from shared.outbox import now
from tests.dovecot import Dovecot
from tests.nats import NatsServer
from tests.stack import FORM_KEY, MAILBOX, RunningStack
from tests.unit.notifier.builders import text_of
from tests.unit.notifier.scripted_relay import ScriptedRelay
from tests.web.client import Client


@pytest.fixture
def bucket() -> Iterator[dict[str, str]]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    ).create_bucket(Bucket="originals")
    yield {
        "HANDSLAG_ARCHIVE_URL": "s3://originals/handslag",
        "HANDSLAG_ARCHIVE_S3_ENDPOINT": endpoint,
        "HANDSLAG_ARCHIVE_S3_ACCESS_KEY": "key",
        "HANDSLAG_ARCHIVE_S3_SECRET_KEY": "secret",
    }
    server.stop()


def test_grown_out_of_the_defaults_by_settings_alone(
    dovecot: Dovecot,
    relay: ScriptedRelay,
    nats_server: NatsServer,
    postgres_url: str,
    bucket: dict[str, str],
    tmp_path: Path,
) -> None:
    dovecot.add_user(MAILBOX)
    stack = RunningStack(
        tmp_path / "home",
        dovecot,
        relay.port,
        HANDSLAG_DATABASE_URL=postgres_url,
        HANDSLAG_NATS_URL=nats_server.url,
        **bucket,
    )
    today = now().date()
    (tmp_path / "round.yaml").write_text(round_file(today))
    (tmp_path / "municipalities.csv").write_text(municipality_file())
    stack.handslag("initiative", "load", str(tmp_path / "round.yaml"))
    stack.handslag("municipality", "import", str(tmp_path / "municipalities.csv"))
    first = next(letters(1, 9, key=FORM_KEY.encode(), today=today))
    stack.start()
    try:
        time.sleep(3)
        [truth] = first.truths
        _staff_word_receipts(stack, truth.initiative)
        dovecot.deliver(first.sender, MAILBOX, first.raw)
        stack.until(lambda: len(relay.accepted) == 1, 60)
        assert not (tmp_path / "home" / "db").exists()
        assert not (tmp_path / "home" / "archive").exists()
        assert not (tmp_path / "home" / "nats").exists()
        proof = stack.json("verify", "--json")
        assert (proof["complete"], proof["mails"]) == (True, 1)
        assert "Välkomna, sa staben. Sveriges Kommuner" in text_of(relay.accepted[0].data)
        assert "Det gläder oss. Diarienummer" in text_of(relay.accepted[0].data)
        recorded = [
            (row["initiative"], row["municipality"], row["answer"])
            for row in stack.json("export", "answers", "--format", "json")
            if row["status"] == "recorded"
        ]
        assert recorded == [(truth.initiative, truth.municipality, truth.answer)]
        _one_mail_can_be_followed(stack, first.message_id, relay)
        _every_service_tells_how_it_is(stack)
        _what_is_registered_is_read_again_and_stays(stack, relay)
    finally:
        stack.stop()


def _staff_word_receipts(stack: RunningStack, initiative: str) -> None:
    """In the pages: the frame for all, and what is said of an answer to one initiative."""
    first = stack.handslag("user", "add", "petra", "--role", "programkontor").stdout.strip()
    client = Client(f"http://127.0.0.1:{stack.web_port}")
    client.log_in("petra", first)
    second = "ett helt nytt lösenord"
    passwords = {"new_password": second, "new_password_again": second}
    client.submit("/losenord", "/losenord", old_password=first, **passwords)
    for name, of, words in (
        ("receipt_one", "", "Välkomna, sa staben."),
        ("document_recorded", initiative, "Det gläder oss."),
    ):
        page = f"/brevmallar/{name}"
        fields = client.get(f"{page}?initiativ={of}").fields
        said = {"text": f"{words}\n\n{fields['text']}"}
        assert client.post(page, fields | said).status == 303
    with closing(stack.database("notifier")) as notifier:
        stack.until(lambda: _wordings(notifier) == 2, 30)


def _wordings(notifier: Database) -> int:
    with notifier.read() as session:
        return session.exec(select(func.count()).select_from(WordingRow)).one()


def _one_mail_can_be_followed(stack: RunningStack, message_id: str, relay: ScriptedRelay) -> None:
    """Its identifier stands in the log lines of all three services."""
    [receipt] = relay.accepted
    assert message_from_bytes(receipt.data)["In-Reply-To"] == message_id
    lines = [json.loads(line) for line in stack.log().splitlines() if line.startswith("{")]
    [mail_id] = {line["mail_id"] for line in lines if "mail_id" in line}
    services = {line["service"] for line in lines if line.get("mail_id") == mail_id}
    assert services == {"intake", "registry", "notifier"}


def _what_is_registered_is_read_again_and_stays(stack: RunningStack, relay: ScriptedRelay) -> None:
    """Compared without a change first; then handed in anew, which doubles nothing."""
    compared = stack.handslag("replay", "--json").stdout.splitlines()
    document, counts = (json.loads(line) for line in compared)
    assert (document["change"], counts["same"]) == ("same", 1)
    assert "mail_already_registered" not in stack.log()
    assert stack.handslag("replay", "--mail", document["mail"]).returncode == 0
    stack.until(lambda: "mail_already_registered" in stack.log(), 60)
    proof = stack.json("verify", "--json")
    assert (proof["complete"], proof["mails"]) == (True, 1)
    assert len(relay.accepted) == 1


def _every_service_tells_how_it_is(stack: RunningStack) -> None:
    for setting in ("INTAKE__LISTEN", "NOTIFIER__LISTEN", "WEB__LISTEN"):
        address = stack.environment[f"HANDSLAG_{setting}"]
        with urllib.request.urlopen(f"http://{address}/health", timeout=5) as answer:
            assert json.load(answer)["status"] == "ok"
    for setting in ("INTAKE__LISTEN", "NOTIFIER__LISTEN"):
        address = stack.environment[f"HANDSLAG_{setting}"]
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=5) as answer:
            assert b"handslag_" in answer.read()
