"""From the register's rows to what the interface answers with: mails, needs, the queue, the log."""

from collections.abc import Iterable

from services.registry.api.build import document
from services.registry.api.models import mails as m
from services.registry.domain.masking import masked
from services.registry.domain.search_words import Piece
from services.registry.store.details import MailDetail
from services.registry.store.search import Hit
from services.registry.tables import (
    CaseFile,
    Document,
    EventLog,
    Mail,
    Message,
    Part,
    Resolution,
    ReviewItem,
)
from shared.events import DocumentReading, Reason
from shared.needs import NeedField


def mail(row: Mail, case: CaseFile | None) -> m.Mail:
    return m.Mail(
        mail_id=row.mail_id,
        mailbox=row.mailbox,
        role=row.role,
        from_address=row.from_address,
        from_name=masked(row.from_name),
        subject=masked(row.subject),
        received_at=row.received_at,
        registered_at=row.registered_at,
        disposition=row.disposition,
        disposition_reason=row.disposition_reason,
        reasons=[Reason(key) for key in row.reasons],
        state=row.state,
        dnr=case.dnr if case else None,
        handling=row.handling,
    )


def mail_detail(found: MailDetail) -> m.MailDetail:
    return m.MailDetail(
        **vars(mail(found.mail, found.case)),
        sha256=found.mail.digest,
        text=masked(found.mail.text),
        parts=[_part(part) for part in found.parts],
        documents=[document(row, case) for row, case in found.documents],
        messages=[message(row) for row in found.messages],
    )


def _part(part: Part) -> m.MailPart:
    return m.MailPart(
        number=part.number,
        filename=part.filename,
        content_type=part.content_type,
        size_bytes=part.size_bytes,
        sha256=part.digest,
        fate=part.fate,
        reason=part.reason,
    )


def message(row: Message) -> m.Message:
    return m.Message(
        message_id=row.message_id,
        mail_id=row.mail_id,
        kind=row.kind,
        recipient=row.recipient,
        fate=row.fate,
        reason=row.reason,
        settled_at=row.settled_at,
    )


def need_document(row: Document, case: CaseFile) -> m.Need:
    need = DocumentReading.model_validate(row.reading).need
    fields = {key: masked(value.text) for key, value in need.fields.items()} if need else {}
    return m.Need(
        mail_id=row.mail_id,
        document_id=row.document_id,
        dnr=case.dnr,
        handling=row.handling,
        title=fields.get(NeedField.TITLE.value, "") or masked(case.title),
        proposer=fields.get(NeedField.PROPOSER.value, ""),
        fields=fields,
        missing=list(need.missing) if need else [],
        reasons=[Reason(key) for key in row.reasons],
        received_at=row.received_at,
    )


def need_mail(row: Mail, case: CaseFile | None) -> m.Need:
    return m.Need(
        mail_id=row.mail_id,
        document_id=None,
        dnr=case.dnr if case else None,
        handling=row.handling,
        title=masked(row.subject),
        proposer=masked(row.from_name),
        fields={},
        missing=[],
        reasons=[Reason(key) for key in row.reasons],
        received_at=row.received_at,
    )


def queue_item(
    item: ReviewItem, about: Mail, doc: Document | None, case: CaseFile | None
) -> m.QueueItem:
    assert item.id is not None
    return m.QueueItem(
        item_id=item.id,
        mail_id=item.mail_id,
        document_id=item.document_id,
        state=item.state,
        reasons=[Reason(key) for key in item.reasons],
        mailbox=about.mailbox,
        from_address=about.from_address,
        subject=masked(about.subject),
        dnr=case.dnr if case else None,
        handling=doc.handling if doc else about.handling,
        initiative=doc.initiative if doc else None,
        municipality=doc.municipality if doc else None,
        claimed_by=item.claimed_by,
        claimed_at=item.claimed_at,
        received_at=about.received_at,
        resolved_at=item.resolved_at,
        resolved_by=item.resolved_by,
        revision=item.revision,
    )


def resolution(row: Resolution) -> m.Resolution:
    return m.Resolution(
        resolution=row.id,
        item_id=row.item_id,
        verdict=row.verdict,
        said=row.said,
        resolved_by=row.resolved_by,
        resolved_at=row.resolved_at,
        send_after=row.send_after,
        undone_by=row.undone_by,
        undone_at=row.undone_at,
    )


def log_line(row: EventLog) -> m.LogLine:
    assert row.id is not None
    return m.LogLine(
        id=row.id,
        at=row.at,
        who=row.who,
        what=row.what,
        mail_id=row.mail_id,
        document_id=row.document_id,
        before=row.before,
        after=row.after,
    )


def hit(one: Hit) -> m.Hit:
    return m.Hit(
        kind=one.kind,
        mail_id=one.mail.mail_id,
        document_id=one.document.document_id if one.document else None,
        number=_joined(one.dnr),
        municipality_name=_joined(one.municipality),
        title=one.title,
        excerpts=[m.Excerpt(place=each.place, text=_joined(each.pieces)) for each in one.excerpts],
    )


def _joined(pieces: Iterable[Piece]) -> str:
    return "".join(piece.text for piece in pieces)
