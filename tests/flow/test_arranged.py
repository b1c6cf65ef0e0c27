"""What a registrar arranges of a mail's pages: asked, read, proposed, undone; both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from services.registry.accounts import Account, account_of
from services.registry.arranging.arrange import Arranger, Asked, Hindered
from services.registry.arranging.reread import Rereader
from services.registry.domain.answer import Pair
from services.registry.domain.arrangement import (
    MEANWHILE,
    NOWHERE,
    Hindrance,
    PageId,
    Placing,
    Plan,
    Wish,
)
from services.registry.domain.resolution import Attach, LeaveOut, Objection
from services.registry.resolve import Refused, Resolved, Resolver
from services.registry.settings import RegistrySection
from services.registry.store.arrangements import arrangeable, mark_of
from services.registry.tables import (
    Arrangement,
    ArrangementState,
    CaseFile,
    Document,
    EventLog,
    ReviewItem,
    ReviewState,
)
from shared.events import (
    DocumentKind,
    DocumentReading,
    DocumentResolved,
    Fate,
    Outcome,
    PageImage,
    PagesArranged,
    PagesRead,
    ReadAs,
    Reason,
    RereadFault,
    SignatureState,
    Turn,
)
from shared.outbox import now
from tests.unit.registry.builders import KOMPETENS, LUND, UMEA, Register, digest, form, mail

LATER = datetime(2024, 9, 13, 8, 0, tzinfo=UTC)
RUT, EVA = "rut", "eva"
FIRST, SECOND, THIRD = PageId(1, 1), PageId(1, 2), PageId(2, 1)
MAIL = mail(name="one").mail_id


def paper(
    *pages: PageId, answer: str | None = None, municipality: str | None = None, **more: Any
) -> DocumentReading:
    """What is read of some pages: an answer, or a paper without a code."""
    given: dict[str, Any] = {
        "outcome": Outcome.REVIEW,
        "kind": DocumentKind.ANSWER if municipality else DocumentKind.OTHER,
        "reasons": () if municipality else (Reason.NO_CODE,),
        "signature": SignatureState.HANDWRITTEN if answer else None,
    }
    found = form(
        answer, initiative=KOMPETENS if municipality else None, municipality=municipality,
        **(given | more),
    )  # fmt: skip
    return found.model_copy(
        update={
            "parts": tuple(sorted({page.part for page in pages})),
            "pages": tuple(
                PageImage(
                    number=number, part=page.part, source_page=page.source_page,
                    image=digest(str(page)), width_px=1240, height_px=1754,
                )
                for number, page in enumerate(pages, start=1)
            ),
        }
    )  # fmt: skip


class Desk:
    """A register, what its registrars can do, and an intake that reads what it is told."""

    def __init__(self, register: Register) -> None:
        self.register = register
        self.arranger = Arranger(register.database, lambda: LATER, lambda: None)
        self.rereader = Rereader(register.database, RegistrySection(), lambda: LATER)
        self.resolver = Resolver(register.database, RegistrySection(), lambda: LATER, lambda: None)

    def document(self, number: int) -> Document:
        [found] = [
            one for one in self.register.all(Document) if one.document_id == f"{MAIL}-{number}"
        ]
        return found

    def item(self, number: int) -> ReviewItem:
        [found] = [
            one for one in self.register.all(ReviewItem) if one.document_id == f"{MAIL}-{number}"
        ]
        return found

    @property
    def mark(self) -> str:
        return self.register.ask(lambda session: mark_of(arrangeable(session, MAIL)))

    def plan(
        self,
        *documents: tuple[PageId, ...],
        left_out: tuple[PageId, ...] = (),
        number: int = 1,
        wishes: dict[int, Wish] | None = None,
    ) -> Plan:
        placed = {
            page: Placing(number, place)
            for number, pages in enumerate(documents, start=1)
            for place, page in enumerate(pages)
        }
        placed |= {page: Placing(NOWHERE) for page in left_out}
        return Plan(placed, wishes or {}, f"{MAIL}-{number}")

    def ask(
        self,
        *documents: tuple[PageId, ...],
        left_out: tuple[PageId, ...] = (),
        seen: str | None = None,
        number: int = 1,
        wishes: dict[int, Wish] | None = None,
        who: str = RUT,
    ) -> Asked | Hindered:
        plan = self.plan(*documents, left_out=left_out, number=number, wishes=wishes)
        item = self.item(number).id
        assert item is not None
        return self.arranger.ask(item, self.mark if seen is None else seen, plan, who)

    def asked(self, *documents: tuple[PageId, ...], **more: Any) -> str:
        done = self.ask(*documents, **more)
        assert isinstance(done, Asked), done
        return done.arrangement

    def told(self) -> PagesArranged:
        return self.register.emitted(PagesArranged)[-1]

    def read(self, *readings: DocumentReading, event: PagesArranged | None = None) -> PagesRead:
        """Answer as intake does: one reading for each document that was asked for."""
        asked = event or self.told()
        told = PagesRead(
            occurred_at=now(),
            arrangement=asked.arrangement,
            mail_id=asked.mail_id,
            documents=tuple(
                one.model_copy(update={"document_id": wanted.document_id})
                for one, wanted in zip(readings, asked.documents, strict=True)
            ),
        )
        self.rereader.take_up(told)
        return told

    def decide(self, number: int, verdict: Attach | LeaveOut) -> Resolved | Refused:
        item = self.item(number)
        assert item.id is not None
        return self.resolver.resolve(item.id, item.revision, verdict, RUT)

    def number(self, number: int) -> str:
        document = self.document(number)
        case = self.register.ask(lambda session: session.get_one(CaseFile, document.case_id))
        return f"{case.dnr}-{document.handling}"

    def fates(self) -> list[Fate]:
        return [
            one.fate for one in sorted(self.register.all(Document), key=lambda one: one.document_id)
        ]

    def is_whole(self) -> bool:
        account = account_of(self.register.database, MAIL)
        assert account is not None
        return account.complete


@pytest.fixture
def desk(register: Register) -> Desk:
    """Two answers in one file, taken for one paper; and a paper in a file of its own."""
    register.record(mail(paper(FIRST, SECOND), paper(THIRD), name="one"))
    return Desk(register)


def split(desk: Desk) -> str:
    """Have the first document split into an answer of Umeå's and one of Lund's."""
    arrangement = desk.asked((FIRST,), (SECOND,), (THIRD,))
    desk.read(
        paper(FIRST, answer="ja", municipality=UMEA),
        paper(SECOND, answer="nej", municipality=LUND),
    )
    return arrangement


def attach(municipality: str, answer: str) -> Attach:
    return Attach(Pair(KOMPETENS, municipality), answer, SignatureState.HANDWRITTEN)


def test_one_document_becomes_two_that_wait_with_what_was_read(desk: Desk) -> None:
    before = desk.number(1)
    split(desk)
    event = desk.told()
    assert [one.document_id for one in event.documents] == [f"{MAIL}-3", f"{MAIL}-4"]
    assert [one.pages[0].source_page for one in event.documents] == [1, 2]
    assert event.documents[0].pages[0].image == digest(str(FIRST))
    assert desk.fates() == [Fate.REARRANGED, Fate.REVIEW, Fate.REVIEW, Fate.REVIEW]
    assert desk.number(1) == before
    umea, lund = desk.document(3), desk.document(4)
    assert (umea.municipality, lund.municipality) == (UMEA, LUND)
    assert desk.item(3).reasons == [Reason.REARRANGED]
    assert (desk.item(3).claimed_by, desk.item(1).state) == (RUT, ReviewState.RESOLVED)
    # The first takes on the case whose number the sender knows; the other has one of its own.
    assert desk.number(3) == before.replace("-1", "-2")
    assert umea.case_id != lund.case_id
    assert desk.is_whole()
    log = [(one.who, one.what) for one in desk.register.all(EventLog) if one.who == RUT]
    assert [what for _, what in log] == [
        "pages.arranged",
        "document.review",
        "document.review",
        "document.rearranged",
    ]


def test_the_machine_never_records_what_a_person_put_together(desk: Desk) -> None:
    desk.asked((FIRST,), (SECOND,), (THIRD,))
    sure = {"outcome": Outcome.AUTO, "reasons": ()}
    desk.read(
        paper(FIRST, answer="ja", municipality=UMEA, **sure),
        paper(SECOND, answer="nej", municipality=LUND, **sure),
    )
    assert Fate.RECORDED not in desk.fates()
    assert desk.item(3).reasons == [Reason.REARRANGED]


def test_two_documents_become_one_in_a_new_order(desk: Desk) -> None:
    desk.asked((THIRD, FIRST, SECOND))
    desk.read(paper(THIRD, FIRST, SECOND, answer="ja", municipality=UMEA))
    assert desk.fates() == [Fate.REARRANGED, Fate.REARRANGED, Fate.REVIEW]
    assert desk.document(3).parts == [1, 2]
    assert desk.is_whole()


def test_pages_that_belong_to_none_are_kept_and_not_registered(desk: Desk) -> None:
    desk.asked((FIRST,), (THIRD,), left_out=(SECOND,))
    desk.read(paper(FIRST, answer="ja", municipality=UMEA))
    assert desk.fates()[2:] == [Fate.REVIEW, Fate.NOT_REGISTERED]
    left_out = desk.document(4)
    assert left_out.case_id == desk.document(1).case_id
    assert [page["source_page"] for page in left_out.reading["pages"]] == [2]
    account = account_of(desk.register.database, MAIL)
    assert account is not None
    assert account.documents[f"{MAIL}-1"] is Account.REARRANGED
    assert account.parts[1].accounts == (Account.QUEUE, Account.SET_ASIDE)
    assert account.complete


def test_the_sender_is_told_the_number_of_the_receipt_once_it_is_decided(desk: Desk) -> None:
    receipt = desk.number(1).rpartition("-")[0]
    split(desk)
    assert desk.register.emitted(DocumentResolved) == []
    assert isinstance(desk.decide(3, attach(UMEA, "ja")), Resolved)
    assert isinstance(desk.decide(4, attach(LUND, "nej")), Resolved)
    umea, lund = desk.register.emitted(DocumentResolved)
    assert (umea.document.dnr, umea.former_dnr) == (receipt, "")
    assert lund.document.dnr != receipt
    assert lund.former_dnr == receipt
    assert desk.is_whole()


def test_an_answer_that_stands_already_is_a_conflict_to_see(desk: Desk) -> None:
    desk.register.record(mail(form("nej"), name="other"))
    split(desk)
    assert set(desk.item(3).reasons) == {Reason.REARRANGED, Reason.CONFLICT}
    assert desk.is_whole()


def test_while_it_is_read_nobody_decides_and_it_can_be_taken_back(desk: Desk) -> None:
    arrangement = desk.asked((FIRST,), (SECOND,), (THIRD,))
    assert desk.decide(1, LeaveOut("fel")) == Refused((Objection.BEING_READ,))
    assert isinstance(desk.decide(2, LeaveOut("fel")), Resolved)
    assert desk.ask((FIRST, SECOND)) == Hindered((Hindrance.BEING_READ,))
    assert isinstance(desk.arranger.take_back(arrangement, EVA), Asked)
    assert desk.arranger.take_back(arrangement, EVA) == Hindered((Hindrance.TOO_LATE,))
    # What intake says after that comes too late.
    desk.read(paper(FIRST), paper(SECOND))
    assert desk.fates() == [Fate.REVIEW, Fate.NOT_REGISTERED]
    assert isinstance(desk.decide(1, LeaveOut("fel")), Resolved)
    assert desk.is_whole()


def test_what_cannot_be_read_leaves_all_as_it_was_and_says_why(desk: Desk) -> None:
    desk.asked((FIRST,), (SECOND,), (THIRD,))
    event = desk.told()
    desk.rereader.take_up(
        PagesRead(
            occurred_at=LATER,
            arrangement=event.arrangement,
            mail_id=MAIL,
            fault=RereadFault.FILE_UNREADABLE,
            reason=Reason.READER_TIMEOUT,
        )
    )
    [arrangement] = desk.register.all(Arrangement)
    assert arrangement.state is ArrangementState.NOT_READ
    assert arrangement.why == "file_unreadable reader_timeout"
    assert desk.fates() == [Fate.REVIEW, Fate.REVIEW]
    assert isinstance(desk.decide(1, LeaveOut("fel")), Resolved)


def test_what_was_closed_by_hand_while_it_was_read_stays_so(desk: Desk) -> None:
    desk.asked((FIRST,), (SECOND,), (THIRD,))
    with desk.register.database.write() as session:
        item = session.get_one(ReviewItem, desk.item(1).id)
        item.state = ReviewState.RESOLVED
    desk.read(paper(FIRST), paper(SECOND))
    [arrangement] = desk.register.all(Arrangement)
    assert (arrangement.state, arrangement.why) == (ArrangementState.NOT_READ, MEANWHILE)
    assert len(desk.register.all(Document)) == 2


def test_other_pages_than_were_asked_for_are_refused(desk: Desk) -> None:
    desk.asked((FIRST,), (SECOND,), (THIRD,))
    desk.read(paper(FIRST), paper(FIRST))
    [arrangement] = desk.register.all(Arrangement)
    assert (arrangement.state, arrangement.why) == (ArrangementState.NOT_READ, "page_gone")
    assert desk.is_whole()


def test_the_same_event_twice_and_another_for_the_same_change_nothing(desk: Desk) -> None:
    desk.asked((FIRST,), (SECOND,), (THIRD,))
    told = desk.read(paper(FIRST), paper(SECOND))
    desk.rereader.take_up(told)
    desk.read(paper(FIRST), paper(SECOND))
    assert len(desk.register.all(Document)) == 4
    assert desk.is_whole()


def test_a_plan_for_pages_that_have_changed_is_refused(desk: Desk) -> None:
    seen = desk.mark
    assert isinstance(desk.decide(2, LeaveOut("fel")), Resolved)
    assert desk.ask((FIRST,), (SECOND,), (THIRD,), seen=seen) == Hindered((Hindrance.STALE,))
    assert desk.ask((FIRST,), (SECOND,), (THIRD,)) == Hindered((Hindrance.STALE,))
    desk.asked((FIRST,), (SECOND,))


def test_undone_the_former_documents_wait_again_as_they_were(desk: Desk) -> None:
    before = desk.number(1), desk.document(1).municipality
    arrangement = split(desk)
    numbers = desk.number(3), desk.number(4)
    assert isinstance(desk.arranger.undo(arrangement, EVA), Asked)
    assert desk.fates() == [Fate.REVIEW, Fate.REVIEW, Fate.REARRANGED, Fate.REARRANGED]
    assert (desk.number(1), desk.document(1).municipality) == before
    assert (desk.number(3), desk.number(4)) == numbers
    case = desk.register.ask(lambda session: session.get_one(CaseFile, desk.document(1).case_id))
    assert (case.initiative, case.municipality) == (None, None)
    assert desk.is_whole()
    assert desk.arranger.undo(arrangement, EVA) == Hindered((Hindrance.TOO_LATE,))
    # And once more, with numbers that nothing else had.
    desk.asked((SECOND, FIRST), (THIRD,))
    desk.read(paper(SECOND, FIRST, answer="ja", municipality=UMEA))
    assert desk.document(5).fate is Fate.REVIEW
    assert desk.is_whole()


def test_nothing_is_undone_that_a_verdict_rests_on(desk: Desk) -> None:
    arrangement = split(desk)
    done = desk.decide(3, attach(UMEA, "ja"))
    assert isinstance(done, Resolved)
    assert desk.arranger.undo(arrangement, EVA) == Hindered((Hindrance.TOO_LATE,))
    desk.resolver.undo(done.resolution, RUT)
    assert isinstance(desk.arranger.undo(arrangement, EVA), Asked)
    assert desk.is_whole()


def test_what_was_arranged_can_be_arranged_again(desk: Desk) -> None:
    split(desk)
    receipt = desk.number(1).rpartition("-")[0]
    desk.asked((FIRST,), (SECOND, THIRD), number=4)
    assert [one.document_id for one in desk.told().documents] == [f"{MAIL}-5"]
    desk.read(paper(SECOND, THIRD, answer="nej", municipality=LUND))
    assert desk.fates() == [
        Fate.REARRANGED, Fate.REARRANGED, Fate.REVIEW, Fate.REARRANGED, Fate.REVIEW,
    ]  # fmt: skip
    assert isinstance(desk.decide(5, attach(LUND, "nej")), Resolved)
    assert desk.register.emitted(DocumentResolved)[-1].former_dnr == receipt
    assert desk.is_whole()


def test_a_page_without_an_account_breaks_the_proof(desk: Desk) -> None:
    split(desk)
    with desk.register.database.write() as session:
        lost = session.get_one(Document, f"{MAIL}-4")
        lost.reading = {**lost.reading, "pages": []}
    assert not desk.is_whole()


def test_of_two_who_arrange_the_same_pages_one_is_heard(desk: Desk) -> None:
    seen = desk.mark
    with ThreadPoolExecutor(2) as threads:
        done = list(
            threads.map(
                lambda who: desk.ask((SECOND,), (FIRST,), (THIRD,), seen=seen, who=who), (RUT, EVA)
            )
        )
    assert sorted(type(one).__name__ for one in done) == ["Asked", "Hindered"]
    assert len(desk.register.all(Arrangement)) == 1


def test_a_document_is_read_again_as_it_is_or_as_a_form(desk: Desk) -> None:
    desk.asked((FIRST, SECOND), (THIRD,))
    [again] = desk.told().documents
    assert [page.source_page for page in again.pages] == [1, 2]
    assert {page.turn for page in again.pages} == {Turn.NONE}
    desk.read(paper(FIRST, SECOND))
    desk.asked((FIRST, SECOND), (THIRD,), wishes={2: Wish(ReadAs.NEED)}, number=2)
    [wanted] = desk.told().documents
    assert (wanted.read_as, wanted.pages[0].part) == (ReadAs.NEED, 2)
