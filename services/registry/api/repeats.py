"""Whether what was refused had been done already, at the same call's first try.

A program whose connection broke before the answer came tries again. What it asked for is then in
the register, under its name: the same verdict on the same revision, not taken back since.
"""

import json
from dataclasses import asdict
from typing import Any

from sqlmodel import Session, col, select

from services.registry.amend import said_in
from services.registry.answers import plain
from services.registry.domain.amendment import Amendment, Correct, Void
from services.registry.domain.resolution import Verdict
from services.registry.tables import (
    Answer,
    AnswerStatus,
    EventLog,
    Resolution,
    ReviewItem,
    ReviewState,
)
from services.registry.verdicts import KEYS


def resolved_already(
    session: Session, item_id: int, seen: int, verdict: Verdict, who: str
) -> str | None:
    """Return the resolution by which just this verdict was carried out, if it was and stands."""
    item = session.get_one(ReviewItem, item_id)
    if item.state is not ReviewState.RESOLVED or item.revision != seen + 1:
        return None
    last = session.exec(
        select(Resolution)
        .where(Resolution.item_id == item_id)
        .order_by(col(Resolution.resolved_at).desc())
        .limit(1)
    ).one()
    same = (
        last.undone_at is None
        and last.resolved_by == who
        and last.verdict == KEYS[type(verdict)]
        and _stored(last.said) == _stored(asdict(verdict))
    )
    return last.id if same else None


def undone_already(session: Session, resolution: str, who: str) -> bool:
    """Tell whether the verdict was taken back under this name."""
    done = session.get_one(Resolution, resolution)
    return done.undone_at is not None and done.undone_by == who


def amended_already(session: Session, document_id: str, amendment: Amendment, who: str) -> bool:
    """Tell whether just this change was the last of the answer, under this name, and stands."""
    answer = session.get_one(Answer, document_id)
    last = session.exec(
        select(EventLog)
        .where(
            EventLog.document_id == document_id,
            col(EventLog.what).in_(("answer.voided", "answer.corrected")),
        )
        .order_by(col(EventLog.id).desc())
        .limit(1)
    ).one_or_none()
    if last is None or last.who != who or (last.after or {}).get("why") != plain(amendment.why):
        return False
    match amendment:
        case Void():
            return last.what == "answer.voided" and answer.status is AnswerStatus.VOIDED
        case Correct(said):
            stands = answer.status is AnswerStatus.CURRENT and said_in(answer) == said
            return last.what == "answer.corrected" and stands


def _stored(said: dict[str, Any]) -> Any:
    """Plain data, as a JSON column gives it back."""
    return json.loads(json.dumps(said))
