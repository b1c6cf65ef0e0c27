"""From a mail that was read to answers, matters for staff, and the receipt; on both databases."""

from datetime import UTC, datetime

from services.registry.accounts import Account, account_of, accounts
from services.registry.admin.initiatives import load_round
from services.registry.store.details import document_detail, mail_detail
from services.registry.store.lists import totals
from services.registry.store.queue import open_queue, queue_counts
from services.registry.tables import (
    Answer,
    AnswerStatus,
    CaseFile,
    ContactPerson,
    Document,
    EventLog,
    Mail,
    MailState,
    Part,
    ReviewItem,
)
from shared.database import Database
from shared.events import (
    AnswerRecorded,
    Area,
    Disposition,
    DocumentKind,
    Fate,
    MailboxRole,
    MailRegistered,
    Outcome,
    Reason,
    SignatureFound,
    SignatureState,
)
from tests.unit.registry.builders import (
    KOMPETENS,
    LUND,
    MOLN,
    NOW,
    ROUND,
    STOCKHOLM,
    UMEA,
    Register,
    form,
    mail,
    open_register,
    scan_part,
    skipped_part,
    text_part,
    typed,
)


def test_a_form_beyond_doubt_becomes_the_current_answer_and_one_receipt(register: Register) -> None:
    event = mail(form("ja", **typed()))
    register.record(event)

    (answer,) = register.all(Answer)
    assert (answer.initiative, answer.municipality, answer.answer) == (KOMPETENS, UMEA, "ja")
    assert answer.status is AnswerStatus.CURRENT
    assert (answer.contact_name, answer.signatory_title) == ("Anna Ek", "Kommundirektör")
    (contact,) = register.all(ContactPerson)
    assert (contact.email, contact.phone) == ("anna.ek@umea.se", "+46 90 16 10 00")
    (told,) = register.emitted(AnswerRecorded)
    assert (told.dnr, told.handling, told.by, told.late) == ("SKR 2024/00001", 1, "machine", False)
    (receipt,) = register.emitted(MailRegistered)
    (line,) = receipt.documents
    assert line.model_dump(exclude={"document_id"}) == {
        "dnr": "SKR 2024/00001",
        "handling": 1,
        "fate": Fate.RECORDED,
        "files": ("svar1.pdf",),
        "initiative": "kompetens-2024",
        "initiative_name": "Kompetensgemenskaper",
        "municipality_name": "Umeå kommun",
        "answer_label": "Ja, kommunen ansluter sig",
        "late": False,
        "reasons": (),
    }
    assert register.ask(queue_counts).total == 0


def test_the_same_event_again_changes_nothing(register: Register) -> None:
    event = mail(form("ja"), form("nej", initiative=MOLN))
    register.record(event, event, event)
    assert len(register.all(Answer)) == 2
    assert len(register.emitted(AnswerRecorded)) == 2
    assert len(register.emitted(MailRegistered)) == 1


def test_another_event_about_a_registered_mail_changes_nothing(register: Register) -> None:
    register.record(mail(form("ja"), name="same"), mail(form("nej"), name="same"))
    (answer,) = register.all(Answer)
    assert answer.answer == "ja"
    assert len(register.emitted(MailRegistered)) == 1


def test_the_same_scan_in_another_mail_is_a_duplicate_of_the_first(register: Register) -> None:
    register.record(mail(form("ja"), name="first"), mail(form("ja"), name="second"))
    first, second = register.documents()
    assert (second.fate, second.duplicate_of) == (Fate.DUPLICATE, first.document_id)
    assert (first.case_id, first.handling, second.handling) == (second.case_id, 1, 2)
    assert len(register.emitted(AnswerRecorded)) == 1
    receipt = register.emitted(MailRegistered)[1].documents[0]
    assert (receipt.fate, receipt.answer_label) == (Fate.DUPLICATE, "Ja, kommunen ansluter sig")
    assert register.ask(queue_counts).total == 0


def test_a_typed_answer_scanned_anew_is_a_duplicate_when_all_of_it_is_the_same(
    register: Register,
) -> None:
    register.record(
        mail(form("ja", scan="a", **typed()), name="first"),
        mail(form("ja", scan="b", **typed()), name="second"),
    )
    assert register.documents()[1].fate is Fate.DUPLICATE


def test_a_handwritten_answer_scanned_anew_goes_to_a_person(register: Register) -> None:
    register.record(
        mail(form("ja", scan="a"), name="first"), mail(form("ja", scan="b"), name="second")
    )
    second = register.documents()[1]
    assert (second.fate, second.reasons) == (Fate.REVIEW, [Reason.CONFLICT])


def test_another_answer_is_a_conflict_and_the_first_one_stands(register: Register) -> None:
    register.record(
        mail(form("ja", scan="a"), name="first"), mail(form("nej", scan="b"), name="second")
    )
    (answer,) = register.all(Answer)
    assert answer.answer == "ja"
    (line,) = register.ask(open_queue)
    assert line.reasons == (Reason.CONFLICT,)
    assert (line.dnr, line.handling, line.read_answer) == ("SKR 2024/00001", 2, "nej")
    assert register.emitted(MailRegistered)[1].documents[0].answer_label is None


def test_the_same_scan_that_now_reads_otherwise_goes_to_a_person(register: Register) -> None:
    register.record(mail(form("ja"), name="first"), mail(form("nej"), name="second"))
    assert register.documents()[1].reasons == [Reason.CONFLICT]


def test_a_doubtful_document_names_the_conflict_too_only_if_there_is_one(
    register: Register,
) -> None:
    register.record(mail(form("ja"), name="first"))
    doubt = (Reason.SENDER_NOT_AUTHENTIC,)
    register.record(
        mail(form("ja"), name="same scan", reasons=doubt),
        mail(form("nej", scan="b"), name="other answer", reasons=doubt),
    )
    reasons = sorted((one.reasons for one in register.documents() if one.reasons), key=len)
    assert reasons == [[*doubt], [*doubt, Reason.CONFLICT]]


def test_a_paper_that_is_no_form_goes_to_a_person(register: Register) -> None:
    letter = form(None, kind=DocumentKind.OTHER, initiative=None, municipality=None)
    register.record(mail(letter))
    (document,) = register.documents()
    assert (document.fate, document.reasons) == (Fate.REVIEW, [Reason.NO_CODE])


def test_one_mail_may_answer_several_initiatives_in_one_scan(register: Register) -> None:
    register.record(mail(form("ja", page=1), form("nej", page=2, initiative=MOLN)))
    assert {(one.initiative, one.answer) for one in register.all(Answer)} == {
        (KOMPETENS, "ja"),
        (MOLN, "nej"),
    }
    assert len({case.dnr for case in register.all(CaseFile)}) == 2
    (receipt,) = register.emitted(MailRegistered)
    assert len(receipt.documents) == 2


def test_two_answers_in_one_mail_that_contradict_both_go_to_a_person(register: Register) -> None:
    register.record(mail(form("ja", page=1), form("nej", page=2)))
    assert register.all(Answer) == []
    assert [one.reasons for one in register.documents()] == [[Reason.SAME_MAIL_CONTRADICTS]] * 2


def test_a_doubtful_second_form_in_the_same_mail_holds_back_the_first(register: Register) -> None:
    doubtful = form(None, page=2, outcome=Outcome.REVIEW, reasons=(Reason.MARK_DOUBTFUL,))
    register.record(mail(form("ja", page=1), doubtful))
    assert register.all(Answer) == []


def test_an_unsigned_copy_beside_the_signed_answer_is_not_asked_for_again(
    register: Register,
) -> None:
    unsigned = form(
        "ja",
        scan="blank",
        part=2,
        outcome=Outcome.RETURN,
        reasons=(Reason.SIGNATURE_MISSING,),
        signature=SignatureState.MISSING,
    )
    register.record(mail(unsigned, form("ja")))
    assert {one.fate for one in register.documents()} == {Fate.DUPLICATE, Fate.RECORDED}


def test_an_unsigned_form_is_registered_and_returned_without_a_review(register: Register) -> None:
    unsigned = form(
        "ja",
        outcome=Outcome.RETURN,
        reasons=(Reason.SIGNATURE_MISSING,),
        signature=SignatureState.MISSING,
    )
    event = mail(unsigned)
    register.record(event)
    (document,) = register.documents()
    assert (document.fate, document.municipality) == (Fate.RETURNED, UMEA)
    assert register.all(ReviewItem) == []
    line = register.emitted(MailRegistered)[0].documents[0]
    assert (line.fate, line.reasons) == (Fate.RETURNED, (Reason.SIGNATURE_MISSING,))
    account = account_of(register.database, event.mail_id)
    assert account is not None
    assert [part.accounts for part in account.parts] == [(Account.TEXT,), (Account.RETURNED,)]


def test_a_doubt_about_the_mail_holds_back_every_document_with_all_reasons(
    register: Register,
) -> None:
    unclear = form(
        "nej", initiative=MOLN, outcome=Outcome.REVIEW, reasons=(Reason.UNEXPLAINED_INK,)
    )
    register.record(mail(form("ja"), unclear, reasons=(Reason.SENDER_NOT_AUTHENTIC,)))
    first, second = sorted(register.documents(), key=lambda one: one.document_id)
    assert first.reasons == [Reason.SENDER_NOT_AUTHENTIC]
    assert second.reasons == [Reason.SENDER_NOT_AUTHENTIC, Reason.UNEXPLAINED_INK]
    assert register.all(Answer) == []


def test_a_return_is_not_asked_of_a_sender_in_doubt(register: Register) -> None:
    both = form(None, outcome=Outcome.RETURN, reasons=(Reason.SEVERAL_MARKED,))
    register.record(mail(both, reasons=(Reason.SENDER_NOT_AUTHENTIC,)))
    (document,) = register.documents()
    assert document.fate is Fate.REVIEW
    assert document.reasons == [Reason.SENDER_NOT_AUTHENTIC, Reason.SEVERAL_MARKED]


def test_a_form_mailed_from_another_municipality_goes_to_a_person(register: Register) -> None:
    register.record(mail(form("ja"), sender="info@ext.falun.se"))
    (document,) = register.documents()
    assert document.reasons == [Reason.SENDER_OTHER_MUNICIPALITY]


def test_a_form_from_nobodys_domain_counts_unless_the_settings_say_otherwise(
    registry_url: str,
) -> None:
    database = Database(registry_url, schema="registry")
    careful = open_register(database, unknown_sender="review")
    careful.record(mail(form("ja"), sender="signering@example.com"))
    assert careful.documents()[0].reasons == [Reason.SENDER_UNKNOWN]
    database.close()


def test_a_late_answer_is_recorded_flagged_and_told(register: Register) -> None:
    in_time = datetime(2024, 9, 30, 21, 59, 59, tzinfo=UTC)
    late = datetime(2024, 9, 30, 22, 0, 0, tzinfo=UTC)
    register.record(
        mail(form("ja"), name="a", received_at=in_time),
        mail(form("ja", municipality=LUND), name="b", received_at=late),
    )
    assert {one.municipality: one.late for one in register.all(Answer)} == {UMEA: False, LUND: True}
    assert [told.late for told in register.emitted(AnswerRecorded)] == [False, True]
    assert register.emitted(MailRegistered)[1].documents[0].late


UNSURE = [
    (form("ja", initiative="okant-2024"), Reason.UNKNOWN_INITIATIVE),
    (form("ja", initiative=None), Reason.UNKNOWN_INITIATIVE),
    (form("ja", municipality="9999"), Reason.UNKNOWN_MUNICIPALITY),
    (form("ja", municipality=None), Reason.UNKNOWN_MUNICIPALITY),
    (form("kanske"), Reason.UNKNOWN_FORM_VERSION),
    (form(None), Reason.NONE_MARKED),
    (form("ja", signature=SignatureState.MISSING), Reason.SIGNATURE_MISSING),
    (form("ja", signature=None), Reason.SIGNATURE_UNCLEAR),
    (form("ja", reasons=(Reason.UNEXPLAINED_INK,)), Reason.UNEXPLAINED_INK),
]


def test_what_the_register_cannot_stand_for_is_never_recorded(register: Register) -> None:
    register.record(
        *(mail(document, name=str(number)) for number, (document, _) in enumerate(UNSURE))
    )
    reasons = {one.mail_id: one.reasons for one in register.documents()}
    assert reasons == {
        mail(name=str(number)).mail_id: [reason] for number, (_, reason) in enumerate(UNSURE)
    }
    assert register.all(Answer) == []


def test_a_form_signed_by_fewer_than_the_initiative_asks_for_goes_to_a_person(
    register: Register,
) -> None:
    load_round(
        register.database,
        ROUND.replace(b"moln\n", b"moln\n    signatories: 2\n"),
        who="anna",
        now=NOW,
        zone=STOCKHOLM,
    )
    place = Area(page=1, left=0.1, top=0.4, right=0.5, bottom=0.5)
    signed = SignatureFound(state=SignatureState.HANDWRITTEN, confidence=0.97, area=place)
    alone = form(initiative=MOLN, signatures=(signed,))
    both = form(initiative=MOLN, municipality=LUND, signatures=(signed, signed), scan="other")
    register.record(mail(alone, name="alone"))
    register.record(mail(both, name="both"))
    assert register.all(Answer)[0].municipality == LUND
    [document] = [one for one in register.all(Document) if one.municipality == UMEA]
    assert document.reasons == [Reason.SIGNATURE_MISSING]


def test_a_document_of_uncertain_identity_gets_a_case_of_its_own_and_names_nobody(
    register: Register,
) -> None:
    forged = form("nej", outcome=Outcome.REVIEW, reasons=(Reason.CODE_FORGED,))
    register.record(mail(form("ja"), name="a"), mail(forged, name="b"))
    first, second = register.documents()
    assert first.case_id != second.case_id
    assert (second.initiative, second.municipality) == (None, None)
    line = register.emitted(MailRegistered)[1].documents[0]
    assert (line.initiative_name, line.municipality_name) == (None, None)
    (queued,) = register.ask(open_queue)
    assert (queued.initiative, queued.read_initiative) == (None, KOMPETENS)


def test_a_question_becomes_a_matter_with_its_own_number(register: Register) -> None:
    event = mail(disposition=Disposition.QUESTION, subject="När startar det?")
    register.record(event)
    (registered,) = register.all(Mail)
    assert (registered.state, registered.handling) == (MailState.REVIEW, 1)
    (case,) = register.all(CaseFile)
    assert case.title == "Fråga: När startar det?"
    (receipt,) = register.emitted(MailRegistered)
    assert (receipt.dnr, receipt.handling, receipt.documents) == ("SKR 2024/00001", 1, ())
    (line,) = register.ask(open_queue)
    assert (line.document_id, line.reasons) == (None, (Reason.QUESTION,))


def test_a_mail_without_a_document_is_a_matter_for_staff(register: Register) -> None:
    register.record(
        mail(name="a"),
        mail(name="b", disposition=Disposition.REVIEW, reasons=(Reason.UNREADABLE_MAIL,)),
    )
    counts = register.ask(queue_counts)
    assert counts.by_reason == {Reason.NO_ATTACHMENT: 1, Reason.UNREADABLE_MAIL: 1}
    assert len(register.emitted(MailRegistered)) == 2


def test_a_need_is_registered_and_does_not_wait_in_the_queue(register: Register) -> None:
    templates = [
        form(None, kind=DocumentKind.NEED, initiative=None, municipality=None, signature=None,
             part=part)
        for part in (1, 2)
    ]  # fmt: skip
    office = MailboxRole.NEEDS
    register.record(
        mail(
            *templates, name="a", subject="Ny e-tjänst", disposition=Disposition.NEED, role=office
        ),
        mail(name="b", disposition=Disposition.NEED, role=office),
    )
    assert [one.fate for one in register.documents()] == [Fate.NEED] * 2
    assert {one.case_id for one in register.documents()} == {register.documents()[0].case_id}
    assert [case.title for case in register.all(CaseFile)] == ["Behov: Ny e-tjänst", "Behov: Svar"]
    counted = register.ask(totals)
    assert (counted.needs, counted.review) == (3, 0)
    assert [one.dnr for one in register.emitted(MailRegistered)] == ["", "SKR 2024/00002"]


def test_a_mail_set_aside_is_kept_with_its_reason_and_not_answered(register: Register) -> None:
    event = mail(disposition=Disposition.SET_ASIDE, disposition_reason="autoreply")
    register.record(event)
    (kept,) = register.all(Mail)
    assert (kept.state, kept.disposition_reason) == (MailState.SET_ASIDE, "autoreply")
    assert register.emitted(MailRegistered) == []
    assert register.all(CaseFile) == []


def test_a_mail_set_aside_is_taken_up_when_a_later_reading_finds_a_question(
    register: Register,
) -> None:
    """A registrar has moved it out of the junk folder."""
    junk = mail(disposition=Disposition.SET_ASIDE, disposition_reason="junk",
                parts=(text_part(0), skipped_part(1, "inline_image")))  # fmt: skip
    question = mail(disposition=Disposition.QUESTION, disposition_reason="question",
                    reasons=(Reason.QUESTION,), parts=(text_part(0),))  # fmt: skip
    register.record(junk, question)
    [row] = register.all(Mail)
    assert (row.state, row.disposition_reason) == (MailState.REVIEW, "question")
    assert [part.number for part in register.all(Part)] == [0]
    [item] = register.all(ReviewItem)
    assert (item.mail_id, item.document_id) == (row.mail_id, None)
    [told] = register.emitted(MailRegistered)
    assert told.dnr
    account = account_of(register.database, row.mail_id)
    assert account is not None
    assert account.complete
    assert account.mail is Account.QUEUE
    whats = [line.what for line in register.all(EventLog) if line.mail_id == row.mail_id]
    assert whats == ["mail.set_aside", "mail.taken_up", "mail.review"]
    [before] = [line.before for line in register.all(EventLog) if line.what == "mail.taken_up"]
    assert before is not None
    assert (before["state"], before["reason"]) == ("set_aside", "junk")


def test_a_mail_set_aside_is_taken_up_with_its_answer(register: Register) -> None:
    register.record(mail(disposition=Disposition.SET_ASIDE), mail(form("ja")))
    [answer] = register.all(Answer)
    assert answer.status is AnswerStatus.CURRENT
    [row] = register.all(Mail)
    assert row.state is MailState.REGISTERED


def test_nothing_but_a_mail_set_aside_is_taken_up(register: Register) -> None:
    question = mail(disposition=Disposition.QUESTION, reasons=(Reason.QUESTION,), name="a")
    with_document = mail(form("ja"), disposition=Disposition.SET_ASIDE, name="b")
    aside = mail(disposition=Disposition.SET_ASIDE, name="c")
    register.record(question, with_document, aside)
    before = (register.all(Mail), register.all(Part), register.all(ReviewItem))
    lines = len(register.all(EventLog))
    register.record(
        mail(form("nej"), name="a"),
        mail(disposition=Disposition.SET_ASIDE, name="a"),
        mail(disposition=Disposition.QUESTION, name="b"),
        mail(disposition=Disposition.SET_ASIDE, disposition_reason="autoreply", name="c"),
    )
    assert (register.all(Mail), register.all(Part), register.all(ReviewItem)) == before
    assert len(register.all(EventLog)) == lines


def test_a_document_in_a_mail_set_aside_is_still_looked_at(register: Register) -> None:
    register.record(mail(form("ja"), disposition=Disposition.SET_ASIDE))
    assert register.documents()[0].fate is Fate.REVIEW
    assert register.emitted(MailRegistered) == []


def test_a_part_that_no_document_holds_makes_the_mail_a_matter_for_staff(
    register: Register,
) -> None:
    event = mail(form("ja"), parts=(text_part(0), scan_part(1), scan_part(2)))
    register.record(event)
    assert register.documents()[0].fate is Fate.RECORDED
    (line,) = register.ask(open_queue)
    assert (line.document_id, line.reasons) == (None, (Reason.UNREADABLE_FILE,))
    account = account_of(register.database, event.mail_id)
    assert account is not None
    assert [part.accounts for part in account.parts] == [
        (Account.TEXT,),
        (Account.REGISTERED,),
        (Account.QUEUE,),
    ]


def test_every_part_of_every_mail_is_accounted_for(register: Register) -> None:
    register.record(
        mail(form("ja"), name="a", parts=(text_part(0), scan_part(1), skipped_part(2, "inline"))),
        mail(name="b", disposition=Disposition.QUESTION, parts=(text_part(0), scan_part(1))),
        mail(name="c", disposition=Disposition.SET_ASIDE, parts=(scan_part(0),)),
        mail(form("ja", page=1), form("nej", page=2, initiative=MOLN), name="d"),
    )
    found = list(accounts(register.database))
    assert len(found) == 4
    assert all(one.complete for one in found)
    assert len(register.all(Part)) == 3 + 2 + 1 + 2


def test_what_has_left_the_queue_unseen_breaks_the_proof(register: Register) -> None:
    event = mail(name="a", disposition=Disposition.QUESTION)
    register.record(event, mail(form(None), name="b"))
    assert all(one.complete for one in accounts(register.database))
    with register.database.write() as session:
        for item in register.all(ReviewItem):
            session.delete(session.merge(item))
    assert not any(one.complete for one in accounts(register.database))


def test_pages_find_everything_about_a_document_and_its_mail(register: Register) -> None:
    event = mail(form("nej", scan="b"), name="second")
    register.record(mail(form("ja", scan="a"), name="first"), event)
    detail = register.ask(lambda session: document_detail(session, f"{event.mail_id}-1"))
    assert detail is not None
    assert detail.standing is not None
    assert detail.standing.answer == "ja"
    assert [one.handling for one in detail.handlings] == [1, 2]
    assert [part.filename for part in detail.parts] == ["svar1.pdf"]
    assert [line.what for line in detail.log] == ["mail.registered", "document.review"]
    whole = register.ask(lambda session: mail_detail(session, event.mail_id))
    assert whole is not None
    assert [document.document_id for document, _ in whole.documents] == [f"{event.mail_id}-1"]
    assert register.ask(lambda session: document_detail(session, "m" + "0" * 23 + "-1")) is None


def test_the_log_tells_who_did_what(register: Register) -> None:
    register.record(mail(form("ja")))
    told = [(line.who, line.what) for line in register.all(EventLog)]
    assert told == [
        ("test", "initiative.defined"),
        ("test", "initiative.defined"),
        ("machine", "mail.registered"),
        ("machine", "document.recorded"),
    ]


def test_numbers_start_again_with_the_year_of_the_office(registry_url: str) -> None:
    database = Database(registry_url, schema="registry")
    # 23:30 in Stockholm is the old year; 00:30 is the new, though UTC has not got there yet.
    before = open_register(database, now=datetime(2024, 12, 31, 22, 30, tzinfo=UTC))
    after = open_register(database, now=datetime(2024, 12, 31, 23, 30, tzinfo=UTC))
    before.record(mail(name="a"), mail(name="b"))
    after.record(mail(name="c"))
    assert sorted(case.dnr for case in after.all(CaseFile)) == [
        "SKR 2024/00001",
        "SKR 2024/00002",
        "SKR 2025/00001",
    ]
    database.close()


def test_a_null_character_from_outside_stops_nothing(register: Register) -> None:
    event = mail(form("ja", **typed(name="An\x00na")), subject="Sv\x00ar")
    register.record(event)
    assert register.all(Mail)[0].subject == "Svar"
    assert register.all(Answer)[0].contact_name == "Anna"


def test_three_moments_are_kept_apart(register: Register) -> None:
    received = datetime(2024, 9, 10, 6, 0, tzinfo=UTC)
    register.record(
        mail(form("ja"), name="a", received_at=received),
        mail(form(None, municipality=LUND), name="b", received_at=received),
    )
    recorded, waiting = sorted(register.all(Document), key=lambda one: one.fate)
    assert (recorded.received_at, recorded.registered_at, recorded.handled_at) == (
        received, NOW, NOW,
    )  # fmt: skip
    assert waiting.handled_at is None
