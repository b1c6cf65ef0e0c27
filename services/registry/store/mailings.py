"""Mailings as pages list them: how far each has come, and one row for each recipient."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, func
from sqlmodel import Session, col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from services.registry.tables import Mailing, MailingRecipient, MailingStage, RecipientState

ENDED = frozenset({RecipientState.SENT, RecipientState.HELD_BACK, RecipientState.FAILED})
"""Of these letters it is known what became of them."""


@dataclass(frozen=True)
class Progress:
    """How many recipients are in each state."""

    by_state: Counter[RecipientState]

    @property
    def letters(self) -> int:
        """All but those that were left out."""
        return self.by_state.total() - self.by_state[RecipientState.LEFT_OUT]

    @property
    def ended(self) -> int:
        return sum(self.by_state[state] for state in ENDED)


def mailing_count(session: Session) -> int:
    """How many mailings there are."""
    return session.exec(select(func.count()).select_from(Mailing)).one()


def mailing_lines(session: Session, *, limit: int, offset: int) -> list[tuple[Mailing, Progress]]:
    """The mailings with how far they have come, the last made first."""
    found = session.exec(
        select(Mailing)
        .order_by(col(Mailing.made_at).desc(), col(Mailing.id))
        .limit(limit)
        .offset(offset)
    ).all()
    counted = _counted(session, [one.id for one in found])
    return [(one, counted[one.id]) for one in found]


def progress_of(session: Session, mailing_id: str) -> Progress:
    """How far one mailing has come."""
    return _counted(session, [mailing_id])[mailing_id]


def counting_waiting_mailings() -> SelectOfScalar[int]:
    """The question how many wait for a person: for a second one's yes, or proposed by the machine.

    To be asked together with others.
    """
    return (
        select(func.count())
        .select_from(Mailing)
        .where(
            or_(
                Mailing.stage == MailingStage.AWAITING_APPROVAL,
                and_(col(Mailing.stage) == MailingStage.DRAFT, col(Mailing.occasion).is_not(None)),
            )
        )
    )


def recipient_rows(
    session: Session,
    mailing_id: str,
    states: Collection[RecipientState],
    words: str,
    *,
    limit: int,
    offset: int,
) -> tuple[Sequence[MailingRecipient], int]:
    """Some of a mailing's recipients in their order, and how many there are in all.

    `words` stand in the address, the name or the kommunkod; empty lets all through.
    """
    conditions: list[Any] = [
        col(MailingRecipient.mailing_id) == mailing_id,
        col(MailingRecipient.state).in_(states),
    ]
    if words:
        conditions.append(
            or_(
                col(MailingRecipient.address).icontains(words, autoescape=True),
                col(MailingRecipient.name).icontains(words, autoescape=True),
                col(MailingRecipient.municipality) == words,
            )
        )
    total = session.exec(
        select(func.count()).select_from(MailingRecipient).where(*conditions)
    ).one()
    rows = session.exec(
        select(MailingRecipient)
        .where(*conditions)
        .order_by(col(MailingRecipient.number))
        .limit(limit)
        .offset(offset)
    ).all()
    return rows, total


def _counted(session: Session, ids: Sequence[str]) -> dict[str, Progress]:
    counted = {one: Progress(Counter()) for one in ids}
    for mailing_id, state, count in session.exec(
        select(MailingRecipient.mailing_id, MailingRecipient.state, func.count())
        .where(col(MailingRecipient.mailing_id).in_(ids))
        .group_by(col(MailingRecipient.mailing_id), col(MailingRecipient.state))
    ):
        counted[mailing_id].by_state[RecipientState(state)] = count
    return counted
