"""Who wants no newsletters: by the link of one, by a mail, or by what staff were told.

An address stays in the table once it is there; `resumed_at` says that it wants them again. Other
letters, which nobody can do without, are not concerned.
"""

import asyncio
import re
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import func
from sqlmodel import Session, col, select

from services.registry.domain.contact import ADDRESS_MAX
from services.registry.domain.resolution import is_address
from services.registry.eventlog import MACHINE, note
from services.registry.tables import MailingRecipient, Unsubscribed, UnsubscribedHow
from shared.consumers import UNSUBSCRIBE
from shared.database import Database
from shared.events import UnsubscribeAsked
from shared.failpoint import failpoint
from shared.outbox import claim
from shared.telemetry import about_mail

RECIPIENT: Final = "recipient"
"""Who it was, in the händelselogg, if it was whoever gets the letters."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,100}")
_MOST_ASKED = 500

log = structlog.get_logger()


class Unsubscriber:
    """Does what people ask for by mail."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def on_unsubscribe_asked(self, event: UnsubscribeAsked) -> None:
        """Handle the event; return when its effect is committed."""
        with about_mail(event.mail_id):
            await asyncio.to_thread(self.end, event)

    def end(self, event: UnsubscribeAsked) -> None:
        """Send no more newsletters to whoever got the letter that the token is of.

        A token of no letter is noted beside the mail: its sender alone proves nothing.
        """
        with self._database.write() as session:
            if not claim(session, event.event_id, UNSUBSCRIBE.name):
                return
            holder = holder_by_mail(session, event.token)
            at = self._now()
            if holder is None:
                what = "newsletter.token_unknown"
                note(session, at=at, who=MACHINE, what=what, mail_id=event.mail_id)
                log.warning("unsubscribe_token_unknown")
            else:
                unsubscribe(
                    session,
                    holder.address,
                    UnsubscribedHow.MAIL,
                    at=at,
                    letter_id=holder.letter_id,
                    mail_id=event.mail_id,
                )
            failpoint("registry.unsubscribe.saved")


def holder_of(session: Session, token: str) -> MailingRecipient | None:
    """The letter whose link holds this token; None if none does."""
    if not _TOKEN.fullmatch(token):
        return None
    return session.exec(
        select(MailingRecipient).where(MailingRecipient.unsubscribe == token).limit(1)
    ).first()


def holder_by_mail(session: Session, token: str) -> MailingRecipient | None:
    """The same for a token from an address, whose letters a mail system may have made small."""
    exact = holder_of(session, token)
    if exact is not None or not _TOKEN.fullmatch(token):
        return exact
    return session.exec(
        select(MailingRecipient)
        .where(func.lower(MailingRecipient.unsubscribe) == token.lower())
        .limit(1)
    ).first()


def unsubscribed_of(session: Session, addresses: Collection[str]) -> dict[str, Unsubscribed]:
    """Those of the addresses that want no newsletters, by address in lower case."""
    asked = sorted({key_of(address) for address in addresses})
    return {
        row.address: row
        for start in range(0, len(asked), _MOST_ASKED)
        for row in session.exec(
            select(Unsubscribed).where(
                col(Unsubscribed.address).in_(asked[start : start + _MOST_ASKED]),
                col(Unsubscribed.resumed_at).is_(None),
            )
        )
    }


def is_unsubscribed(session: Session, address: str) -> bool:
    """Tell whether an address wants no newsletters."""
    return bool(unsubscribed_of(session, (address,)))


def unsubscribe(
    session: Session,
    address: str,
    how: UnsubscribedHow,
    *,
    at: datetime,
    by: str = "",
    letter_id: str | None = None,
    mail_id: str | None = None,
) -> bool:
    """Send no more newsletters to an address; False if none are sent already.

    `by` is who of the staff did it; empty, it was whoever gets the letters. `mail_id` is the mail
    that asked for it, if one did. Raises ValueError for
    what is no address.
    """
    key = key_of(address)
    if len(key) > ADDRESS_MAX or not is_address(key):
        raise ValueError(address)
    known = session.get(Unsubscribed, key, with_for_update=True)
    if known is not None and known.resumed_at is None:
        return False
    session.merge(
        Unsubscribed(address=key, unsubscribed_at=at, how=how, by=by, letter_id=letter_id)
    )
    note(
        session,
        at=at,
        who=by or RECIPIENT,
        what="newsletter.unsubscribed",
        mail_id=mail_id,
        after={"address": key, "how": how.value, "letter": letter_id},
    )
    return True


def resume(session: Session, address: str, *, at: datetime, by: str = "") -> bool:
    """Send newsletters to an address again; False if it has not said that it wants none."""
    known = session.get(Unsubscribed, key_of(address), with_for_update=True)
    if known is None or known.resumed_at is not None:
        return False
    known.resumed_at, known.resumed_by = at, by
    session.add(known)
    note(
        session,
        at=at,
        who=by or RECIPIENT,
        what="newsletter.resumed",
        before={"how": known.how.value, "unsubscribed_at": known.unsubscribed_at.isoformat()},
        after={"address": known.address},
    )
    return True


def key_of(address: str) -> str:
    """An address as it is compared."""
    return address.strip().lower()
