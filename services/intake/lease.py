"""One fetcher at a time for each mailbox, among all hosts that share the database.

A lease saves double work; it is not what keeps mails single. Two fetchers on one mailbox, after a
clock that jumped or a pause that outlived the lease, meet in the ledger, which has each place and
each digest once.
"""

from datetime import timedelta

from sqlalchemy import or_
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import Session, col, delete

from services.intake.tables import LeaseRow
from shared import outbox

LEASE_S = 60.0


def hold(session: Session, name: str, holder: str) -> bool:
    """Take the lease, or prolong it; returns False while somebody else has it."""
    moment = outbox.now()
    until = moment + timedelta(seconds=LEASE_S)
    connection = session.connection()
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    result = connection.execute(
        insert(LeaseRow)
        .values(name=name, holder=holder, until=until)
        .on_conflict_do_update(
            index_elements=["name"],
            set_={"holder": holder, "until": until},
            where=or_(col(LeaseRow.holder) == holder, col(LeaseRow.until) < moment),
        )
        .returning(col(LeaseRow.name))
    )
    return result.first() is not None


def release(session: Session, name: str, holder: str) -> None:
    """Give the lease back, if it is still ours."""
    session.exec(delete(LeaseRow).where(col(LeaseRow.name) == name, col(LeaseRow.holder) == holder))
