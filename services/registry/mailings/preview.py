"""One recipient's letter before anything is sent: as it will be read, and as a test to oneself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from sqlmodel import Session, col, select

from services.registry.domain.contact import ADDRESS_MAX
from services.registry.domain.mailing import Fault
from services.registry.domain.resolution import is_address
from services.registry.forms.page import DoesNotFit
from services.registry.letters import order_letter
from services.registry.mailings.draft import NoSuchMailing, log
from services.registry.mailings.flow import row_of
from services.registry.mailings.letters import (
    Office,
    as_shown,
    form_names,
    forms_of,
    letter_ordered,
)
from services.registry.mailings.listing import listing
from services.registry.tables import (
    EventLog,
    Initiative,
    Mailing,
    MailingRecipient,
    MailingStage,
    RecipientState,
)
from shared.archive import Archive
from shared.database import Database
from shared.events import LetterKind, LetterOrdered
from shared.letters.letter import Letter
from shared.letters.template import ValueMissing

TESTED: Final = "mailing.tested"
_TEST_MARK: Final = "Prov: "
_SUBJECT_MAX: Final = 250
_NOBODYS: Final = UUID(int=0)


@dataclass(frozen=True)
class Preview:
    """One recipient's letter, of so many; `number` counts from 1."""

    number: int
    total: int
    recipient: MailingRecipient
    order: LetterOrdered
    letter: Letter


def preview(
    session: Session, mailing: Mailing, number: int, office: Office, at: datetime
) -> Preview | None:
    """The letter to the recipient of this number, or to the first; None if there is nobody.

    Raises ValueMissing where the template needs a value that is not there.
    """
    rows = letters_of(session, mailing)
    if not rows:
        return None
    number = number if 1 <= number <= len(rows) else 1
    row = rows[number - 1]
    initiatives = _initiatives(session)
    leaves_at = max(at, mailing.send_at or at)
    order = letter_ordered(mailing, row, initiatives, office, at=leaves_at, letter_id=_NOBODYS)
    names = form_names(mailing, row, initiatives)
    return Preview(number, len(rows), row, order, as_shown(order, names, office.organisation))


def letters_of(session: Session, mailing: Mailing) -> Sequence[MailingRecipient]:
    """Everybody who gets a letter; of a draft, who would now."""
    if mailing.stage is MailingStage.DRAFT:
        found = listing(session, mailing).letters
        return [row_of(mailing, number, one) for number, one in enumerate(found, 1)]
    return session.exec(
        select(MailingRecipient)
        .where(
            MailingRecipient.mailing_id == mailing.id,
            MailingRecipient.state != RecipientState.LEFT_OUT,
        )
        .order_by(col(MailingRecipient.number))
    ).all()


def send_test(
    database: Database,
    archive: Archive,
    office: Office,
    mailing_id: str,
    number: int,
    address: str,
    *,
    who: str,
    at: datetime,
) -> list[Fault]:
    """Order one recipient's letter to somebody of the staff instead, with its files, marked a test.

    Returns what forbids it. Raises NoSuchMailing.
    """
    if len(address) > ADDRESS_MAX or not is_address(address):
        return [Fault("test_address", "till", address)]
    with database.read() as session:
        mailing = session.get(Mailing, mailing_id)
        if mailing is None:
            raise NoSuchMailing
        initiatives = _initiatives(session)
        try:
            shown = preview(session, mailing, number, office, at)
        except ValueMissing:
            return [Fault("value_missing")]
    if shown is None:
        return [Fault("nobody")]
    try:
        files = forms_of(mailing, shown.recipient, initiatives, office, archive)
    except DoesNotFit as error:
        return [Fault("no_room", said=str(error))]
    newsletter = mailing.kind is LetterKind.NEWSLETTER
    order = shown.order.model_copy(
        update={
            "occurred_at": at,
            "letter_id": uuid4(),
            "mailing_id": None,
            # It is no letter to the municipality, and does not stand among those.
            "municipality": None,
            "initiative": None,
            "recipient": address,
            "subject_line": f"{_TEST_MARK}{shown.order.subject_line}"[:_SUBJECT_MAX],
            "files": tuple(files),
            # Nobody's: whoever follows it is told so, and stays a reader.
            "unsubscribe": uuid4().hex if newsletter else "",
        }
    )
    with database.write() as session:
        order_letter(session, order, who=who)
        log(session, mailing, TESTED, who=who, at=at, to=address, letter_id=str(order.letter_id))
    return []


def last_tested_to(session: Session, who: str) -> str:
    """Where somebody last had a test sent; empty if nowhere."""
    line = session.exec(
        select(EventLog)
        .where(EventLog.who == who, EventLog.what == TESTED)
        .order_by(col(EventLog.id).desc())
        .limit(1)
    ).first()
    return str((line.after or {}).get("to", "")) if line is not None else ""


def _initiatives(session: Session) -> dict[str, Initiative]:
    return {one.id: one for one in session.exec(select(Initiative))}
