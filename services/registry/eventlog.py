"""Writes the händelselogg: one line for each thing done, by the machine or by a person."""

from datetime import datetime
from typing import Any, Final

from sqlmodel import Session

from services.registry.tables import EventLog

MACHINE: Final = "machine"


def note(
    session: Session,
    *,
    at: datetime,
    who: str,
    what: str,
    mail_id: str | None = None,
    document_id: str | None = None,
    case_id: int | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Add a line, in the transaction of what it tells. `what` is a stable key."""
    session.add(
        EventLog(
            at=at,
            who=who,
            what=what,
            mail_id=mail_id,
            document_id=document_id,
            case_id=case_id,
            before=before,
            after=after,
        )
    )
