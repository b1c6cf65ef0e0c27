"""Keeps what can be searched in step with the register, in the same transaction.

Only named columns are read, never whole rows: the migration that first filled the table uses this
too, on databases whose other tables may have been extended since.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, insert, literal, select, update
from sqlmodel import Session, col

from services.registry.answers import municipality_name
from services.registry.domain.masking import masked
from services.registry.domain.search_words import unaccented, words_of
from services.registry.tables import (
    Answer,
    Audience,
    CaseFile,
    Document,
    DocumentText,
    FormerNumber,
    Initiative,
    Mail,
    Part,
    SearchEntry,
)
from shared.events import DocumentReading, Fate
from shared.evidence import named_values

AT_ONCE = 200
_FOUND_BY = (
    "mail_id", "document_id", "audience", "keys", "names", "letter", "body", "folded"
)  # fmt: skip


@dataclass
class Sources:
    """What is known of some mails and their documents, by the ids of what it belongs to."""

    files: dict[str, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    cases: dict[int, tuple[str, str]] = field(default_factory=dict)
    """dnr and title"""
    former: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    initiatives: dict[str, str] = field(default_factory=dict)
    answers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)


def audience_of(fate: Fate) -> Audience:
    """Who may see a document of which this became."""
    if fate in (Fate.RECORDED, Fate.DUPLICATE):
        return Audience.ANSWERS
    return Audience.NEEDS if fate is Fate.NEED else Audience.MAIL


def index_mail(session: Session, mail_id: str) -> None:
    """Write anew what a mail and its documents are found by; nothing if it is not registered.

    The texts of documents come by another road than their mail. Whichever transaction comes
    second waits here for the first, and sees what it wrote.
    """
    session.flush()
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(literal(mail_id)))))
    _index(connection, [mail_id])


def index_all(connection: Connection) -> None:
    """Write what everything in the register is found by, in the order of registration."""
    ids = connection.scalars(
        select(col(Mail.mail_id)).order_by(col(Mail.registered_at), col(Mail.received_at))
    ).all()
    for start in range(0, len(ids), AT_ONCE):
        _index(connection, ids[start : start + AT_ONCE])


def people_of(reading: DocumentReading) -> Iterable[str]:
    """The people, addresses and references that stand on a form, as they were read."""
    return (
        value.text
        for key, value in named_values(reading)
        if key not in ("initiative", "municipality", "answer") and not key.startswith("need.")
    )


def described_in(reading: DocumentReading) -> Iterable[str]:
    """What else was read of a document: the answers of a needs template, and witnesses."""
    yield from (value.text for key, value in named_values(reading) if key.startswith("need."))
    yield from (witness.text for witness in reading.witnesses)


def municipality_in(document_municipality: str | None, reading: DocumentReading) -> str:
    """Whose the document is by name, or else seems to be; empty if nothing tells."""
    read = reading.municipality.text if reading.municipality else ""
    code = document_municipality or read
    return municipality_name(code) if code else ""


def _index(connection: Connection, mail_ids: Sequence[str]) -> None:
    mails = connection.execute(
        select(
            col(Mail.mail_id),
            col(Mail.from_name),
            col(Mail.from_address),
            col(Mail.subject),
            col(Mail.text),
            col(Mail.case_id),
            col(Mail.handling),
        ).where(col(Mail.mail_id).in_(mail_ids))
    ).all()
    documents = connection.execute(
        select(
            col(Document.document_id),
            col(Document.mail_id),
            col(Document.case_id),
            col(Document.handling),
            col(Document.fate),
            col(Document.initiative),
            col(Document.municipality),
            col(Document.parts),
            col(Document.reading),
        )
        .where(col(Document.mail_id).in_(mail_ids))
        .order_by(col(Document.document_id))
    ).all()
    known = sources_of(connection, mails, documents)
    by_mail: dict[str, list[Any]] = defaultdict(list)
    for document in documents:
        by_mail[document.mail_id].append(document)
    entries = []
    turn = {mail_id: place for place, mail_id in enumerate(mail_ids)}
    for mail in sorted(mails, key=lambda mail: turn[mail.mail_id]):
        entries.append(_mail_entry(mail, known))
        entries += (_document_entry(one, mail, known) for one in by_mail[mail.mail_id])
    _write(connection, mail_ids, entries)


def _mail_entry(mail: Any, known: Sources) -> dict[str, Any]:
    dnr, title = known.cases.get(mail.case_id, ("", ""))
    return {
        "mail_id": mail.mail_id,
        "document_id": None,
        "audience": Audience.MAIL,
        **_columns(
            keys=[f"{dnr}-{mail.handling}"] if dnr else [],
            names=known.files[mail.mail_id].values(),
            letter=[mail.from_name, mail.from_address, mail.subject, title],
            body=[mail.text],
        ),
    }


def _document_entry(document: Any, mail: Any, known: Sources) -> dict[str, Any]:
    dnr, title = known.cases[document.case_id]
    reading = DocumentReading.model_validate(document.reading)
    files = known.files[document.mail_id]
    return {
        "mail_id": document.mail_id,
        "document_id": document.document_id,
        "audience": audience_of(document.fate),
        **_columns(
            keys=[
                f"{dnr}-{document.handling}",
                *known.former[document.document_id],
                municipality_in(document.municipality, reading),
            ],
            names=[
                *known.answers.get(document.document_id, ()),
                *people_of(reading),
                *(files.get(number, "") for number in document.parts),
                known.initiatives.get(document.initiative or "", ""),
            ],
            letter=[mail.from_name, mail.from_address, mail.subject, title],
            body=[*described_in(reading), known.texts.get(document.document_id, "")],
        ),
    }


def _columns(
    keys: Iterable[str], names: Iterable[str], letter: Iterable[str], body: Iterable[str]
) -> dict[str, str]:
    keys, names, letter, body = (_joined(texts) for texts in (keys, names, letter, body))
    return {
        "keys": words_of(keys),
        "names": words_of(names),
        "letter": words_of(f"{letter}\n{unaccented(letter)}"),
        "body": words_of(body),
        "folded": unaccented(f"{keys}\n{names}\n{body}"),
    }


def _joined(texts: Iterable[str]) -> str:
    """Each text once; what is covered when it is shown cannot be searched for either."""
    return masked("\n".join(dict.fromkeys(texts)))


def sources_of(connection: Connection, mails: Sequence[Any], documents: Sequence[Any]) -> Sources:
    known = Sources()
    mail_ids = [mail.mail_id for mail in mails]
    ids = [document.document_id for document in documents]
    cases = {row.case_id for row in (*mails, *documents)} - {None}
    for mail_id, number, filename in connection.execute(
        select(col(Part.mail_id), col(Part.number), col(Part.filename))
        .where(col(Part.mail_id).in_(mail_ids), col(Part.filename) != "")
        .order_by(col(Part.number))
    ):
        known.files[mail_id][number] = filename
    for case in connection.execute(
        select(col(CaseFile.id), col(CaseFile.dnr), col(CaseFile.title)).where(
            col(CaseFile.id).in_(cases)
        )
    ):
        known.cases[case.id] = (case.dnr, case.title)
    for document_id, dnr, handling in connection.execute(
        select(col(FormerNumber.document_id), col(CaseFile.dnr), col(FormerNumber.handling))
        .join(CaseFile, col(CaseFile.id) == col(FormerNumber.case_id))
        .where(col(FormerNumber.document_id).in_(ids))
        .order_by(col(FormerNumber.moved_at))
    ):
        known.former[document_id].append(f"{dnr}-{handling}")
    for initiative, name in connection.execute(select(col(Initiative.id), col(Initiative.name))):
        known.initiatives[initiative] = name
    for document_id, *said in connection.execute(
        select(
            col(Answer.document_id),
            col(Answer.contact_name),
            col(Answer.contact_email),
            col(Answer.contact_phone),
            col(Answer.signatory_name),
            col(Answer.their_reference),
        ).where(col(Answer.document_id).in_(ids))
    ):
        known.answers[document_id] = tuple(said)
    for document_id, text in connection.execute(
        select(col(DocumentText.document_id), col(DocumentText.text)).where(
            col(DocumentText.document_id).in_(ids)
        )
    ):
        known.texts[document_id] = text
    return known


def _write(
    connection: Connection, mail_ids: Sequence[str], entries: Sequence[dict[str, Any]]
) -> None:
    standing = {
        (row["mail_id"], row["document_id"]): dict(row)
        for row in connection.execute(
            select(*(col(getattr(SearchEntry, name)) for name in ("id", *_FOUND_BY))).where(
                col(SearchEntry.mail_id).in_(mail_ids)
            )
        ).mappings()
    }
    new = []
    for entry in entries:
        before = standing.get((entry["mail_id"], entry["document_id"]))
        if before is None:
            new.append(entry)
        # To index a text anew costs more than to see that it is the same.
        elif entry.items() - before.items():
            connection.execute(
                update(SearchEntry).where(col(SearchEntry.id) == before["id"]).values(entry)
            )
    if new:
        connection.execute(insert(SearchEntry), new)
