"""Kommunregister: where each municipality is reached, and which mail domains are its own."""

from collections.abc import Sequence
from functools import cache

from starlette.responses import Response

from services.registry.admin.municipalities import (
    MunicipalityRow,
    RegisterChanged,
    RowFault,
    WrongMunicipalityFile,
    checked_row,
    export_csv,
    foresee_import,
    import_rows,
    parse,
    register_rows,
)
from services.registry.exports.table import TableFormat
from services.registry.web import queries
from services.registry.web.pages.exports import MEDIA_TYPES, saved_as, today
from services.registry.web.register_words import row_fault, shown_domain
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages
from services.registry.web.views import folded, municipality_name
from services.registry.web.visit import NotFound, Visit, Visitor
from shared.municipalities import (
    Municipality,
    all_municipalities,
    by_code,
    confusable_with,
    counties,
    display_name,
)
from shared.outbox import now

pages = Pages()

_SIZE = 100
_MOST_FILE_BYTES = 1_000_000
_LOAD = "/las-in-kommuner"


@pages.get("/kommunregister", Permission.SEE_ANSWERS)
def register(visit: Visitor) -> Response:
    """All 290, filtered by name, county, and whether an address is missing."""
    wanted, county = folded(visit.asked("namn")), visit.asked("lan")
    without = visit.asked("visa") == "saknas"
    with visit.read() as session:
        known = register_rows(session)
    found = [
        one
        for one in all_municipalities()
        if (not county or one.county == county)
        and (not wanted or wanted in folded(f"{one.name} {display_name(one)} {one.code}"))
        and not (without and one.code in known)
    ]
    return visit.page(
        "register.html",
        found=queries.sliced(found, visit.page_number(), _SIZE),
        known=known,
        missing=len(all_municipalities()) - len(known),
        without=without,
        counties=dict(sorted(counties().items(), key=lambda county: county[1])),
        named=display_name,
        near=_near,
        shown_domain=shown_domain,
    )


@pages.get("/kommunregister/{code}", Permission.MANAGE_ROUND)
def edit(visit: Visitor, code: str) -> Response:
    """The form by which one municipality's addresses are changed."""
    with visit.database.read() as session:
        row = register_rows(session).get(code)
    address = row.registrar_address if row else ""
    domains = " ".join(map(shown_domain, row.domains)) if row else ""
    return _edit(visit, _one(code), address, domains)


@pages.post("/kommunregister/{code}", Permission.MANAGE_ROUND)
def change(visit: Visitor, code: str) -> Response:
    """Show what a change would do; once that was seen, do it."""
    one = _one(code)
    address, domains = visit.form.get("adress", "").strip(), visit.form.get("domaner", "")
    try:
        row = checked_row(code, address, domains)
    except WrongMunicipalityFile as error:
        return _edit(visit, one, address, domains, error.faults)
    fields = {"adress": address, "domaner": domains}
    if visit.form.get("tillbaka"):
        return _edit(visit, one, address, domains)
    return _carry_out(visit, [row], f"/kommunregister/{code}", fields)


@pages.get(_LOAD, Permission.MANAGE_ROUND)
def load_form(visit: Visitor) -> Response:
    """The form by which a list is imported."""
    return visit.page("register_load.html", faults_found=())


@pages.post(_LOAD, Permission.MANAGE_ROUND, max_bytes=_MOST_FILE_BYTES)
def load(visit: Visitor) -> Response:
    """Show what an import would change; once that was seen, import all of it."""
    upload = visit.files.get("fil")
    data = upload.content if upload is not None else visit.form.get("innehall", "").encode()
    if not data.strip():
        return _refused(visit, [RowFault("no_file")])
    try:
        rows = parse(data)
    except WrongMunicipalityFile as error:
        return _refused(visit, error.faults)
    return _carry_out(visit, rows, _LOAD, {"innehall": data.decode("utf-8-sig")})


@pages.get("/export/kommunregister.csv", Permission.SEE_ANSWERS)
def export(visit: Visitor) -> Response:
    """The register, as the file that can be imported."""
    with visit.database.read() as session:
        content = export_csv(session)
    name = f"kommunregister-{today(visit):%Y-%m-%d}.csv"
    return Response(content, media_type=MEDIA_TYPES[TableFormat.CSV], headers=saved_as(name))


@cache
def _near(code: str) -> tuple[str, ...]:
    """The names that are easily taken for this municipality's; a page asks for a hundred."""
    return tuple(one.name for one in confusable_with(code))


def _carry_out(
    visit: Visit, rows: Sequence[MunicipalityRow], action: str, fields: dict[str, str]
) -> Response:
    seen, stale = visit.form.get("sedd", ""), False
    if seen:
        try:
            import_rows(visit.database, rows, seen, who=visit.user.name, now=now())
        except RegisterChanged:
            stale = True
        else:
            return visit.see_other("/kommunregister")
    with visit.read() as session:
        plan = foresee_import(session, rows)
        known = register_rows(session)
    if not plan.changes and action != _LOAD:
        one = _one(rows[0].municipality)
        return _edit(visit, one, fields["adress"], fields["domaner"], [RowFault("unchanged")])
    # As it will be: two that share a domain after the change are told.
    will_be = known | {row.municipality: row for row in rows}
    return visit.page(
        "register_plan.html",
        status=409 if stale else 200,
        plan=plan,
        stale=stale,
        action=action,
        form=fields,
        name=municipality_name,
        near=lambda code: [display_name(one) for one in confusable_with(code)],
        shared={
            change.after.municipality: _sharing(change.after, will_be) for change in plan.changes
        },
        shown_domain=shown_domain,
    )


def _sharing(row: MunicipalityRow, known: dict[str, MunicipalityRow]) -> list[tuple[str, str]]:
    """The domains that are others' too, each with whose."""
    return [
        (shown_domain(domain), municipality_name(other.municipality))
        for domain in row.domains
        for other in known.values()
        if other.municipality != row.municipality and domain in other.domains
    ]


def _edit(
    visit: Visit,
    one: Municipality,
    address: str,
    domains: str,
    faults: Sequence[RowFault] = (),
) -> Response:
    return visit.page(
        "register_edit.html",
        status=422 if faults else 200,
        one=one,
        name=display_name(one),
        near=[(near.code, display_name(near)) for near in confusable_with(one.code)],
        address=address,
        domains=domains,
        faults_found=[row_fault(fault)[1] for fault in faults],
        wrong={fault.column for fault in faults},
    )


def _refused(visit: Visit, faults: Sequence[RowFault]) -> Response:
    found = [row_fault(fault) for fault in faults]
    return visit.page("register_load.html", status=422, faults_found=found)


def _one(code: str) -> Municipality:
    found = by_code(code)
    if found is None:
        raise NotFound
    return found
