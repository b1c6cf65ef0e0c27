"""A storm: mails pour in while processes are killed at random; then the invariant must hold."""

import random
import time
from collections import Counter
from contextlib import closing
from email import message_from_bytes
from pathlib import Path

import psutil
import pytest
from sqlmodel import select

from services.console.demo.mails import letters
from services.console.demo.offer import municipality_file, round_file
from services.console.demo.writer import Letter
from services.registry.tables import Document
from shared.events import Fate, Reason
from shared.outbox import now
from tests.dovecot import Dovecot
from tests.stack import FORM_KEY, MAILBOX, RunningStack
from tests.unit.notifier.scripted_relay import ScriptedRelay

MAILS = 24
KILLS = 8
SETTLED_S = 150.0


def test_a_storm_of_kills_loses_nothing_and_doubles_nothing(
    dovecot: Dovecot, relay: ScriptedRelay, tmp_path: Path, database_settings: dict[str, str]
) -> None:
    dovecot.add_user(MAILBOX)
    stack = RunningStack(tmp_path / "home", dovecot, relay.port, **database_settings)
    today = now().date()
    (tmp_path / "round.yaml").write_text(round_file(today))
    (tmp_path / "municipalities.csv").write_text(municipality_file())
    assert stack.handslag("initiative", "load", str(tmp_path / "round.yaml")).returncode == 0
    imported = stack.handslag("municipality", "import", str(tmp_path / "municipalities.csv"))
    assert imported.returncode == 0
    sent = [
        letter
        for letter in letters(MAILS + 5, 7, key=FORM_KEY.encode(), today=today)
        # This server has no spam filter: to it, spam is a mail like any other.
        if letter.recipient == MAILBOX and letter.scenario != "spam"
    ][:MAILS]
    dice = random.Random(7)
    stack.start()
    try:
        time.sleep(3)
        for number, letter in enumerate(sent):
            dovecot.deliver(letter.sender, MAILBOX, letter.raw)
            if number % (MAILS // KILLS) == 0:
                _kill_one(stack, dice)
            if number == MAILS // 2:
                stack.kill_everything()
                stack.start()
        stack.until(lambda: _answered(relay) >= _expected(sent), SETTLED_S)
        stack.until(lambda: stack.json("verify", "--json")["under_way"] == 0, SETTLED_S)
        proof = stack.json("verify", "--json")
        assert proof["complete"], proof["faults"]
        assert proof["mails"] == proof["originals"] == len(sent)
        assert proof["mailboxes"][0]["on_server_not_taken"] == 0
    except TimeoutError:
        pytest.fail(f"{_answered(relay)} of {_expected(sent)} receipts\n{stack.log()[-4000:]}")
    finally:
        stack.stop()

    receipts = Counter(str(message_from_bytes(each.data)["In-Reply-To"]) for each in relay.accepted)
    assert set(receipts) == {letter.message_id for letter in sent if _gets_receipt(letter)}
    repeated = [each.message_id for each in relay.accepted]
    # A kill between the relay's 250 and our note of it repeats that one mail, as the same mail.
    assert len(set(repeated)) == len(receipts)
    rows = stack.json("export", "answers", "--format", "json")
    recorded = {
        (row["initiative"], row["municipality"]): row["answer"]
        for row in rows
        if row["status"] == "recorded"
    }
    said: dict[tuple[str, str], set[str]] = {}
    for letter in sent:
        for truth in letter.truths:
            said.setdefault((truth.initiative, truth.municipality), set()).add(truth.answer)
    for pair, answer in recorded.items():
        assert answer in said[pair]
    for letter in sent:
        if letter.fates == (frozenset({"recorded"}),):
            assert recorded.keys() >= {(t.initiative, t.municipality) for t in letter.truths}
    # A kill may delay an answer until the one that contradicts it was recorded: then it waits.
    contradicted = {pair for pair, answers in said.items() if len(answers) > 1}
    with closing(stack.database("registry")) as database, database.read() as session:
        documents = session.exec(select(Document).where(Document.fate == Fate.REVIEW)).all()
        assert {
            (document.initiative, document.municipality)
            for document in documents
            if Reason.CONFLICT in document.reasons
        } == contradicted


def _kill_one(stack: RunningStack, dice: random.Random) -> None:
    alive = stack.services()
    if alive:
        try:
            alive[dice.choice(sorted(alive))].kill()
        except psutil.NoSuchProcess:
            return


def _gets_receipt(letter: Letter) -> bool:
    return letter.fates != (frozenset({"set_aside"}),)


def _expected(sent: list[Letter]) -> int:
    return sum(_gets_receipt(letter) for letter in sent)


def _answered(relay: ScriptedRelay) -> int:
    return len({message_from_bytes(each.data)["In-Reply-To"] for each in relay.accepted})
