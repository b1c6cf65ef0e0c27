"""How staff word the mails that leave by themselves: kept as told, fetched for each mail.

Words are never a reason for a mail to wait: what cannot be used is told once, and the delivered
wording leaves instead.
"""

from datetime import datetime

import structlog
from sqlmodel import Session, col, select

from services.notifier.tables import WordingRow
from shared import outbox
from shared.consumers import WORDED
from shared.database import Database
from shared.events import WordingChanged, WordingRefused
from shared.letters.parts import PartName
from shared.letters.plain import one_line
from shared.letters.template import Template
from shared.letters.wordings import FOR_ALL, Wordings

log = structlog.get_logger()


def change_wording(database: Database, event: WordingChanged) -> bool:
    """Word mails so from now on; False if that is done already, or what is known is newer."""
    with database.write() as session:
        if not outbox.claim(session, event.event_id, WORDED.name):
            return False
        key = (event.name, event.initiative or FOR_ALL)
        known = session.get(WordingRow, key, with_for_update=True)
        if known is not None and known.changed_at >= event.occurred_at:
            return False
        session.merge(
            WordingRow(
                name=event.name,
                initiative=event.initiative or FOR_ALL,
                restored=event.restored,
                subject=event.subject_line,
                heading=event.heading,
                text=event.text,
                changed_at=event.occurred_at,
                refused_at=None,
            )
        )
    log.info("wording_changed", name=event.name, initiative=event.initiative)
    return True


def wordings_now(session: Session) -> Wordings:
    """Return the wordings for one mail."""
    known = set(PartName)
    rows = session.exec(select(WordingRow).where(col(WordingRow.restored).is_(False)))
    return Wordings(
        {(PartName(row.name), row.initiative): _template(row) for row in rows if row.name in known}
    )


def tell_refused(session: Session, wordings: Wordings, now: datetime) -> None:
    """Tell the registry of each wording that could not be used, the first time that it was so.

    One that staff have changed since is not the one that was refused.
    """
    for one in wordings.refused:
        row = session.get(WordingRow, (one.name.value, one.initiative), with_for_update=True)
        log.error("wording_refused", name=one.name, initiative=one.initiative, why=one.why)
        if row is None or row.refused_at is not None:
            continue
        if _template(row) != wordings.own[one.name, one.initiative]:
            continue
        row.refused_at = now
        session.add(row)
        outbox.emit(
            session,
            WordingRefused(
                occurred_at=now,
                name=one.name.value,
                initiative=one.initiative or None,
                changed_at=row.changed_at,
                why=one_line(one.why, limit=500),
            ),
        )


def _template(row: WordingRow) -> Template:
    return Template(row.subject, row.heading, row.text)
