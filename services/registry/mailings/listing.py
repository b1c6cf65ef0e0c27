"""Who would get a mailing if it were sent now, and everything that keeps it from being sent."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from services.registry.domain.mailing import (
    About,
    Fault,
    Meeting,
    against_choice,
    against_template,
    against_time,
    against_values,
)
from services.registry.domain.recipient_rows import HandRow, RowFault, read_rows
from services.registry.domain.recipients import (
    TO_MUNICIPALITIES,
    Audience,
    Recipient,
    recipients,
)
from services.registry.mailings.known import known_now
from services.registry.mailings.letters import template_of, variables_to_write
from services.registry.tables import Initiative, Mailing
from shared.events import Appointment, LetterKind
from shared.letters.plain import SWEDEN
from shared.letters.template import Template, check
from shared.municipalities import by_code, exact


@dataclass(frozen=True)
class Listing:
    """Who would get it now, who is left out, and the mark of both."""

    recipients: Sequence[Recipient]
    mark: str

    @property
    def letters(self) -> list[Recipient]:
        return [one for one in self.recipients if one.left_out is None]

    @property
    def left_out(self) -> list[Recipient]:
        return [one for one in self.recipients if one.left_out is not None]


def listing(session: Session, mailing: Mailing) -> Listing:
    """Who would get a draft if it were sent now."""
    rows, _ = rows_of(mailing.kind, mailing.by_hand)
    audience = Audience.of(mailing.audience)
    found = recipients(mailing.kind, mailing.initiatives, audience, rows, known_now(session))
    return Listing(found, _mark(found))


def faults_of(
    session: Session, mailing: Mailing, listed: Listing, leaves_at: datetime
) -> list[Fault]:
    """Return everything that keeps a draft from being sent."""
    wanted = about(chosen_initiatives(session, mailing.initiatives).values())
    template = Template(mailing.subject, mailing.heading, mailing.text)
    meeting = Appointment.model_validate(mailing.appointment) if mailing.appointment else None
    faults = against_choice(mailing.kind, wanted)
    faults += against_template(check(template, template_of(mailing.kind)))
    faults += against_values(variables_to_write(mailing.kind), mailing.said)
    faults += against_time(
        mailing.kind,
        wanted,
        Meeting(meeting.starts_at, meeting.ends_at) if meeting else None,
        f"{mailing.subject}\n{mailing.heading}\n{mailing.text}",
        leaves_at,
        leaves_at.astimezone(SWEDEN).date(),
    )
    faults += [row_fault(one) for one in rows_of(mailing.kind, mailing.by_hand)[1]]
    if not listed.letters:
        faults.append(Fault("nobody", "audience"))
    return faults


def rows_of(kind: LetterKind, text: str) -> tuple[list[HandRow], list[RowFault]]:
    """The recipients that staff typed, and what is wrong with the rows that are broken."""
    return read_rows(text, code_of, municipality_needed=kind in TO_MUNICIPALITIES)


def code_of(text: str) -> str | None:
    """The kommunkod of what stands for a municipality; None if it is none."""
    found = by_code(text) or exact(text)
    return found.code if found else None


def row_fault(fault: RowFault) -> Fault:
    """What is wrong with a row that staff typed, among what is wrong with the mailing."""
    return Fault(f"row_{fault.kind}", "by_hand", f"{fault.number}|{fault.said}")


def chosen_initiatives(session: Session, wanted: Sequence[str]) -> dict[str, Initiative]:
    """Those of them that there are, in the order in which they were defined."""
    found = session.exec(
        select(Initiative)
        .where(col(Initiative.id).in_(wanted))
        .order_by(col(Initiative.defined_at), col(Initiative.id))
    )
    return {one.id: one for one in found}


def about(initiatives: Iterable[Initiative]) -> list[About]:
    """The initiatives as the rules need them."""
    return [About(one.id, one.last_answer_day) for one in initiatives]


def _mark(found: Sequence[Recipient]) -> str:
    """Changes if anybody comes or goes, or gets a letter about something else."""
    told = [
        [one.address, one.municipality, list(one.initiatives), one.left_out or ""] for one in found
    ]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]
