"""Tells the old and the new contact person that they are one no longer, or are one from now on.

Only where the address changed: a name or number that was corrected is nobody else's business.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import Session

from services.registry.letters import order_letter
from services.registry.mailings.templates import wording_for
from services.registry.tables import CaseFile, ContactPerson, Document, Initiative
from shared.events import LetterKind, LetterOrdered
from shared.letters.kinds import TemplateName
from shared.letters.plain import one_line
from shared.letters.template import render
from shared.municipalities import by_code, display_name


@dataclass(frozen=True)
class Addressee:
    """Somebody to be told; `contact_id` is the contact that the change is about."""

    email: str
    name: str
    contact_id: int | None = None


@dataclass(frozen=True)
class Confirming:
    """That changes are told of, and where those who are told can turn."""

    answers_address: str
    questions_address: str

    def renamed(
        self,
        session: Session,
        contact: ContactPerson,
        former: Addressee,
        *,
        who: str,
        at: datetime,
        tell_former: bool = True,
    ) -> None:
        """Tell of a contact that has another address than `former`."""
        self.replaced(
            session,
            contact.document_id,
            [former],
            [Addressee(contact.email, contact.name, contact.id)],
            who=who,
            at=at,
            tell_former=tell_former,
        )

    def replaced(
        self,
        session: Session,
        document_id: str,
        former: Iterable[Addressee],
        now: Iterable[Addressee],
        *,
        who: str,
        at: datetime,
        tell_former: bool = True,
        send_after: datetime | None = None,
        resolution: UUID | None = None,
    ) -> None:
        """Tell those who are contacts of a recorded answer now, and those who no longer are.

        `resolution` is the verdict that it follows from, if it does from one.
        """
        before, after = _by_address(former), _by_address(now)
        for name, told in (
            (TemplateName.CONTACT_CHANGED_NEW, after.keys() - before.keys()),
            (TemplateName.CONTACT_CHANGED_OLD, before.keys() - after.keys() if tell_former else ()),
        ):
            for address in sorted(told):
                one = (after | before)[address]
                letter = self._letter(session, name, document_id, one, at, send_after)
                order_letter(
                    session, letter, who=who, contact_id=one.contact_id, resolution=resolution
                )

    def _letter(
        self,
        session: Session,
        name: TemplateName,
        document_id: str,
        told: Addressee,
        at: datetime,
        send_after: datetime | None,
    ) -> LetterOrdered:
        document = session.get_one(Document, document_id)
        case = session.get_one(CaseFile, document.case_id)
        initiative = session.get_one(Initiative, document.initiative)
        municipality = by_code(document.municipality or "")
        worded = render(
            wording_for(session, name, [initiative.id]),
            name,
            {
                "kommun": display_name(municipality) if municipality else "",
                "initiativ": initiative.name,
                "dnr": case.dnr,
                "svarsadress": self.answers_address,
                "frågor_till": self.questions_address,
            },
        )
        return LetterOrdered(
            occurred_at=at,
            letter_id=uuid4(),
            kind=LetterKind.CONTACT_CHANGED,
            recipient=told.email,
            recipient_name=one_line(told.name, limit=200),
            subject_line=worded.subject,
            heading=worded.heading,
            text=worded.text,
            send_after=send_after,
            initiative=initiative.id,
            municipality=document.municipality,
            document_id=document_id,
        )


def _by_address(told: Iterable[Addressee]) -> dict[str, Addressee]:
    """Each address once, and those without one not at all."""
    return {one.email.lower(): one for one in told if one.email}
