"""A registrar's verdicts on what waited: written, told, refused, and taken back; both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.registry.accounts import account_of, accounts
from services.registry.domain.answer import Pair
from services.registry.domain.resolution import (
    AsDuplicate,
    AskAgain,
    Attach,
    Details,
    Done,
    LeaveOut,
    Objection,
    ToNeeds,
    ToQuestions,
    Verdict,
)
from services.registry.resolve import NoSuchMatter, Refused, Resolved, Resolver
from services.registry.settings import RegistrySection
from services.registry.settle import Settler
from services.registry.store.answers import AnswerState, answer_lines
from services.registry.store.queue import queue_counts
from services.registry.tables import (
    Answer,
    AnswerStatus,
    CaseFile,
    ContactPerson,
    Document,
    EventLog,
    FormerNumber,
    Mail,
    MailState,
    Resolution,
    ReviewItem,
    ReviewState,
)
from shared.events import (
    WITHDRAWN,
    AnswerRecorded,
    AnswerVoided,
    Disposition,
    DocumentReading,
    DocumentResolved,
    Fate,
    MessageFate,
    MessageSettled,
    Outcome,
    Reason,
    ResolutionUndone,
    SignatureState,
)
from tests.unit.registry.builders import (
    KOMPETENS,
    LUND,
    MOLN,
    NOW,
    UMEA,
    Register,
    form,
    mail,
    typed,
)

LATER = datetime(2024, 9, 13, 8, 0, tzinfo=UTC)
RUT = "rut"


@pytest.fixture
def resolver(register: Register) -> Resolver:
    return resolver_of(register)


def resolver_of(register: Register, **settings: Any) -> Resolver:
    return Resolver(register.database, RegistrySection(**settings), lambda: LATER, lambda: None)


def doubtful(answer: str | None = "ja", **more: Any) -> DocumentReading:
    reasons = more.pop("reasons", (Reason.MARK_DOUBTFUL,))
    return form(answer, outcome=Outcome.REVIEW, reasons=reasons, **more)


def uncoded(**more: Any) -> DocumentReading:
    return doubtful(None, initiative=None, municipality=None, reasons=(Reason.NO_CODE,), **more)


def attach(
    answer: str = "ja",
    *,
    initiative: str = KOMPETENS,
    municipality: str = UMEA,
    signature: SignatureState = SignatureState.HANDWRITTEN,
    replaces: str | None = None,
    **details: str,
) -> Attach:
    return Attach(Pair(initiative, municipality), answer, signature, Details(**details), replaces)


def waiting(register: Register) -> ReviewItem:
    (item,) = [one for one in register.all(ReviewItem) if one.state is ReviewState.OPEN]
    return item


def resolve(
    register: Register, resolver: Resolver, verdict: Verdict, *, seen: int | None = None
) -> Resolved | Refused:
    item = waiting(register)
    assert item.id is not None
    return resolver.resolve(item.id, item.revision if seen is None else seen, verdict, RUT)


def carried_out(register: Register, resolver: Resolver, verdict: Verdict) -> str:
    done = resolve(register, resolver, verdict)
    assert isinstance(done, Resolved), done
    return done.resolution


# --- koppla ----------------------------------------------------------------------------------


def test_an_attached_document_becomes_the_answer_and_its_sender_is_told(
    register: Register, resolver: Resolver
) -> None:
    register.record(mail(doubtful(**typed()), name="one"))
    carried_out(
        register, resolver, attach("nej", contact_name="Åsa Ek", contact_email="asa@umea.se")
    )

    (answer,) = register.all(Answer)
    assert (answer.answer, answer.status, answer.recorded_by) == ("nej", AnswerStatus.CURRENT, RUT)
    (contact,) = register.all(ContactPerson)
    assert (contact.name, contact.email) == ("Åsa Ek", "asa@umea.se")
    (document,) = register.documents()
    assert (document.fate, document.handled_at) == (Fate.RECORDED, LATER)
    assert document.reasons == [Reason.MARK_DOUBTFUL]
    assert register.ask(queue_counts).total == 0
    (recorded,) = register.emitted(AnswerRecorded)
    assert (recorded.answer, recorded.by, recorded.dnr) == ("nej", RUT, "SKR 2024/00001")
    (told,) = register.emitted(DocumentResolved)
    assert told.send_after == LATER + timedelta(minutes=5)
    assert (told.document.fate, told.document.answer_label) == (
        Fate.RECORDED,
        "Nej, kommunen avstår",
    )
    assert told.document.files == ("svar1.pdf",)
    assert (told.former_dnr, told.replaces_label, told.message) == ("", None, "")
    (line,) = [one for one in register.all(EventLog) if one.what == "resolved.attach"]
    assert line.who == RUT
    assert line.after is not None
    assert line.after["pair"] == {"initiative": KOMPETENS, "municipality": UMEA}


def test_a_document_without_a_code_takes_its_number_with_it(
    register: Register, resolver: Resolver
) -> None:
    register.record(mail(uncoded()))
    carried_out(register, resolver, attach())
    (case,) = register.all(CaseFile)
    assert (case.dnr, case.initiative, case.municipality) == ("SKR 2024/00001", KOMPETENS, UMEA)
    assert case.title == "Svar om Kompetensgemenskaper från Umeå kommun"
    assert register.all(FormerNumber) == []


def test_a_document_of_a_case_that_is_there_gets_a_number_in_it_and_keeps_its_former_one(
    register: Register, resolver: Resolver
) -> None:
    register.record(mail(form("ja", initiative=MOLN), name="first"), mail(uncoded(), name="second"))
    standing = register.documents()[0].document_id
    carried_out(register, resolver, attach("nej", initiative=MOLN, replaces=standing))
    first, own = sorted(register.all(CaseFile), key=lambda one: one.dnr)
    moved = next(one for one in register.documents() if one.document_id != standing)
    assert (moved.case_id, moved.handling) == (first.id, 2)
    (former,) = register.all(FormerNumber)
    assert (former.case_id, former.handling) == (own.id, 1)
    assert former.document_id == moved.document_id
    (told,) = register.emitted(DocumentResolved)
    assert (told.former_dnr, told.document.dnr) == (own.dnr, first.dnr)


def test_a_newer_answer_replaces_the_one_that_was_seen_and_both_remain(
    register: Register, resolver: Resolver
) -> None:
    register.record(mail(form("ja", scan="a"), name="a"), mail(form("nej", scan="b"), name="b"))
    (old,) = register.all(Answer)
    carried_out(register, resolver, attach("nej", replaces=old.document_id))
    answers = {one.status: one for one in register.all(Answer)}
    assert answers[AnswerStatus.CURRENT].answer == "nej"
    replaced = answers[AnswerStatus.REPLACED]
    assert (replaced.document_id, replaced.ended_by, replaced.ended_at) == (
        old.document_id,
        RUT,
        LATER,
    )
    (told,) = register.emitted(DocumentResolved)
    assert told.replaces_label == "Ja, kommunen ansluter sig"


def test_an_answer_that_came_too_late_is_flagged_when_a_person_records_it(
    register: Register, resolver: Resolver
) -> None:
    register.record(mail(uncoded(), received_at=datetime(2024, 9, 30, 22, 0, tzinfo=UTC)))
    carried_out(register, resolver, attach())
    assert register.all(Answer)[0].late
    assert register.emitted(DocumentResolved)[0].document.late


@pytest.mark.parametrize(
    ("verdict", "objection"),
    [
        (attach(initiative="annat"), Objection.UNKNOWN_INITIATIVE),
        (attach(municipality="9999"), Objection.UNKNOWN_MUNICIPALITY),
        (attach("kanske"), Objection.UNKNOWN_ANSWER),
        (attach(signature=SignatureState.MISSING), Objection.NOT_SIGNED),
        (attach(replaces="m" + "0" * 23 + "-1"), Objection.REPLACED_MEANWHILE),
        (attach(contact_email="asa at umea"), Objection.BAD_ADDRESS),
        (attach(contact_name="x" * 301), Objection.TEXT_TOO_LONG),
        (AsDuplicate("m" + "0" * 23 + "-1"), Objection.NOTHING_TO_REPEAT),
        (AskAgain(()), Objection.NO_REASON),
        (AskAgain((Reason.READER_CRASHED,)), Objection.NO_REASON),
        (AskAgain((Reason.NONE_MARKED,), "x" * 2001), Objection.TEXT_TOO_LONG),
        (LeaveOut("  "), Objection.NO_REASON),
        (Done(), Objection.ONLY_A_DOCUMENT),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    register: Register, resolver: Resolver, verdict: Verdict, objection: Objection
) -> None:
    register.record(mail(doubtful()))
    assert resolve(register, resolver, verdict) == Refused((objection,))
    assert waiting(register).revision == 1
    assert register.all(Resolution) == []
    assert register.emitted(DocumentResolved) == []


def test_every_objection_is_told_at_once(register: Register, resolver: Resolver) -> None:
    register.record(mail(doubtful()))
    verdict = attach("x", initiative="y", municipality="z", signature=SignatureState.UNCLEAR)
    refused = resolve(register, resolver, verdict)
    assert isinstance(refused, Refused)
    assert len(refused.objections) == 3


def test_an_answer_that_appeared_meanwhile_is_not_replaced_unseen(
    register: Register, resolver: Resolver
) -> None:
    register.record(mail(doubtful(scan="a"), name="a"))
    item = waiting(register)
    assert item.id is not None
    register.record(mail(form("nej", scan="b"), name="b"))
    refused = resolver.resolve(item.id, item.revision, attach("ja"), RUT)
    assert refused == Refused((Objection.ANSWER_STANDS,))
    (answer,) = register.all(Answer)
    assert answer.answer == "nej"


def test_of_two_registrars_the_second_is_told_and_changes_nothing(
    register: Register, resolver: Resolver
) -> None:
    register.record(mail(doubtful()))
    item = waiting(register)
    assert item.id is not None
    assert isinstance(resolver.resolve(item.id, 1, attach("ja"), RUT), Resolved)
    assert resolver.resolve(item.id, 1, attach("nej"), "rune") == Refused((Objection.NOT_OPEN,))
    assert [one.answer for one in register.all(Answer)] == ["ja"]


def test_a_verdict_on_what_has_changed_since_is_refused(
    register: Register, resolver: Resolver
) -> None:
    register.record(mail(doubtful()))
    resolver.undo(carried_out(register, resolver, attach()), "rune")
    assert resolve(register, resolver, attach("nej"), seen=1) == Refused((Objection.STALE,))


def test_an_item_that_is_not_there(resolver: Resolver) -> None:
    with pytest.raises(NoSuchMatter):
        resolver.resolve(7, 1, attach(), RUT)
    with pytest.raises(NoSuchMatter):
        resolver.undo("nothing", RUT)


# --- the other verdicts ----------------------------------------------------------------------


def test_a_duplicate_points_at_the_answer_it_repeats(
    register: Register, resolver: Resolver
) -> None:
    register.record(mail(form("ja", scan="a"), name="a"), mail(form("ja", scan="b"), name="b"))
    (answer,) = register.all(Answer)
    carried_out(register, resolver, AsDuplicate(answer.document_id))
    repeated = next(one for one in register.documents() if one.fate is Fate.DUPLICATE)
    assert repeated.duplicate_of == answer.document_id
    (told,) = register.emitted(DocumentResolved)
    assert told.document.answer_label == "Ja, kommunen ansluter sig"


def test_a_new_answer_is_asked_for_in_the_registrars_own_words(
    register: Register, resolver: Resolver
) -> None:
    register.record(mail(doubtful()))
    carried_out(
        register, resolver, AskAgain((Reason.SIGNATURE_MISSING, Reason.NONE_MARKED), "Sidan 2.")
    )
    (document,) = register.documents()
    assert document.fate is Fate.RETURNED
    (told,) = register.emitted(DocumentResolved)
    assert told.document.reasons == (Reason.SIGNATURE_MISSING, Reason.NONE_MARKED)
    assert told.message == "Sidan 2."


def test_what_could_not_be_asked_for_comes_back_into_the_queue(
    register: Register, resolver: Resolver
) -> None:
    register.record(mail(doubtful()))
    carried_out(register, resolver, AskAgain((Reason.SIGNATURE_MISSING,)))
    settler = Settler(register.database, lambda: LATER)
    (document,) = register.documents()

    def settled(number: int, reason: str) -> None:
        settler.settle(
            MessageSettled(
                occurred_at=LATER,
                mail_id=document.mail_id,
                document_id=document.document_id,
                message_id=f"<{number}@skr.se>",
                kind="return_request",
                recipient="a@b.example",
                fate=MessageFate.HELD_BACK,
                reason=reason,
                settled_at=LATER,
            )
        )

    settled(1, WITHDRAWN)
    assert register.documents()[0].fate is Fate.RETURNED
    settled(2, "cap_in_all")
    item = waiting(register)
    assert Reason.SENDER_NOT_TOLD in item.reasons
    assert item.revision == 3
    carried_out(register, resolver, attach())
    assert register.documents()[0].fate is Fate.RECORDED


@pytest.mark.parametrize(
    ("verdict", "fate"),
    [
        (ToNeeds(), Fate.NEED),
        (ToQuestions(), Fate.QUESTION),
        (LeaveOut("Reklam"), Fate.NOT_REGISTERED),
    ],
)
def test_what_is_no_answer_is_put_where_it_belongs_and_no_decision_is_told(
    register: Register, resolver: Resolver, verdict: Verdict, fate: Fate
) -> None:
    event = mail(uncoded())
    register.record(event)
    carried_out(register, resolver, verdict)
    assert register.documents()[0].fate is fate
    assert register.emitted(DocumentResolved) == []
    account = account_of(register.database, event.mail_id)
    assert account is not None
    assert all(account.documents.values())
    assert all(part.accounts for part in account.parts)


@pytest.mark.parametrize(
    ("verdict", "state"),
    [
        (Done(), MailState.HANDLED),
        (ToNeeds(), MailState.NEED),
        (LeaveOut("Reklam"), MailState.SET_ASIDE),
    ],
)
def test_a_mail_that_is_itself_the_matter(
    register: Register, resolver: Resolver, verdict: Verdict, state: MailState
) -> None:
    register.record(mail(disposition=Disposition.QUESTION, reasons=(Reason.QUESTION,)))
    resolution = carried_out(register, resolver, verdict)
    assert register.all(Mail)[0].state is state
    assert register.ask(queue_counts).total == 0
    resolver.undo(resolution, RUT)
    assert register.all(Mail)[0].state is MailState.REVIEW
    assert register.ask(queue_counts).total == 1


def test_a_mail_cannot_be_attached(register: Register, resolver: Resolver) -> None:
    register.record(mail(disposition=Disposition.QUESTION, reasons=(Reason.QUESTION,)))
    assert resolve(register, resolver, attach()) == Refused((Objection.ONLY_A_MAIL,))


# --- undo ------------------------------------------------------------------------------------


def test_an_answer_taken_back_is_as_if_it_had_not_been_but_for_the_log(
    register: Register, resolver: Resolver
) -> None:
    register.record(mail(uncoded()))
    before = register.documents()[0].model_dump()
    resolution = carried_out(register, resolver, attach())
    assert resolver.undo(resolution, RUT) == Resolved(resolution)

    assert register.documents()[0].model_dump() == before
    (case,) = register.all(CaseFile)
    assert (case.initiative, case.title) == (None, "Inkommen handling: Svar")
    assert register.ask(queue_counts).total == 1
    lines = register.ask(lambda session: answer_lines(session, KOMPETENS))
    assert {one.state for one in lines} == {AnswerState.MISSING}
    (voided,) = register.emitted(AnswerVoided)
    assert (voided.municipality, voided.by) == (UMEA, RUT)
    (undone,) = register.emitted(ResolutionUndone)
    assert str(undone.resolution) == resolution
    assert waiting(register).claimed_by == RUT
    assert "resolved.undone" in {one.what for one in register.all(EventLog)}

    carried_out(register, resolver, attach("nej", municipality=LUND))
    (answer,) = register.all(Answer)
    assert (answer.answer, answer.municipality, answer.status) == (
        "nej",
        LUND,
        AnswerStatus.CURRENT,
    )
    assert (answer.ended_at, answer.ended_why) == (None, "")


def test_taking_a_replacement_back_puts_the_former_answer_in_force_and_the_numbers_back(
    register: Register, resolver: Resolver
) -> None:
    register.record(mail(form("ja", scan="a"), name="a"), mail(uncoded(scan="b"), name="b"))
    (old,) = register.all(Answer)
    moved = next(one for one in register.documents() if one.document_id != old.document_id)
    resolution = carried_out(register, resolver, attach("nej", replaces=old.document_id))
    resolver.undo(resolution, RUT)
    current = [one for one in register.all(Answer) if one.status is AnswerStatus.CURRENT]
    assert [one.document_id for one in current] == [old.document_id]
    again = next(one for one in register.documents() if one.document_id == moved.document_id)
    assert (again.case_id, again.handling) == (moved.case_id, moved.handling)
    (former,) = register.all(FormerNumber)
    assert (former.case_id, former.handling) != (moved.case_id, moved.handling)
    assert register.emitted(AnswerRecorded)[-1].document_id == old.document_id
    carried_out(register, resolver, attach("nej", replaces=old.document_id))
    numbers = {(one.case_id, one.handling) for one in register.documents()}
    given_up = {(one.case_id, one.handling) for one in register.all(FormerNumber)}
    assert numbers.isdisjoint(given_up)


def test_nothing_is_taken_back_twice_or_from_under_what_came_later(
    register: Register, resolver: Resolver
) -> None:
    register.record(mail(doubtful(scan="a"), name="a"))
    first = carried_out(register, resolver, attach())
    attached = register.all(Answer)[0].document_id
    register.record(mail(form("nej", scan="b"), name="b"))
    second = carried_out(register, resolver, attach("nej", replaces=attached))
    assert resolver.undo(first, RUT) == Refused((Objection.BUILT_UPON,))
    assert isinstance(resolver.undo(second, RUT), Resolved)
    assert resolver.undo(second, RUT) == Refused((Objection.NOT_OPEN,))
    assert isinstance(resolver.undo(first, RUT), Resolved)


def test_every_mail_is_accounted_for_after_every_verdict(
    register: Register, resolver: Resolver
) -> None:
    verdicts: list[Verdict] = [
        attach(),
        AskAgain((Reason.SIGNATURE_MISSING,)),
        ToNeeds(),
        ToQuestions(),
        LeaveOut("Reklam"),
    ]
    for place, verdict in enumerate(verdicts):
        register.record(mail(uncoded(scan=str(place)), name=str(place)))
        carried_out(register, resolver, verdict)
    for account in accounts(register.database):
        assert all(account.documents.values())
        assert all(part.accounts for part in account.parts)
    assert len(register.all(Document)) == len(verdicts)


def test_without_time_to_undo_the_mail_may_leave_at_once(register: Register) -> None:
    register.record(mail(doubtful()))
    carried_out(register, resolver_of(register, undo_minutes=0), attach())
    assert register.emitted(DocumentResolved)[0].send_after == LATER


def test_the_time_of_arrival_is_told_not_that_of_the_verdict(
    register: Register, resolver: Resolver
) -> None:
    register.record(mail(doubtful()))
    carried_out(register, resolver, attach())
    assert register.emitted(AnswerRecorded)[0].received_at == NOW
