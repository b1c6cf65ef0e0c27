"""Drift: how all services fare, what went wrong, having it tried again, and the proof."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from starlette.responses import Response

from services.registry.eventlog import note
from services.registry.reports import (
    OTHERS,
    SILENT_AFTER,
    Told,
    ask_for_proof,
    last_proof,
    latest,
    reports,
)
from services.registry.retry import NoSuchLetter, order_retry, retry_all, retry_letter
from services.registry.store.operations import (
    database_bytes,
    outbox_state,
    registered_mails,
    traffic,
    unsent,
)
from services.registry.store.queue import queue_counts
from services.registry.tables import ProofRow
from services.registry.web.concerns import BYTES_IN_GB
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages, RowNumber
from services.registry.web.visit import NotFound, Visit, Visitor
from shared.outbox import dead_letters, now
from shared.reporting import disk_of
from shared.reports import DiskReport, MailboxReport

pages = Pages()

_DAYS = 14
_MOST = 50
"""So many of the latest mails that did not leave."""
_FAULTS = 50


@pages.get("/drift", Permission.SEE_OPERATIONS)
def operations(visit: Visitor) -> Response:
    """All that the registry knows itself, and that the other services told."""
    return _page(visit)


@pages.post("/drift/ohanterade/forsok-igen", Permission.SEE_OPERATIONS)
def try_all_again(visit: Visitor) -> Response:
    """Have every event that could not be handled, by whichever service, handled once more."""
    retry_all(visit.database, who=visit.user.name, at=now())
    return _done(visit)


@pages.post("/drift/ohanterade/{number}/forsok-igen", Permission.SEE_OPERATIONS)
def try_again(visit: Visitor, number: RowNumber) -> Response:
    """Have one of ours handled once more."""
    try:
        done = retry_letter(visit.database, number, who=visit.user.name, at=now())
    except NoSuchLetter:
        raise NotFound from None
    return _done(visit) if done else _page(visit, status=409, too_late=True)


@pages.post("/drift/ohanterade/{service}/{number}/forsok-igen", Permission.SEE_OPERATIONS)
def order_again(visit: Visitor, service: str, number: RowNumber) -> Response:
    """Have one of another service handled once more by it."""
    if service not in OTHERS:
        raise NotFound
    done = order_retry(visit.database, service, number, who=visit.user.name, at=now())
    return _done(visit) if done else _page(visit, status=409, too_late=True)


@pages.post("/drift/bevis", Permission.SEE_OPERATIONS)
def prove_now(visit: Visitor) -> Response:
    """Ask for the proof that nothing is lost; who can see all services makes it."""
    with visit.database.write() as session:
        ask_for_proof(session, visit.user.name, now())
        note(session, at=now(), who=visit.user.name, what="proof.asked")
    return visit.see_other("/drift#bevis")


def _done(visit: Visit) -> Response:
    visit.site.stir()
    visit.site.operations.look_again()
    return visit.see_other("/drift")


def _page(visit: Visit, *, status: int = 200, too_late: bool = False) -> Response:
    at, zone = now(), visit.site.zone
    with visit.read() as session:
        letters = dead_letters(session)
        mails = unsent(session, at - timedelta(days=_DAYS), limit=_MOST)
        told = reports(session, at)
        others = {service: latest(told, service) for service in OTHERS}
        theirs = [
            (service, letter)
            for service, one in others.items()
            if one
            for letter in one.report.dead_letters
        ]
        named = [
            *(one.mail_id for one in letters),
            *(one.mail_id for one in mails),
            *(one.mail_id for _, one in theirs),
        ]
        known = registered_mails(session, [one for one in named if one is not None])
        waiting, queue = outbox_state(session), queue_counts(session)
        days = traffic(session, at.astimezone(zone).date(), zone, _DAYS)
        size = database_bytes(session)
        proof = last_proof(session)
    return visit.page(
        "operations.html",
        status=status,
        too_late=too_late,
        watched=visit.site.operations.watched(),
        told=told,
        others=others,
        mailboxes=_mailboxes(told),
        letters=letters,
        theirs=theirs,
        dead=len(letters) + sum(one.report.dead for one in others.values() if one),
        mails=mails,
        most=_MOST,
        known=known,
        waiting=waiting,
        queue=queue,
        days=days,
        database_bytes=size,
        disks=_disks(visit, told),
        warn_bytes=int(visit.site.settings.disk_warn_gb * BYTES_IN_GB),
        silent_after_s=int(SILENT_AFTER.total_seconds()),
        **_proof(proof),
    )


def _mailboxes(told: Sequence[Told]) -> list[tuple[MailboxReport, Told]]:
    """Each mailbox by who fetches it; by another only if nobody does."""
    found: dict[str, tuple[MailboxReport, Told]] = {}
    for one in sorted(told, key=lambda one: one.heard_at):
        for box in one.report.mailboxes:
            before = found.get(box.address)
            if before is None or not box.standby or before[0].standby:
                found[box.address] = (box, one)
    return [found[address] for address in sorted(found)]


def _disks(visit: Visit, told: Sequence[Told]) -> dict[str, DiskReport]:
    """The disk of each host's archive; the same folder on the same host once."""
    disks = {one.report.host: one.report.disk for one in told if one.report.disk}
    own = disk_of(visit.site.archive)
    if own is not None and own.folder not in [disk.folder for disk in disks.values()]:
        disks["registret"] = own
    return disks


def _proof(row: ProofRow | None) -> dict[str, Any]:
    """The last proof, with what breaks it, and whether one is being made."""
    made = row is not None and row.made_at is not None
    said = json.loads(row.body) if made and row is not None else {}
    asked = (
        row.asked_at
        if row is not None
        and row.asked_at is not None
        and (row.made_at is None or row.asked_at > row.made_at - timedelta(seconds=row.seconds))
        else None
    )
    faults = said.get("faults", [])
    return {
        "proof": row if made else None,
        "proven": said,
        "breaks": faults[:_FAULTS],
        "breaks_in_all": len(faults),
        "asked_at": asked,
    }
