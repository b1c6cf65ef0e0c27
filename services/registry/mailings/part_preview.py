"""A mail that leaves by itself, before it does: any part of it, with what came in last.

The values are those of documents in the register; what the part is for is made to have happened to
them. Where nothing has come in yet, they are examples.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlmodel import Session, col, select

from services.registry.answers import line_of
from services.registry.tables import Answer, CaseFile, Document, Initiative, Part
from shared.events import (
    Correspondence,
    Disposition,
    DocumentResolved,
    Fate,
    MailRegistered,
    Reason,
    RegisteredDocument,
)
from shared.letters.decision import DECISION_PARTS, decision
from shared.letters.letter import Letter
from shared.letters.parts import FAULT_PARTS, Group, PartName, part_of
from shared.letters.receipt import receipt
from shared.letters.wordings import Wordings

_NONE: Final = UUID(int=0)
_MESSAGE: Final = "Här står det som registratorn skriver till avsändaren."
_FATES: Final = {
    PartName.RECEIPT_ANSWERS: (Fate.RECORDED, Fate.RECORDED),
    PartName.RECEIPT_SEVERAL: (Fate.RECORDED, Fate.NEED),
    PartName.RECEIPT_SOME_RETURNED: (Fate.RECORDED, Fate.RETURNED),
    PartName.RECEIPT_ALL_RETURNED: (Fate.RETURNED, Fate.RETURNED),
    PartName.DOCUMENT_ANSWER_REVIEWED: (Fate.REVIEW,),
    PartName.DOCUMENT_REVIEWED: (Fate.REVIEW,),
    PartName.DOCUMENT_DUPLICATE: (Fate.DUPLICATE,),
    PartName.DOCUMENT_RETURNED: (Fate.RETURNED,),
    PartName.DOCUMENT_NEED: (Fate.NEED,),
}
"""What has happened to the documents of a receipt; of other parts, one is recorded."""
_DECIDED: Final = {part: fate for fate, part in DECISION_PARTS.items()} | {
    PartName.NOTE_BY_PERSON: Fate.RECORDED,
    PartName.RESEND_NOT_CERTAIN: Fate.RETURNED,
}
_MAILS: Final = {
    PartName.MAIL_NO_FILE: (Disposition.REVIEW, (Reason.NO_ATTACHMENT,)),
    PartName.MAIL_QUESTION: (Disposition.QUESTION, (Reason.QUESTION,)),
    PartName.MAIL_NEED: (Disposition.NEED, ()),
    PartName.MAIL_OTHER: (Disposition.REVIEW, ()),
}


@dataclass(frozen=True)
class Shown:
    """A letter, and where its values come from."""

    letter: Letter
    from_numbers: tuple[str, ...]
    """Reference numbers of the documents whose values it shows; empty for examples."""
    refused: str
    """Why it shows the delivered wording instead of what was written; empty if it does not."""


def shown_part(
    session: Session,
    name: PartName,
    initiative: Initiative | None,
    wordings: Wordings,
    *,
    send_to: str,
    organisation: str,
    at: datetime,
) -> Shown:
    """Return the letter in which a part stands, worded so, without the mailbox's name."""
    found = _last(session, initiative, len(_fates(name)))
    lines = [_line(session, document) for document in found] or [_example(initiative)]
    received = found[0].received_at if found else at
    letter = _letter(name, lines, wordings, received, send_to, organisation)
    refused = next((one.why for one in wordings.refused if one.name is name), "")
    return Shown(letter, tuple(dict.fromkeys(one.dnr for one in lines if found)), refused)


def _letter(
    name: PartName,
    lines: Sequence[RegisteredDocument],
    wordings: Wordings,
    received: datetime,
    send_to: str,
    organisation: str,
) -> Letter:
    known: dict[str, Any] = {
        "occurred_at": received,
        "mail_id": lines[0].document_id.partition("-")[0],
        "received_at": received,
        "disposition": Disposition.ANSWERS,
        "correspondence": Correspondence(mailbox=send_to, return_path="", from_address=""),
    }
    office: dict[str, Any] = {
        "send_to": send_to,
        "signed_by": "",
        "organisation": organisation,
        "wordings": wordings,
    }
    if name in _DECIDED:
        told = DocumentResolved(
            **known,
            resolution=_NONE,
            send_after=received,
            document=_become(lines[0], _DECIDED[name], name),
            message=_MESSAGE if part_of(name).group is Group.DECISION else "",
        )
        return decision(told, **office)
    known["registered_at"] = received
    if name in _MAILS:
        disposition, reasons = _MAILS[name]
        about = {"disposition": disposition, "mail_reasons": reasons}
        first = lines[0]
        return receipt(
            MailRegistered(**(known | about), dnr=first.dnr, handling=first.handling), **office
        )
    wanted = _fates(name)
    documents = tuple(_become(lines[at % len(lines)], fate, name) for at, fate in enumerate(wanted))
    return receipt(MailRegistered(**known, documents=documents), **office)


def _fates(name: PartName) -> tuple[Fate, ...]:
    one = Fate.RETURNED if part_of(name).group is Group.FAULT else Fate.RECORDED
    return _FATES.get(name, (one,))


def _become(line: RegisteredDocument, fate: Fate, name: PartName) -> RegisteredDocument:
    """The document, had that happened to it which the part tells of."""
    unknown = name is PartName.DOCUMENT_REVIEWED or fate is Fate.NEED
    reasons = [reason for reason, part in FAULT_PARTS.items() if part is name][:1]
    if fate is Fate.RETURNED and part_of(name).group is not Group.FAULT:
        reasons = [Reason.SIGNATURE_MISSING]
    said = fate in (Fate.RECORDED, Fate.DUPLICATE)
    return line.model_copy(
        update={
            "fate": fate,
            "reasons": tuple(reasons),
            "late": name is PartName.NOTE_LATE or (line.late and fate is line.fate),
            "answer_label": line.answer_label if said else None,
            "initiative_name": None if unknown else line.initiative_name,
            "municipality_name": None if unknown else line.municipality_name,
        }
    )


def _last(session: Session, initiative: Initiative | None, number: int) -> Sequence[Document]:
    """The documents of known initiatives that came in last; of this one, if it is given."""
    query = select(Document).where(
        col(Document.municipality).is_not(None), col(Document.initiative).is_not(None)
    )
    if initiative is not None:
        query = query.where(Document.initiative == initiative.id)
    return session.exec(
        query.order_by(col(Document.received_at).desc(), col(Document.document_id)).limit(number)
    ).all()


def _line(session: Session, document: Document) -> RegisteredDocument:
    initiative = session.get(Initiative, document.initiative)
    answer = session.get(Answer, document.document_id)
    names = session.exec(
        select(Part.filename)
        .where(Part.mail_id == document.mail_id, col(Part.number).in_(document.parts))
        .order_by(col(Part.number))
    ).all()
    options = initiative.options if initiative is not None else {}
    key = answer.answer if answer is not None else next(iter(options), "")
    line = line_of(
        document,
        session.get_one(CaseFile, document.case_id).dnr,
        (),
        initiative,
        answer=None,
        files=tuple(names),
    )
    return line.model_copy(update={"answer_label": options.get(key)})


def _example(initiative: Initiative | None) -> RegisteredDocument:
    options = initiative.options if initiative is not None else {"ja": "Ja, kommunen ansluter sig"}
    return RegisteredDocument(
        document_id="m00000000000000000000000-1",
        dnr="SKR 2024/00123",
        handling=1,
        fate=Fate.RECORDED,
        files=("svar.pdf",),
        initiative=initiative.id if initiative is not None else None,
        initiative_name=initiative.name if initiative is not None else "Kompetensgemenskaper",
        municipality_name="Umeå kommun",
        answer_label=next(iter(options.values())),
    )
