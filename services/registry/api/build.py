"""From the register's rows to what the interface answers with: answers, people, documents."""

from services.registry.amend import mark_of, said_in
from services.registry.api.models import answers as a
from services.registry.api.models import documents as d
from services.registry.domain.candidates import Candidate
from services.registry.domain.masking import masked
from services.registry.store.answers import AnswerLine, InitiativeSummary
from services.registry.store.contacts import ContactLine
from services.registry.store.details import DocumentDetail
from services.registry.tables import Answer, CaseFile, Document
from shared.events import DocumentReading, Reason
from shared.evidence import found_in, named_values
from shared.municipalities import Municipality, by_code, counties, display_name


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
