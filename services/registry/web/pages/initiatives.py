"""Initiativ: what is offered, until when, and how it may be answered; each change seen first."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from starlette.responses import Response

from services.registry.admin.forms import kept_in
from services.registry.admin.initiatives import (
    Plan,
    RoundChanged,
    as_round,
    carry_out,
    foresee,
)
from services.registry.admin.round_file import read_round
from services.registry.domain.initiative import (
    RoundChangesOptions,
    RoundFault,
    RoundFile,
    WrongRound,
)
from services.registry.store.answers import InitiativeSummary
from services.registry.tables import Initiative
from services.registry.web import initiative_form
from services.registry.web.queries import summaries
from services.registry.web.roles import Permission
from services.registry.web.round_words import field_of, round_fault
from services.registry.web.routes import Pages
from services.registry.web.visit import NotFound, Visit, Visitor
from shared.municipalities import all_municipalities
from shared.outbox import now
from shared.own_form import CURRENT_VERSION

pages = Pages()

_MOST_FILE_BYTES = 300_000


@pages.get("/initiativ", Permission.SEE_ANSWERS)
def initiatives(visit: Visitor) -> Response:
    """All initiatives, round by round, the last one first."""
    with visit.read() as session:
        found = summaries(session)
        learned = Counter(form.initiative for form in kept_in(session) if form.in_force)
    rounds: dict[str, list[InitiativeSummary]] = {}
    for one in reversed(found):
        rounds.setdefault(one.round, []).insert(0, one)
    return visit.page(
        "initiatives.html", rounds=rounds, learned=learned, total=len(all_municipalities())
    )


@pages.get("/nytt-initiativ", Permission.MANAGE_ROUND)
def new(visit: Visitor) -> Response:
    """The form of a new initiative."""
    return _form(visit, None, initiative_form.proposed(None))


@pages.post("/nytt-initiativ", Permission.MANAGE_ROUND)
def add(visit: Visitor) -> Response:
    """Show what a new initiative will be; once that was seen, define it."""
    return _save(visit, None)


@pages.get("/initiativ/{initiative_id}", Permission.SEE_ANSWERS)
def initiative(visit: Visitor, initiative_id: str) -> Response:
    """One initiative: what is offered, its forms, and what has been changed."""
    with visit.read() as session:
        found = next((one for one in summaries(session) if one.id == initiative_id), None)
        row = session.get(Initiative, initiative_id)
        learned = [form for form in kept_in(session) if form.initiative == initiative_id]
    if found is None or row is None:
        raise NotFound
    return visit.page(
        "initiative.html",
        one=row,
        summary=found,
        learned=learned,
        own_version=CURRENT_VERSION,
        total=len(all_municipalities()),
    )


@pages.get("/initiativ/{initiative_id}/andra", Permission.MANAGE_ROUND)
def edit(visit: Visitor, initiative_id: str) -> Response:
    """The form by which an initiative is changed."""
    known = _known(visit, initiative_id)
    return _form(visit, known, initiative_form.proposed(known))


@pages.post("/initiativ/{initiative_id}/andra", Permission.MANAGE_ROUND)
def change(visit: Visitor, initiative_id: str) -> Response:
    """Show what a change would do; once that was seen, do it."""
    return _save(visit, _known(visit, initiative_id))


@pages.get("/las-in-omgang", Permission.MANAGE_ROUND)
def load_form(visit: Visitor) -> Response:
    """The form by which a round file is loaded."""
    return visit.page("round_load.html", faults_found=())


@pages.post("/las-in-omgang", Permission.MANAGE_ROUND, max_bytes=_MOST_FILE_BYTES)
def load(visit: Visitor) -> Response:
    """Show what a round file would do; once that was seen, do it: all of it, or nothing."""
    upload = visit.files.get("fil")
    # A browser sends text with other line endings than it got; YAML reads both alike.
    text = visit.form.get("innehall", "")
    data = upload.content if upload is not None else text.encode()
    if not data.strip():
        return _refused_file(visit, [RoundFault("no_file")])
    try:
        round_file = read_round(data)
        plan = foresee(visit.database, round_file, visit.site.zone)
    except WrongRound as error:
        return _refused_file(visit, error.faults)
    except RoundChangesOptions as error:
        return _refused_file(visit, [RoundFault("options_changed", error.initiative)])
    seen = visit.form.get("sedd", "")
    if seen and upload is None:
        stale = _carried_out(visit, round_file, seen)
        if not stale:
            return visit.see_other("/initiativ")
    shown = data.decode("utf-8-sig")
    return _plan(visit, plan, "/las-in-omgang", {"innehall": shown}, stale=bool(seen))


def _save(visit: Visit, known: Initiative | None) -> Response:
    fields = initiative_form.typed(visit.form)
    if known is not None:
        fields["id"] = known.id
    entry, faults = initiative_form.entry_in(fields)
    try:
        round_file = as_round(visit.database, entry, round=fields["omgang"])
        plan = foresee(visit.database, round_file, visit.site.zone)
    except WrongRound as error:
        return _form(visit, known, fields, [*faults, *error.faults])
    except RoundChangesOptions:
        kind = "options_changed" if known is not None else "id_taken"
        return _form(visit, known, fields, [RoundFault(kind)])
    if known is None and plan.changes[0].before is not None:
        faults.append(RoundFault("id_taken", "id"))
    if plan.does_nothing:
        faults.append(RoundFault("unchanged"))
    if faults:
        return _form(visit, known, fields, faults)
    action = f"/initiativ/{known.id}/andra" if known is not None else "/nytt-initiativ"
    seen = visit.form.get("sedd", "")
    if seen and not visit.form.get("tillbaka"):
        if not _carried_out(visit, round_file, seen):
            return visit.see_other(f"/initiativ/{fields['id']}")
        return _plan(visit, plan, action, fields, stale=True)
    if visit.form.get("tillbaka"):
        return _form(visit, known, fields)
    return _plan(visit, plan, action, fields)


def _carried_out(visit: Visit, round_file: RoundFile, seen: str) -> bool:
    """Do it, or return True if something was changed since it was seen."""
    try:
        carry_out(
            visit.database, round_file, seen, who=visit.user.name, now=now(), zone=visit.site.zone
        )
    except RoundChanged:
        return True
    visit.site.stir()
    return False


def _form(
    visit: Visit,
    known: Initiative | None,
    fields: dict[str, str],
    faults: Sequence[RoundFault] = (),
) -> Response:
    return visit.page(
        "initiative_form.html",
        status=422 if faults else 200,
        known=known,
        form=fields,
        faults_found=_in_words(faults),
        wrong={fault.place.partition(".")[0] for fault in faults},
    )


def _plan(
    visit: Visit, plan: Plan, action: str, fields: dict[str, str], *, stale: bool = False
) -> Response:
    return visit.page(
        "initiative_plan.html",
        status=409 if stale else 200,
        plan=plan,
        action=action,
        form=fields,
        stale=stale,
        field_of=field_of,
        day_of=date.fromisoformat,
    )


def _refused_file(visit: Visit, faults: Sequence[RoundFault]) -> Response:
    return visit.page("round_load.html", status=422, faults_found=_in_words(faults))


def _in_words(faults: Sequence[RoundFault]) -> list[tuple[str, str]]:
    """Where each fault is, and what it is."""
    return [(_where(fault), round_fault(fault)) for fault in faults]


def _where(fault: RoundFault) -> str:
    """The line and key of a file, or the name of the form's field."""
    if fault.line is None:
        return field_of(fault.place)
    return ", ".join(part for part in (f"Rad {fault.line}", fault.place) if part)


def _known(visit: Visit, initiative_id: str) -> Initiative:
    with visit.database.read() as session:
        found = session.get(Initiative, initiative_id)
    if found is None:
        raise NotFound
    return found
