"""kill -9 of the registry while pages are arranged: the repeat makes it whole, nothing is twice."""

import pytest

from services.registry.accounts import account_of
from services.registry.arranging.arrange import Arranger
from services.registry.arranging.reread import Rereader
from services.registry.settings import RegistrySection
from services.registry.tables import Arrangement, ArrangementState, Document
from shared.database import Database
from shared.events import Fate, PagesArranged, PagesRead
from tests.faults.test_registry_kill import kill_at
from tests.flow.test_arranged import FIRST, LATER, MAIL, SECOND, THIRD, Desk, paper
from tests.unit.registry.builders import NOW, Register, mail


@pytest.fixture
def desk(register: Register) -> Desk:
    register.record(mail(paper(FIRST, SECOND), paper(THIRD), name="one"))
    return Desk(register)


@pytest.mark.parametrize("step", ["claimed", "saved", "committed"])
def test_arranged_documents_are_proposed_once(desk: Desk, registry_url: str, step: str) -> None:
    desk.asked((FIRST,), (SECOND,), (THIRD,))
    event = desk.told()
    told = PagesRead(
        occurred_at=NOW,
        arrangement=event.arrangement,
        mail_id=MAIL,
        documents=tuple(
            paper(page).model_copy(update={"document_id": wanted.document_id})
            for page, wanted in zip((FIRST, SECOND), event.documents, strict=True)
        ),
    )
    desk.register.database.close()

    def take_up(database: Database) -> None:
        Rereader(database, RegistrySection(), lambda: LATER).take_up(told)

    kill_at(f"registry.reread.{step}", registry_url, take_up)
    assert len(desk.register.all(Document)) == (4 if step == "committed" else 2)
    take_up(desk.register.database)
    assert desk.fates() == [Fate.REARRANGED, Fate.REVIEW, Fate.REVIEW, Fate.REVIEW]
    assert desk.is_whole()


def test_what_was_asked_for_before_the_end_is_told_after_it(desk: Desk, registry_url: str) -> None:
    seen, item = desk.mark, desk.item(1)
    assert item.id is not None
    number = item.id
    desk.register.database.close()

    def ask(database: Database) -> None:
        Arranger(database, lambda: LATER, lambda: None).ask(
            number, seen, desk.plan((FIRST,), (SECOND,), (THIRD,)), "rut"
        )

    kill_at("registry.arrange.committed", registry_url, ask)
    [arrangement] = desk.register.all(Arrangement)
    assert arrangement.state is ArrangementState.READING
    [event] = desk.register.emitted(PagesArranged)
    assert str(event.arrangement) == arrangement.id
    account = account_of(desk.register.database, MAIL)
    assert account is not None
    assert account.complete
