"""What only intake knows of how it fares: its mailboxes, and what they still hold unread."""

from collections.abc import Mapping, Sequence

from sqlmodel import Session, col, func, select

from services.intake.fetcher import FetcherState
from services.intake.settings import MailboxSettings
from services.intake.tables import MailRow
from shared.reports import MailboxReport

FAULT_MAX = 500


def mailbox_reports(
    session: Session, mailboxes: Sequence[MailboxSettings], states: Mapping[str, FetcherState]
) -> tuple[MailboxReport, ...]:
    """How each mailbox fares; `states` are of those that are fetched, by address."""
    unread = {
        mailbox: (count, oldest)
        for mailbox, count, oldest in session.exec(
            select(MailRow.mailbox, func.count(), func.min(MailRow.archived_at))
            .where(col(MailRow.read_at).is_(None))
            .group_by(MailRow.mailbox)
        )
    }
    known = {one.address: states.get(one.address, FetcherState()) for one in mailboxes}
    # A mailbox that was taken out of the settings may still hold what nobody has read.
    known |= {address: FetcherState() for address in unread if address not in known}
    return tuple(
        MailboxReport(
            address=address,
            last_contact=state.last_contact,
            fault=state.fault[:FAULT_MAX],
            last_fault=state.last_fault[:FAULT_MAX],
            last_fault_at=state.last_fault_at,
            standby=state.standby,
            backlog=unread[address][0] if address in unread else 0,
            oldest=unread[address][1] if address in unread else None,
        )
        for address, state in known.items()
    )
