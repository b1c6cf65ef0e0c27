"""A register from before replies and questions were kept loses nothing, and knows its questions."""

from sqlmodel import select

from services.registry.domain.resolution import ToQuestions
from services.registry.resolve import Resolver
from services.registry.settings import RegistrySection
from services.registry.settle import Settler
from services.registry.tables import HandedOver, Message, Resolution, ReviewItem
from shared.events import MessageFate, MessageSettled, Outcome, Reason
from shared.migrate import upgrade
from tests.earlier import copied_back
from tests.unit.registry.builders import MIGRATIONS, NOW, Register, form, mail


def test_mails_sent_and_questions_handed_over_are_all_there(
    register: Register, other_database_url: str
) -> None:
    register.record(mail(form("ja", outcome=Outcome.REVIEW, reasons=(Reason.NO_CODE,))))
    (item,) = register.all(ReviewItem)
    assert item.id is not None
    resolver = Resolver(register.database, RegistrySection(), lambda: NOW, lambda: None)
    resolver.resolve(item.id, item.revision, ToQuestions(), "rut")
    Settler(register.database, lambda: NOW).settle(
        MessageSettled(
            occurred_at=NOW,
            message_id="<1@skr.se>",
            kind="receipt",
            recipient="anna@umea.se",
            fate=MessageFate.SENT,
            settled_at=NOW,
        )
    )
    database = copied_back(register.database, other_database_url, "0015")
    upgrade(database, MIGRATIONS)
    with database.read() as session:
        (message,) = session.exec(select(Message)).all()
        (question,) = session.exec(select(HandedOver)).all()
        (verdict,) = session.exec(select(Resolution)).all()
    database.close()
    assert (message.recipient, message.letter_id) == ("anna@umea.se", None)
    assert (question.resolution, question.answered_at) == (verdict.id, None)
