"""What the register knows of those who may get letters, fetched once for all of them."""

from sqlmodel import Session, col, func, select

from services.registry.domain.recipients import Known, Person, Place
from services.registry.tables import (
    Answer,
    AnswerStatus,
    Bounce,
    BounceState,
    ContactPerson,
    Document,
    MunicipalityContact,
    ReviewItem,
    ReviewState,
    Unsubscribed,
)
from shared.municipalities import all_municipalities, display_name


def known_now(session: Session) -> Known:
    """Return all municipalities, the contact persons who count, and what forbids a letter."""
    return Known(
        places=_places(session),
        persons=_persons(session),
        answers={
            (initiative, municipality): answer
            for initiative, municipality, answer in session.exec(
                select(Answer.initiative, Answer.municipality, Answer.answer).where(
                    col(Answer.status) == AnswerStatus.CURRENT
                )
            )
        },
        in_review=frozenset(
            (initiative, municipality)
            for initiative, municipality in session.exec(
                select(Document.initiative, Document.municipality)
                .join(ReviewItem, col(ReviewItem.document_id) == col(Document.document_id))
                .where(
                    col(ReviewItem.state) == ReviewState.OPEN,
                    col(Document.initiative).is_not(None),
                    col(Document.municipality).is_not(None),
                )
            )
            if initiative is not None and municipality is not None
        ),
        bouncing=frozenset(
            session.exec(
                select(func.lower(Bounce.recipient)).where(col(Bounce.state) == BounceState.OPEN)
            )
        ),
        unsubscribed=frozenset(
            session.exec(select(Unsubscribed.address).where(col(Unsubscribed.resumed_at).is_(None)))
        ),
    )


def _places(session: Session) -> list[Place]:
    addresses = {
        one.municipality: one.registrar_address for one in session.exec(select(MunicipalityContact))
    }
    return [
        Place(one.code, display_name(one), one.county, addresses.get(one.code, ""))
        for one in all_municipalities()
    ]


def _persons(session: Session) -> list[Person]:
    rows = session.connection().execute(
        select(  # type: ignore[call-overload]
            ContactPerson.id,
            ContactPerson.name,
            ContactPerson.email,
            ContactPerson.municipality,
            ContactPerson.initiative,
            ContactPerson.from_answer,
        )
        .join(Answer, col(Answer.document_id) == col(ContactPerson.document_id))
        .where(
            col(Answer.status) == AnswerStatus.CURRENT,
            col(Answer.initiative) == col(ContactPerson.initiative),
            col(Answer.municipality) == col(ContactPerson.municipality),
            col(ContactPerson.ended_at).is_(None),
        )
        .order_by(
            col(ContactPerson.municipality), col(ContactPerson.initiative), col(ContactPerson.id)
        )
    )
    return [Person(*row) for row in rows]
