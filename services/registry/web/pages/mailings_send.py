"""Ett utskick som ska lämnas in: when it leaves, how fast, and what is left to do before it can."""

from starlette.responses import Response

from services.registry.domain.mailing import Fault, needs_approval
from services.registry.mailings import draft, flow
from services.registry.mailings.listing import faults_of, listing
from services.registry.mailings.preview import last_tested_to
from services.registry.tables import Initiative, Mailing, MailingStage
from services.registry.web import mailing_words
from services.registry.web.mailing_form import moment_in, pace_in
from services.registry.web.pages.mailings import draft_of, one_of, seen, status_of, to_change
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages
from services.registry.web.visit import Visit, Visitor
from shared.outbox import now

pages = Pages()


@pages.get("/utskick/{mailing_id}/skicka", Permission.ORDER_REMINDERS)
def ready(visit: Visitor, mailing_id: str) -> Response:
    """What is left to do before it can leave."""
    return _ready(visit, draft_of(visit, mailing_id), [])


@pages.post("/utskick/{mailing_id}/tid", Permission.ORDER_REMINDERS)
def schedule(visit: Visitor, mailing_id: str) -> Response:
    """Say when it leaves, and how fast."""
    one = to_change(visit, mailing_id)
    day, hour = visit.form.get("dag", ""), visit.form.get("klockan", "")
    send_at = moment_in(day, hour or "08:00", visit.site.zone) if day else None
    per_minute, read = pace_in(visit.form.get("takt", ""))
    per_domain, also_read = pace_in(visit.form.get("takt_doman", ""))
    faults = [] if read and also_read else [Fault("bad_pace", "takt")]
    if (day or hour) and send_at is None:
        faults.append(Fault("bad_time", "dag"))
    faults = faults or flow.set_pace(
        visit.database,
        one.id,
        send_at=send_at,
        per_minute=per_minute,
        per_domain=per_domain,
        who=visit.user.name,
        at=now(),
    )
    if faults:
        return _ready(visit, one, faults)
    return visit.see_other(f"/utskick/{one.id}/skicka")


@pages.post("/utskick/{mailing_id}/lamna-in", Permission.ORDER_REMINDERS)
def submit(visit: Visitor, mailing_id: str) -> Response:
    """Let it stand as it was seen: for a second person's yes, or, if it is small, send it."""
    one = to_change(visit, mailing_id)
    above = visit.site.printing.settings.registry.approve_mailings_above
    mark, version = visit.form.get("mottagare", ""), seen(visit)
    who, at = visit.user.name, now()
    faults = flow.submit(visit.database, one.id, version, mark, who=who, at=at, above=above)
    if faults:
        return _ready(visit, one_of(visit, mailing_id), faults)
    if one_of(visit, mailing_id).stage is MailingStage.APPROVED:
        flow.send(visit.database, one.id, version + 1, who=who, at=at)
    visit.site.stir()
    return visit.see_other(f"/utskick/{one.id}")


@pages.post("/utskick/{mailing_id}/ta-bort", Permission.ORDER_REMINDERS)
def discard(visit: Visitor, mailing_id: str) -> Response:
    """Throw a draft away."""
    one = to_change(visit, mailing_id)
    faults = draft.discard(visit.database, one.id, seen(visit), who=visit.user.name, at=now())
    return _ready(visit, one, faults) if faults else visit.see_other("/utskick")


def _ready(visit: Visit, one: Mailing, faults: list[Fault]) -> Response:
    if one.stage is not MailingStage.DRAFT:
        return visit.see_other(f"/utskick/{one.id}")
    at = now()
    with visit.read() as session:
        listed = listing(session, one)
        against = faults_of(session, one, listed, max(at, one.send_at or at))
        test_to = visit.form.get("till") or last_tested_to(session, visit.user.name)
        about = [session.get(Initiative, each) for each in one.initiatives]
    above = visit.site.printing.settings.registry.approve_mailings_above
    return visit.page(
        "mailing_send.html",
        status=status_of(faults),
        one=one,
        about=[each for each in about if each is not None],
        listed=listed,
        against=[mailing_words.fault(fault) for fault in against],
        large=needs_approval(len(listed.letters), above),
        above=above,
        send_at=one.send_at.astimezone(visit.site.zone) if one.send_at else None,
        test_to=test_to,
        tested=visit.asked("prov"),
        faults_found=[mailing_words.fault(fault) for fault in faults],
        mw=mailing_words,
    )
