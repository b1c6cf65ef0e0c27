"""Contact persons: they follow their answer, and staff change, add and end them by hand.

Nothing is deleted: a contact that is ended stays, and the händelselogg holds what each was before.
Each change is one transaction; what has changed since it was shown is left as it is.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from services.registry.contact_letters import Addressee, Confirming
from services.registry.domain.contact import (
    ADDRESS_MAX,
    ContactFault,
    Kept,
    Named,
    against_change,
    against_naming,
    against_renaming,
)
from services.registry.eventlog import note
from services.registry.tables import Answer, AnswerStatus, ContactPerson, Document
from shared.database import Database


@dataclass(frozen=True)
class Changed:
    """The contact is as it was asked to be."""

    contact_id: int


@dataclass(frozen=True)
class Unchanged:
    """Nothing was changed, for all these reasons."""

    faults: tuple[ContactFault, ...]


class NoSuchContact(Exception):
    """There is no contact, or no answer, of this name."""


class ChangeRefused(Exception):
    """Of several contacts one could not be changed, so that none is."""

    def __init__(self, why: Unchanged) -> None:
        super().__init__()
        self.why = why


def named_in(contact: ContactPerson) -> Named:
    """Whom a contact names."""
    return Named(contact.name, contact.email, contact.phone)


def named_by(answer: Answer) -> Named:
    """Whom an answer names, as far as it can be kept."""
    return Named(answer.contact_name, answer.contact_email[:ADDRESS_MAX], answer.contact_phone)


def stands(contact: ContactPerson, answer: Answer) -> bool:
    """Whether the answer that the contact is for counts.

    An answer that was taken back may have been recorded anew for another municipality.
    """
    return answer.status is AnswerStatus.CURRENT and (answer.initiative, answer.municipality) == (
        contact.initiative,
        contact.municipality,
    )


def follow_answer(
    session: Session,
    answer: Answer,
    named_before: Named | None,
    *,
    who: str,
    at: datetime,
) -> None:
    """Let the contact be whom a recorded answer names; None before for an answer that is new.

    What staff changed by hand stays when the answer is corrected in something else.
    """
    named = named_by(answer)
    known = session.exec(
        select(ContactPerson).where(
            ContactPerson.document_id == answer.document_id, col(ContactPerson.from_answer)
        )
    ).one_or_none()
    if known is None:
        if named != Named("", "", ""):
            session.add(_made(answer, named, from_answer=True, who=who, at=at))
        return
    if stands(known, answer) and named == named_before:
        return
    before, was = _as_logged(known), _state(known)
    known.initiative, known.municipality = answer.initiative, answer.municipality
    if named == Named("", "", ""):
        known.ended_at, known.ended_by = at, who
    else:
        _rename(known, named)
        known.ended_at, known.ended_by = None, ""
    if _state(known) != was:
        what = "contact.changed" if known.ended_at is None else "contact.ended"
        _touch(session, known, what, before, who=who, at=at)


def addressees_of(session: Session, document_id: str) -> list[Addressee]:
    """Those who are to be reached about the answer that was recorded from a document."""
    found = session.exec(
        select(ContactPerson).where(
            ContactPerson.document_id == document_id, col(ContactPerson.ended_at).is_(None)
        )
    )
    return [Addressee(one.email, one.name, one.id) for one in found]


def change_contact(
    database: Database,
    contact_id: int,
    seen: int,
    named: Named,
    *,
    who: str,
    at: datetime,
    confirming: Confirming | None = None,
) -> Changed | Unchanged:
    """Make a contact name somebody else, as it was at revision `seen`. Raises NoSuchContact.

    `confirming` tells the old and the new one; without it nobody is told.
    """
    with database.write() as session:
        return _change(
            session, contact_id, seen, lambda _: named, who=who, at=at, confirming=confirming
        )


def write_changes(
    session: Session,
    contacts: Mapping[int, int],
    renamed: Callable[[Named], Named],
    *,
    who: str,
    at: datetime,
    confirming: Confirming | None = None,
    tell_former: bool = True,
) -> None:
    """Change several contacts, each as it was at the revision that is given with its id.

    `tell_former` is whether the old address can be written to. Raises NoSuchContact, and
    ChangeRefused, which ends the transaction: all are changed, or none.
    """
    for contact_id, seen in sorted(contacts.items()):
        done = _change(
            session,
            contact_id,
            seen,
            renamed,
            who=who,
            at=at,
            confirming=confirming,
            tell_former=tell_former,
        )
        if isinstance(done, Unchanged):
            raise ChangeRefused(done)


def _change(
    session: Session,
    contact_id: int,
    seen: int,
    renamed: Callable[[Named], Named],
    *,
    who: str,
    at: datetime,
    confirming: Confirming | None = None,
    tell_former: bool = True,
) -> Changed | Unchanged:
    contact, kept = _kept(session, contact_id, seen)
    named = renamed(kept.named)
    faults = against_renaming(kept, named)
    if faults:
        return Unchanged(tuple(faults))
    before = _as_logged(contact)
    former = Addressee(contact.email, contact.name, contact_id)
    _rename(contact, named)
    _touch(session, contact, "contact.changed", before, who=who, at=at)
    if confirming is not None:
        confirming.renamed(session, contact, former, who=who, at=at, tell_former=tell_former)
    return Changed(contact_id)


def end_contact(
    database: Database, contact_id: int, seen: int, *, who: str, at: datetime
) -> Changed | Unchanged:
    """Let a contact count no longer, as it was at revision `seen`. Raises NoSuchContact."""
    with database.write() as session:
        contact, kept = _kept(session, contact_id, seen)
        faults = against_change(kept)
        if faults:
            return Unchanged(tuple(faults))
        before = _as_logged(contact)
        contact.ended_at, contact.ended_by = at, who
        _touch(session, contact, "contact.ended", before, who=who, at=at)
        return Changed(contact_id)


def add_contact(
    database: Database, document_id: str, named: Named, *, who: str, at: datetime
) -> Changed | Unchanged:
    """Add a contact to the answer recorded from a document. Raises NoSuchContact."""
    with database.write() as session:
        answer = session.get(Answer, document_id, with_for_update=True)
        if answer is None:
            raise NoSuchContact
        faults = against_naming(named)
        if answer.status is not AnswerStatus.CURRENT:
            faults = [ContactFault.ANSWER_ENDED]
        if faults:
            return Unchanged(tuple(faults))
        contact = _made(answer, named, from_answer=False, who=who, at=at)
        session.add(contact)
        session.flush()
        _log(session, contact, "contact.added", None, who=who, at=at)
        assert contact.id is not None
        return Changed(contact.id)


def _kept(session: Session, contact_id: int, seen: int) -> tuple[ContactPerson, Kept]:
    contact = session.get(ContactPerson, contact_id, with_for_update=True)
    if contact is None:
        raise NoSuchContact
    answer = session.get_one(Answer, contact.document_id)
    return contact, Kept(
        named=named_in(contact),
        ended=contact.ended_at is not None,
        answer_stands=stands(contact, answer),
        revision=contact.revision,
        seen=seen,
    )


def _made(
    answer: Answer, named: Named, *, from_answer: bool, who: str, at: datetime
) -> ContactPerson:
    return ContactPerson(
        document_id=answer.document_id,
        initiative=answer.initiative,
        municipality=answer.municipality,
        from_answer=from_answer,
        added_at=at,
        added_by=who,
        **asdict(named),
    )


def _rename(contact: ContactPerson, named: Named) -> None:
    contact.name, contact.email, contact.phone = named.name, named.email, named.phone


def _state(contact: ContactPerson) -> tuple[object, ...]:
    return contact.initiative, contact.municipality, named_in(contact), contact.ended_at is None


def _as_logged(contact: ContactPerson) -> dict[str, Any]:
    return {"contact": contact.id, "municipality": contact.municipality} | asdict(named_in(contact))


def _touch(
    session: Session,
    contact: ContactPerson,
    what: str,
    before: dict[str, Any],
    *,
    who: str,
    at: datetime,
) -> None:
    contact.changed_at, contact.changed_by = at, who
    contact.revision += 1
    _log(session, contact, what, before, who=who, at=at)


def _log(
    session: Session,
    contact: ContactPerson,
    what: str,
    before: dict[str, Any] | None,
    *,
    who: str,
    at: datetime,
) -> None:
    document = session.get_one(Document, contact.document_id)
    note(
        session,
        at=at,
        who=who,
        what=what,
        mail_id=document.mail_id,
        document_id=contact.document_id,
        case_id=document.case_id,
        before=before,
        after=_as_logged(contact) | ({"ended": True} if contact.ended_at else {}),
    )
