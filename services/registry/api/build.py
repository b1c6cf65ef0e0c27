"""From the register's rows to what the interface answers with."""

from collections.abc import Iterable

from services.registry.amend import mark_of, said_in
from services.registry.api.models import answers as a
from services.registry.api.models import documents as d
from services.registry.api.models import mails as m
from services.registry.domain.candidates import Candidate
from services.registry.domain.masking import masked
from services.registry.domain.search_words import Piece
from services.registry.store.answers import AnswerLine, InitiativeSummary
from services.registry.store.contacts import ContactLine
from services.registry.store.details import DocumentDetail, MailDetail
from services.registry.store.search import Hit
from services.registry.tables import (
    Answer,
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
from shared.evidence import found_in, named_values
from shared.municipalities import Municipality, by_code, counties, display_name
from shared.needs import NeedField


def name_of(code: str) -> str:
    """What a municipality calls itself; a code that nobody has stands for itself."""
    known = by_code(code)
    return display_name(known) if known else code


def initiative(summary: InitiativeSummary) -> a.Initiative:
    return a.Initiative(**vars(summary))


def municipality(one: Municipality) -> a.Municipality:
    return a.Municipality(
        code=one.code,
        name=display_name(one),
        county=one.county,
        county_name=counties()[one.county],
    )


def answer_line(line: AnswerLine) -> a.AnswerLine:
    return a.AnswerLine(
        initiative=line.initiative,
        municipality=line.municipality,
        municipality_name=line.municipality_name,
        status=line.state,
        answer=line.answer,
        late=line.late,
        received_at=line.received_at,
        registered_at=line.registered_at,
        dnr=line.dnr,
        handling=line.handling,
        signature=line.signature,
        document_id=line.document_id,
        waiting=list(line.waiting),
    )


def answer(row: Answer, dnr: str, handling: int) -> a.Answer:
    return a.Answer(
        document_id=row.document_id,
        initiative=row.initiative,
        municipality=row.municipality,
        municipality_name=name_of(row.municipality),
        answer=row.answer,
        status=row.status,
        late=row.late,
        signature=row.signature,
        details=a.Details(**vars(said_in(row).details)),
        dnr=dnr,
        handling=handling,
        recorded_by=row.recorded_by,
        received_at=row.received_at,
        recorded_at=row.recorded_at,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
        ended_why=row.ended_why,
        revision=mark_of(row),
    )


def contact(line: ContactLine) -> a.Contact:
    row = line.contact
    assert row.id is not None
    return a.Contact(
        id=row.id,
        initiative=row.initiative,
        municipality=row.municipality,
        municipality_name=name_of(row.municipality),
        name=row.name,
        email=row.email,
        phone=row.phone,
        state=line.state,
        from_answer=row.from_answer,
        document_id=row.document_id,
        dnr=line.dnr,
        handling=line.handling,
        added_at=row.added_at,
        added_by=row.added_by,
        changed_at=row.changed_at,
        changed_by=row.changed_by,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
        revision=row.revision,
    )


def document(row: Document, case: CaseFile) -> d.Document:
    return d.Document(
        document_id=row.document_id,
        mail_id=row.mail_id,
        dnr=case.dnr,
        handling=row.handling,
        kind=row.kind,
        fate=row.fate,
        reasons=[Reason(key) for key in row.reasons],
        initiative=row.initiative,
        municipality=row.municipality,
        municipality_name=name_of(row.municipality) if row.municipality else None,
        late=row.late,
        duplicate_of=row.duplicate_of,
        received_at=row.received_at,
        registered_at=row.registered_at,
        handled_at=row.handled_at,
    )


def document_detail(found: DocumentDetail) -> d.DocumentDetail:
    row, reading = found.document, found.reading
    return d.DocumentDetail(
        **vars(document(row, found.case)),
        title=masked(found.case.title),
        files=[
            d.File(
                number=part.number,
                filename=part.filename,
                content_type=part.content_type,
                size_bytes=part.size_bytes,
                sha256=part.digest,
            )
            for part in found.parts
        ],
        pages=[
            d.PagePicture(
                number=page.number,
                file=page.part,
                width_px=page.width_px,
                height_px=page.height_px,
                picture=page.image is not None,
            )
            for page in reading.pages
        ],
        values=[
            d.ReadValue(
                key=key, text=masked(value.text), confidence=value.confidence, source=value.source
            )
            for key, value in named_values(reading)
        ],
        evidence=_evidence(reading),
        witnesses=[
            d.Witness(
                kind=one.kind,
                text=masked(one.text),
                legible=one.legible,
                municipalities=list(one.names) if one.names is not None else None,
            )
            for one in reading.witnesses
        ],
        answer=answer(found.answer, found.case.dnr, row.handling) if found.answer else None,
        searchable=found.searchable,
        queue_item=found.review.id if found.review else None,
    )


def _evidence(reading: DocumentReading) -> list[d.Evidence]:
    return [
        d.Evidence(
            key=found.key,
            kind=found.kind,
            weight=found.weight,
            page=found.area.page,
            left=found.area.left,
            top=found.area.top,
            right=found.area.right,
            bottom=found.area.bottom,
            text=masked(found.text),
            confidence=found.confidence,
        )
        for found in found_in(reading)
    ]


def candidate(one: Candidate) -> d.Candidate:
    return d.Candidate(
        municipality=one.code,
        municipality_name=name_of(one.code),
        grounds=list(one.grounds),
        easily_confused=list(one.easily_confused),
    )


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
