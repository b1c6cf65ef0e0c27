"""Our letters and a mailbox that answers by itself: a real Pigeonhole, and two systems of ours."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import event

from services.intake.mail.message import parse
from services.intake.mail.parsed import MailParsed, MessageLimits
from services.intake.mail.reply import reply_of
from services.intake.mail.triage import Facts, Sorted, sort
from services.notifier.compose_letter import compose_letter
from services.notifier.gate import Caps
from services.notifier.notify import Notifier
from services.notifier.tables import MessageState
from shared.archive import Area
from shared.events import (
    Correspondence,
    Disposition,
    LetterKind,
    MailboxRole,
    ReplyKind,
)
from tests.dovecot import Dovecot
from tests.unit.notifier.builders import NOON, house, letter, notifier, registered, rows
from tests.unit.notifier.scripted_relay import ScriptedRelay

PERSON = "anna@umea.example"
TOKEN = "0123456789abcdef0123"
OURS = "registratur@skr.se"
SCRIPT = """
require ["vacation"];
vacation :days 0 :addresses ["anna@umea.example"] :subject "Jag har slutat"
  "Hej! Jag har slutat på kommunen. Kontakta Eva Ek, eva.ek@umea.example.";
"""
MANNERS = re.compile(
    rb"^(?:Auto-Submitted|X-Auto-Response-Suppress|X-Handslag-Loop|Precedence):.*\r\n", re.MULTILINE
)
"""What tells a machine that a machine writes; some gateways lose it on the way."""


@pytest.fixture(scope="module")
def relay() -> Iterator[ScriptedRelay]:
    made = ScriptedRelay().start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def pigeonhole(relay: ScriptedRelay) -> Iterator[Dovecot]:
    """A mail server whose only user has left, and lets a machine say so."""
    server = Dovecot(relay_port=relay.port)
    try:
        server.add_user(PERSON)
        server.add_script(PERSON, SCRIPT)
        server.start()
        yield server
    finally:
        server.close()


def update(**changes: object) -> bytes:
    """A letter of ours to the person, as the notifier hands it to the relay."""
    ordered = letter(recipient=PERSON, **changes)
    return compose_letter(ordered, house(), dated=NOON, read=lambda _: b"")


def deliver(pigeonhole: Dovecot, mail: bytes) -> None:
    pigeonhole.deliver(f"registratur+{TOKEN}@skr.se", PERSON, mail)


def sorted_by_intake(data: bytes, return_path: str) -> tuple[MailParsed, Sorted]:
    mail, _ = parse(data, MessageLimits())
    facts = Facts(mail, MailboxRole.ANSWERS, False, return_path, frozenset({OURS}))
    return mail, sort(facts)


@pytest.mark.parametrize("kind", [LetterKind.UPDATE, LetterKind.CONTACT_CHANGED])
def test_a_vacation_script_does_not_answer_our_letters(
    pigeonhole: Dovecot, relay: ScriptedRelay, kind: LetterKind
) -> None:
    before = len(relay.accepted)
    deliver(pigeonhole, update(kind=kind))
    # What a person writes afterwards is answered, so that the letter before it would have been.
    person = b"From: bo@lund.example\r\nTo: anna@umea.example\r\nSubject: Hej\r\n\r\nHej\r\n"
    pigeonhole.deliver("bo@lund.example", PERSON, person)
    relay.wait_for(before + 1)
    assert [one.recipient for one in relay.accepted[before:]] == ["bo@lund.example"]


def test_a_vacation_that_answers_all_the_same_is_set_aside_and_tells_of_the_new_address(
    pigeonhole: Dovecot, relay: ScriptedRelay, tmp_path: Path
) -> None:
    before = len(relay.accepted)
    deliver(pigeonhole, MANNERS.sub(b"", update()))
    relay.wait_for(before + 1)
    (came,) = relay.accepted[before:]
    assert (came.sender, came.recipient) == ("<>", f"registratur+{TOKEN}@skr.se")

    mail, found = sorted_by_intake(came.data, "")
    assert (found.disposition, found.rule) == (Disposition.SET_ASIDE, "autoreply")
    reply = reply_of(mail, automatic=True, own_addresses={OURS})
    assert reply is not None
    assert reply.kind is ReplyKind.LEFT
    assert reply.suggested == ("eva.ek@umea.example",)
    assert reply.token == TOKEN

    # Were it taken for a person's mail all the same, it would still get no receipt.
    office = notifier(f"sqlite:///{tmp_path}/n.sqlite3", tmp_path / "archive")
    answered = registered(
        disposition=Disposition.QUESTION,
        correspondence=Correspondence(
            mailbox=OURS,
            return_path=PERSON,
            from_address=PERSON,
            message_id=mail.message_id,
            manners=mail.manners,
        ),
    )
    assert office.answer(answered) is MessageState.HELD_BACK
    office.database.close()


# --- two systems of ours -----------------------------------------------------------------------

TURNS = 1_000
CAP = 50


@dataclass
class System:
    """One of the two: its notifier, and the mailbox that it answers from."""

    office: Notifier
    mailbox: str
    turns: int = 0

    def answer(self, data: bytes, return_path: str) -> bytes | None:
        """Take a mail for a person's question; return the receipt, or None if there is none."""
        self.turns += 1
        mail, _ = parse(data, MessageLimits())
        came = registered(
            seed=f"{self.mailbox} {self.turns}",
            disposition=Disposition.QUESTION,
            correspondence=Correspondence(
                mailbox=self.mailbox,
                return_path=return_path,
                from_address=mail.from_address,
                subject=mail.subject[:200],
                message_id=f"<{self.turns}@{return_path.partition('@')[2]}>",
                manners=mail.manners,
            ),
        )
        if self.office.answer(came) is not MessageState.QUEUED:
            return None
        row = rows(self.office.database)[-1]
        assert row.content is not None
        return self.office.archive.get(row.content, Area.DERIVED)


@pytest.fixture
def systems(tmp_path: Path) -> Iterator[tuple[System, System]]:
    made = []
    for name in ("skr", "adda"):
        office = notifier(
            f"sqlite:///{tmp_path}/{name}.sqlite3", tmp_path / name, caps=Caps(CAP, 10_000)
        )
        event.listen(
            office.database.engine,
            "connect",
            lambda link, _: link.execute("PRAGMA synchronous=OFF"),
        )
        office.database.engine.dispose()
        mailbox = f"registratur@{name}.example"
        own = house(sender_address=mailbox, own_addresses=(mailbox,))
        made.append(System(replace(office, house=own), mailbox))
    yield made[0], made[1]
    for one in made:
        one.office.database.close()


def first_mail(sender: str) -> bytes:
    return f"From: {sender}\r\nSubject: Hej\r\nMessage-ID: <1@x.example>\r\n\r\nHej\r\n".encode()


def test_two_systems_of_ours_stop_at_the_first_receipt(systems: tuple[System, System]) -> None:
    one, other = systems
    receipt = one.answer(first_mail(other.mailbox), other.mailbox)
    assert receipt is not None
    assert other.answer(receipt, one.mailbox) is None
    (held,) = rows(other.office.database)
    assert {"auto_submitted", "our_own_loop"} <= set(held.reason.split(","))


def test_two_that_do_not_know_each_other_for_machines_end_at_the_cap(
    systems: tuple[System, System],
) -> None:
    one, other = systems
    mail = first_mail(other.mailbox)
    for turn in range(TURNS):
        answers, asks = (one, other) if turn % 2 == 0 else (other, one)
        receipt = answers.answer(mail, asks.mailbox)
        # Whoever got no answer writes again, as a machine would that waits for one.
        mail = MANNERS.sub(b"", receipt) if receipt else first_mail(answers.mailbox)
    for system in systems:
        states = Counter((row.state, row.reason) for row in rows(system.office.database))
        assert states == {
            (MessageState.QUEUED, ""): CAP,
            (MessageState.HELD_BACK, "cap_per_address"): TURNS // 2 - CAP,
        }
