"""kill -9 of the registry between any two steps: the repeat of the event makes it whole."""

import os
import signal
import traceback
from collections.abc import Callable

import pytest

from services.registry.accounts import accounts
from services.registry.record import Recorder
from services.registry.settings import RegistrySection
from services.registry.settle import Settler
from services.registry.tables import Answer, Bounce, CaseFile, EventLog, Mail, Message
from shared import failpoint
from shared.database import Database
from shared.events import (
    AnswerRecorded,
    DeliveryFailed,
    MailRegistered,
    MessageFate,
    MessageSettled,
)
from shared.outbox import InboxRow
from tests.unit.registry.builders import MOLN, NOW, Register, form, mail

STEPS = ("claimed", "decided", "saved", "emitted", "committed")


def kill_at(step: str, url: str, work: Callable[[Database], None]) -> None:
    """Do the work in a child process, which is killed when it reaches the step."""
    child = os.fork()
    if child == 0:
        os.environ[failpoint.VARIABLE] = step
        try:
            work(Database(url, schema="registry"))
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), f"the child never came to {step}"
    assert os.WTERMSIG(status) == signal.SIGKILL


@pytest.mark.parametrize("step", STEPS)
def test_a_mail_is_registered_once_whenever_the_registry_was_killed(
    register: Register, registry_url: str, step: str
) -> None:
    register.database.close()
    event = mail(form("ja", page=1), form("nej", page=2, initiative=MOLN))

    def record(database: Database) -> None:
        Recorder(database, RegistrySection(), lambda: NOW, lambda: None).record(event)

    kill_at(f"registry.record.{step}", registry_url, record)
    # Before its commit nothing of it is to be seen; after, all of it.
    done = step == "committed"
    assert len(register.all(Mail)) == len(register.all(InboxRow)) == int(done)
    assert len(register.all(Answer)) == len(register.emitted(AnswerRecorded)) == 2 * done

    register.record(event)
    assert len(register.all(Answer)) == len(register.emitted(AnswerRecorded)) == 2
    assert len(register.emitted(MailRegistered)) == 1
    assert sorted(case.dnr for case in register.all(CaseFile)) == [
        "SKR 2024/00001",
        "SKR 2024/00002",
    ]
    assert all(account.complete for account in accounts(register.database))


def test_what_became_of_our_mails_is_noted_once_whenever_the_registry_was_killed(
    register: Register, registry_url: str
) -> None:
    register.database.close()
    settled = MessageSettled(
        occurred_at=NOW,
        message_id="<1@skr.se>",
        kind="receipt",
        recipient="registrator@umea.se",
        fate=MessageFate.SENT,
        settled_at=NOW,
    )
    failed = DeliveryFailed(
        occurred_at=NOW, mail_id="m" + "a" * 23, token="t", recipient="registrator@umea.se"
    )
    settler = Settler(register.database, lambda: NOW)
    kill_at(
        "registry.settle.saved",
        registry_url,
        lambda database: Settler(database, lambda: NOW).settle(settled),
    )
    kill_at(
        "registry.bounce.saved",
        registry_url,
        lambda database: Settler(database, lambda: NOW).bounce(failed),
    )
    assert register.all(Message) == []
    assert register.all(Bounce) == []
    for _ in range(2):
        settler.settle(settled)
        settler.bounce(failed)
    assert len(register.all(Message)) == len(register.all(Bounce)) == 1
    whats = [line.what for line in register.all(EventLog)]
    assert whats.count("message.sent") == whats.count("delivery.failed") == 1
