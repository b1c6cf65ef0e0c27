"""The proof of completeness, on damage that somebody did by hand."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlmodel import select

from services.console.demo.mails import letters
from services.console.demo.offer import round_file
from services.notifier.tables import MessageRow, MessageState
from services.registry.tables import Document
from shared.events import Fate
from shared.outbox import now
from tests.dovecot import Dovecot
from tests.stack import FORM_KEY, MAILBOX, RunningStack
from tests.unit.notifier.scripted_relay import ScriptedRelay


def test_each_way_to_lose_something_breaks_the_proof(
    dovecot: Dovecot, relay: ScriptedRelay, tmp_path: Path, database_settings: dict[str, str]
) -> None:
    dovecot.add_user(MAILBOX)
    stack = RunningStack(tmp_path / "home", dovecot, relay.port, **database_settings)
    today = now().date()
    (tmp_path / "round.yaml").write_text(round_file(today))
    stack.handslag("initiative", "load", str(tmp_path / "round.yaml"))
    good, _, _, unsigned, other = letters(5, 2, key=FORM_KEY.encode(), today=today)
    sent = [good, unsigned]
    stack.start()
    for letter in sent:
        dovecot.append(MAILBOX, letter.raw, at=datetime.now(UTC) - timedelta(hours=2))
    stack.until(lambda: len(relay.accepted) == len(sent), 90)
    stack.until(lambda: stack.json("verify", "--json")["under_way"] == 0, 30)
    stack.stop()
    assert faults(stack) == []

    dovecot.append(MAILBOX, other.raw, at=datetime.now(UTC) - timedelta(hours=2))
    assert_broken(stack, "never taken")

    registry, notifier = stack.database("registry"), stack.database("notifier")
    with registry.read() as session:
        (returned,) = session.exec(select(Document).where(Document.fate == Fate.RETURNED))
    with notifier.write() as session:
        (receipt,) = session.exec(select(MessageRow).where(MessageRow.mail_id == returned.mail_id))
        session.add(request_that_failed(receipt, returned.document_id))
    assert_broken(stack, f"{returned.document_id} is returned, and nobody was told")
    with registry.write() as session:
        session.connection().exec_driver_sql("DELETE FROM part WHERE number = 0")
    assert_broken(stack, "is missing in the register")
    with notifier.write() as session:
        session.connection().exec_driver_sql("DELETE FROM message")
    assert_broken(stack, "no receipt was ever made")
    registry.close()
    notifier.close()


def request_that_failed(receipt: MessageRow, document_id: str) -> MessageRow:
    """A registrar's request for a new document that never left, beside a receipt that did."""
    return MessageRow.model_validate(
        receipt.model_dump(exclude={"number"})
        | {
            "kind": "return_request",
            "about": "1" * 32,
            "document_id": document_id,
            "message_id": "<request@skr.example>",
            "token": "1" * 24,
            "state": MessageState.FAILED,
        }
    )


def faults(stack: RunningStack) -> list[str]:
    proof = stack.json("verify", "--json")
    assert proof["complete"] == (not proof["faults"])
    found: list[str] = proof["faults"]
    return found


def assert_broken(stack: RunningStack, words: str) -> None:
    assert any(words in fault for fault in faults(stack))
    assert stack.handslag("verify").returncode == 1
