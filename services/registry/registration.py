"""Writes a decided mail into the register: its rows, numbers and log, and the events they cause."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, assert_never
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from services.registry.answers import line_of, plain, record_answer
from services.registry.cases import Diary, answer_title, case_of, next_handling
from services.registry.domain.answer import Conflict, Duplicate, Pair, Recorded, statement_of
from services.registry.domain.deadline import is_late
from services.registry.domain.mail import (
    ByDocuments,
    DocumentDecision,
    DocumentVerdict,
    MailDecision,
    MailVerdict,
    Need,
    Returned,
    Review,
    SetAside,
)
from services.registry.eventlog import MACHINE, note
from services.registry.store.search_index import index_mail
from services.registry.tables import (
    CaseFile,
    Document,
    Initiative,
    Mail,
    MailState,
    Part,
    ReviewItem,
    ReviewState,
)
from shared.events import (
    AnswerRecorded,
    Disposition,
    DocumentKind,
    DocumentReading,
    Fate,
    MailRead,
    MailRegistered,
    Reason,
    RegisteredDocument,
)

MOST_EVENT_BYTES = 900_000
FILE_NAME, FILES = 40, 3
"""Characters, and names for each document, where there are too many."""
NAME = 100
REFERENCES = 5


@dataclass(frozen=True)
class Registered:
    """What became of a mail, and the events to emit in the same transaction."""

    answers: tuple[AnswerRecorded, ...]
    mail: MailRegistered | None
    """None for a mail that deserves no answer."""
    fates: tuple[Fate, ...]


class Registration:
    """One mail on its way into the register."""

    def __init__(
        self, session: Session, event: MailRead, *, diary: Diary, zone: ZoneInfo, now: datetime
    ) -> None:
        self._session = session
        self._event = event
        self._diary = diary
        self._zone = zone
        self._now = now
        self._initiatives: dict[str, Initiative] = {}
        self._cases: dict[Pair, CaseFile] = {}
        self._need_case: CaseFile | None = None

    def save(self, decision: MailDecision) -> Registered:
        """Write everything; the transaction is the caller's."""
        self._load(decision)
        mail = self._add_mail(decision.verdict)
        self._add_parts()
        added = {
            document.reading.document_id: self._add_document(document)
            for document in sorted(decision.documents, key=self._turn)
        }
        in_order = [added[document.reading.document_id] for document in decision.documents]
        lines = tuple(line for line, _ in in_order)
        dnr = self._session.get_one(CaseFile, mail.case_id).dnr if mail.case_id else ""
        index_mail(self._session, mail.mail_id)
        return Registered(
            answers=tuple(answer for _, answer in in_order if answer is not None),
            mail=self._mail_registered(mail, dnr, lines),
            fates=tuple(line.fate for line in lines),
        )

    def _load(self, decision: MailDecision) -> None:
        pairs = {document.pair for document in decision.documents if document.pair}
        ids = {pair.initiative for pair in pairs}
        found = self._session.exec(select(Initiative).where(col(Initiative.id).in_(ids))).all()
        self._initiatives = {initiative.id: initiative for initiative in found}
        cases = {pair: case_of(self._session, pair) for pair in pairs}
        self._cases = {pair: case for pair, case in cases.items() if case is not None}

    def _turn(self, decision: DocumentDecision) -> tuple[bool, str, str, bool]:
        """The order in which documents are saved.

        Open cases first and in one order, then new ones, for which the diary is taken: two that
        register at once on PostgreSQL then never wait for each other in a circle. A duplicate
        comes after the document that it repeats, perhaps a later one of the same mail.
        """
        repeats = isinstance(decision.verdict, Duplicate)
        pair = decision.pair
        if pair is None or pair not in self._cases:
            return True, "", "", repeats
        return False, pair.initiative, pair.municipality, repeats

    # --- the mail ---------------------------------------------------------------------------

    def _add_mail(self, verdict: MailVerdict) -> Mail:
        event, about = self._event, self._event.correspondence
        case = self._own_case(verdict)
        mail = Mail(
            mail_id=event.mail_id,
            digest=event.digest,
            role=event.role,
            mailbox=plain(about.mailbox),
            return_path=plain(about.return_path),
            from_address=plain(about.from_address),
            from_name=plain(about.from_name),
            subject=plain(about.subject),
            correspondence=about.model_dump(mode="json"),
            received_at=event.received_at,
            registered_at=self._now,
            disposition=event.disposition,
            disposition_reason=plain(event.disposition_reason),
            reasons=[reason.value for reason in event.mail_reasons],
            state=_state(verdict),
            text=plain(event.text),
            case_id=case.id if case else None,
            handling=next_handling(self._session, case) if case else None,
        )
        self._session.add(mail)
        self._session.flush()
        if isinstance(verdict, Review):
            self._add_review(verdict.reasons, None)
        note(
            self._session,
            at=self._now,
            who=MACHINE,
            what=f"mail.{mail.state}",
            mail_id=mail.mail_id,
            case_id=mail.case_id,
            after={
                "disposition": event.disposition,
                "reason": event.disposition_reason,
                "reasons": _keys(verdict.reasons) if isinstance(verdict, Review) else [],
            },
        )
        return mail

    def _own_case(self, verdict: MailVerdict) -> CaseFile | None:
        match verdict:
            case Review():
                title = "Fråga" if self._event.disposition is Disposition.QUESTION else "Inkommet"
            case Need():
                title = "Behov"
            case ByDocuments() | SetAside():
                return None
            case _:
                assert_never(verdict)
        return self._diary.open_case(self._session, title=self._titled(title), at=self._now)

    def _add_parts(self) -> None:
        self._session.add_all(
            Part(
                mail_id=self._event.mail_id,
                number=part.index,
                filename=plain(part.filename),
                content_type=plain(part.content_type),
                size_bytes=part.size_bytes,
                digest=part.digest,
                fate=part.fate,
                reason=plain(part.reason),
            )
            for part in self._event.parts
        )

    def _mail_registered(
        self, mail: Mail, dnr: str, lines: tuple[RegisteredDocument, ...]
    ) -> MailRegistered | None:
        if self._event.disposition is Disposition.SET_ASIDE:
            return None
        told = MailRegistered(
            occurred_at=self._now,
            mail_id=mail.mail_id,
            received_at=mail.received_at,
            registered_at=self._now,
            disposition=mail.disposition,
            mail_reasons=self._event.mail_reasons,
            correspondence=self._event.correspondence,
            dnr="" if lines else dnr,
            handling=0 if lines else mail.handling or 0,
            documents=lines,
        )
        return fitting(told)

    # --- a document -------------------------------------------------------------------------

    def _add_document(
        self, decision: DocumentDecision
    ) -> tuple[RegisteredDocument, AnswerRecorded | None]:
        reading, pair, verdict = decision.reading, decision.pair, decision.verdict
        fate, reasons = _fate(verdict), _reasons(verdict, reading)
        initiative = self._initiatives[pair.initiative] if pair else None
        late = initiative is not None and self._late(initiative.last_answer_day)
        case = self._case(decision)
        assert case.id is not None
        document = Document(
            document_id=reading.document_id,
            mail_id=self._event.mail_id,
            case_id=case.id,
            handling=next_handling(self._session, case),
            kind=reading.kind,
            fate=fate,
            reasons=_keys(reasons),
            initiative=pair.initiative if pair else None,
            municipality=pair.municipality if pair else None,
            content=reading.content,
            parts=list(reading.parts),
            reading=reading.model_dump(mode="json"),
            duplicate_of=verdict.of if isinstance(verdict, Duplicate) else None,
            late=late,
            received_at=self._event.received_at,
            registered_at=self._now,
            handled_at=None if fate is Fate.REVIEW else self._now,
        )
        self._session.add(document)
        self._session.flush()
        if fate is Fate.REVIEW:
            self._add_review(reasons, document.document_id)
        answer = None
        if isinstance(verdict, Recorded) and pair is not None:
            answer = record_answer(
                self._session,
                document,
                pair,
                statement_of(reading, document.mail_id).values,
                dnr=case.dnr,
                by=MACHINE,
                at=self._now,
            )
        note(
            self._session,
            at=self._now,
            who=MACHINE,
            what=f"document.{fate}",
            mail_id=self._event.mail_id,
            document_id=document.document_id,
            case_id=case.id,
            after=_told(document, case.dnr, answer),
        )
        line = line_of(
            document,
            case.dnr,
            reasons,
            initiative,
            answer=reading.answer.text if reading.answer else None,
            files=tuple(
                part.filename for part in self._event.parts if part.index in document.parts
            ),
        )
        return line, answer

    def _case(self, decision: DocumentDecision) -> CaseFile:
        """The case of the answer, the one of the mail's need, or else a case of its own."""
        pair = decision.pair
        if pair is not None:
            title = answer_title(self._initiatives[pair.initiative].name, pair)
            if pair not in self._cases:
                self._cases[pair] = self._diary.open_case(
                    self._session, title=title, at=self._now, pair=pair
                )
            return self._cases[pair]
        if decision.reading.kind is DocumentKind.NEED or isinstance(decision.verdict, Need):
            self._need_case = self._need_case or self._diary.open_case(
                self._session, title=self._titled("Behov"), at=self._now
            )
            return self._need_case
        return self._diary.open_case(
            self._session, title=self._titled("Inkommen handling"), at=self._now
        )

    # --- what both need ---------------------------------------------------------------------

    def _add_review(self, reasons: tuple[Reason, ...], document_id: str | None) -> None:
        self._session.add(
            ReviewItem(
                mail_id=self._event.mail_id,
                document_id=document_id,
                reasons=_keys(reasons),
                state=ReviewState.OPEN,
                created_at=self._now,
            )
        )

    def _late(self, last_answer_day: date) -> bool:
        return is_late(self._event.received_at, last_answer_day, self._zone)

    def _titled(self, what: str) -> str:
        subject = plain(self._event.correspondence.subject).strip()[:200]
        return f"{what}: {subject}" if subject else what


def fitting(told: MailRegistered) -> MailRegistered:
    """The event as the bus takes it: NATS counts bytes, and takes 1 MiB.

    What a receipt can do without goes first: long file names, then all of them, then the rest of
    the conversation. Its documents, and the headers that forbid an answer, all stay.
    """
    for step in (_short_files, _no_files, _few_references):
        if len(told.model_dump_json().encode()) <= MOST_EVENT_BYTES:
            break
        told = step(told)
    return told


def _short_files(told: MailRegistered) -> MailRegistered:
    lines = tuple(
        line.model_copy(update={"files": tuple(name[:FILE_NAME] for name in line.files[:FILES])})
        for line in told.documents
    )
    return told.model_copy(update={"documents": lines})


def _no_files(told: MailRegistered) -> MailRegistered:
    lines = tuple(
        line.model_copy(
            update={
                "files": (),
                "initiative_name": (line.initiative_name or "")[:NAME] or None,
                "answer_label": (line.answer_label or "")[:NAME] or None,
            }
        )
        for line in told.documents
    )
    return told.model_copy(update={"documents": lines})


def _few_references(told: MailRegistered) -> MailRegistered:
    about = told.correspondence
    few = about.model_copy(update={"references": about.references[-REFERENCES:]})
    return told.model_copy(update={"correspondence": few})


def _state(verdict: MailVerdict) -> MailState:
    match verdict:
        case ByDocuments():
            return MailState.REGISTERED
        case Need():
            return MailState.NEED
        case Review():
            return MailState.REVIEW
        case SetAside():
            return MailState.SET_ASIDE
        case _:
            assert_never(verdict)


def _fate(verdict: DocumentVerdict) -> Fate:
    match verdict:
        case Recorded():
            return Fate.RECORDED
        case Duplicate():
            return Fate.DUPLICATE
        case Conflict() | Review():
            return Fate.REVIEW
        case Returned():
            return Fate.RETURNED
        case Need():
            return Fate.NEED
        case _:
            assert_never(verdict)


def _reasons(verdict: DocumentVerdict, reading: DocumentReading) -> tuple[Reason, ...]:
    match verdict:
        case Review(reasons) | Returned(reasons):
            return reasons
        case Conflict():
            return (Reason.CONFLICT,)
        case Recorded() | Duplicate() | Need():
            return reading.reasons
        case _:
            assert_never(verdict)


def _told(document: Document, dnr: str, answer: AnswerRecorded | None) -> dict[str, Any]:
    told = {
        "dnr": dnr,
        "handling": document.handling,
        "reasons": document.reasons,
        "initiative": document.initiative,
        "municipality": document.municipality,
        "duplicate_of": document.duplicate_of,
        "answer": answer.answer if answer else None,
        "late": document.late,
    }
    return {name: value for name, value in told.items() if value not in (None, [], False)}


def _keys(reasons: tuple[Reason, ...]) -> list[str]:
    return [reason.value for reason in reasons]
