"""One fetcher at a time for each mailbox, among all hosts that share the database.

A lease saves double work; it is not what keeps mails single. Two fetchers on one mailbox, after a
clock that jumped or a pause that outlived the lease, meet in the ledger, which has each place and
each digest once.
"""

import os
from datetime import timedelta
from pathlib import Path

from sqlalchemy import or_
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import Session, col, delete

from services.intake.tables import LeaseRow
from shared import outbox

LEASE_S = 30.0


def this_process() -> str:
    """A name for this process that tells its neighbours whether it still lives.

    The machine's boot, the process number's namespace, the number, and when it started.
    """
    return f"{_here()}:{os.getpid()}:{_started(os.getpid())}"


def hold(session: Session, name: str, holder: str) -> bool:
    """Take the lease, or prolong it; returns False while somebody else has it.

    From a process of this very machine that has died it is taken at once.
    """
    moment = outbox.now()
    known = session.get(LeaseRow, name)
    if known is not None and _is_dead(known.holder):
        release(session, name, known.holder)
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


def _is_dead(holder: str) -> bool:
    here, _, rest = holder.partition(":")
    number, _, started = rest.partition(":")
    return here == _here() and number.isdigit() and _started(int(number)) != started


def _here() -> str:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{boot}/{os.stat('/proc/self/ns/pid').st_ino}"  # noqa: PTH116


def _started(number: int) -> str:
    """When a process started, in ticks since the machine's boot; empty if there is none."""
    try:
        stat = Path(f"/proc/{number}/stat").read_text()
    except OSError:
        return ""
    # The second field, the program's name, may hold anything; the 22nd is the start.
    return stat.rpartition(")")[2].split()[19]
