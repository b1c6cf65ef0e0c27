"""Lär in en blankett: upload it, point at its fields, look at what came of it, take it into use."""

from collections.abc import Callable
from datetime import timedelta

from starlette.responses import JSONResponse, Response

from services.registry import drafts
from services.registry.admin.forms import WrongForm
from services.registry.drafts import (
    MOST_BLANK_BYTES,
    DraftChanged,
    DraftState,
    NoSuchDraft,
    WrongDraft,
    state_of,
)
from services.registry.store.answers import initiatives
from services.registry.tables import FormDraft, Initiative
from services.registry.web.blank_places import Place, places_on
from services.registry.web.field_words import PLACES, blank_fault, field_fault, field_label
from services.registry.web.pages.forms import png
from services.registry.web.pointing import SIDES, area_in, next_to_point, wanted_fields
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages, RowNumber
from services.registry.web.visit import NotFound, Visit, Visitor
from shared.archive import Area
from shared.blank import BlankSurveyed, PageSurveyed
from shared.outbox import now

pages = Pages()

_SLOW = timedelta(seconds=20)
"""When the reader has not answered for this long, the page offers to ask again."""
_FORM_ROOM = 100_000
_HERE = "/blanketter/utkast/{draft_id}"


@pages.get("/blanketter/ny", Permission.MANAGE_ROUND)
def new(visit: Visitor) -> Response:
    """The form by which a blank is uploaded."""
    return _new(visit)


@pages.post("/blanketter/ny", Permission.MANAGE_ROUND, max_bytes=MOST_BLANK_BYTES + _FORM_ROOM)
def upload(visit: Visitor) -> Response:
    """Keep a blank and have it looked at."""
    file = visit.files.get("fil")
    if file is None:
        return _new(visit, "no_file")
    try:
        draft_id = drafts.begin(
            visit.database,
            visit.site.archive,
            visit.form.get("initiativ", ""),
            file.content,
            file.name,
            who=visit.user.name,
            at=now(),
        )
    except WrongDraft as error:
        return _new(visit, error.fault)
    visit.site.stir()
    return visit.see_other(f"/blanketter/utkast/{draft_id}")


@pages.get(_HERE, Permission.MANAGE_ROUND)
def draft(visit: Visitor, draft_id: str) -> Response:
    """A draft as it stands: waiting, to be pointed at, or to be confirmed."""
    return _page(visit, draft_id)


@pages.get(_HERE + "/lage", Permission.MANAGE_ROUND)
def standing(visit: Visitor, draft_id: str) -> Response:
    """The revision, for a page that waits for the reader."""
    return JSONResponse({"revision": _found(visit, draft_id).revision})


@pages.get(_HERE + "/sida/{number}", Permission.MANAGE_ROUND)
def page_picture(visit: Visitor, draft_id: str, number: RowNumber) -> Response:
    """The picture of one page of the blank."""
    found = _found(visit, draft_id).pages
    if not 1 <= number <= len(found):
        raise NotFound
    return png(visit, found[number - 1]["picture"])


@pages.get(_HERE + "/forhandsbild/{digest}", Permission.MANAGE_ROUND)
def preview(visit: Visitor, draft_id: str, digest: str) -> Response:
    """The page with the fields drawn on it, as the reader understood them."""
    if _found(visit, draft_id).preview != digest:
        raise NotFound
    return png(visit, digest)


@pages.post(_HERE + "/falt", Permission.MANAGE_ROUND)
def point(visit: Visitor, draft_id: str) -> Response:
    """Say where one field is, or take one back."""
    found = _found(visit, draft_id)
    initiative = _initiative(visit, found)
    names = [one.name for one in wanted_fields(initiative)]
    field, removed = visit.form.get("falt", ""), visit.form.get("ta_bort", "")
    if removed:
        return _done(
            visit,
            draft_id,
            f"?falt={removed}#peka",
            lambda seen: drafts.point(visit.database, draft_id, seen, {removed: None}),
        )
    page = _surveyed(visit, found)
    if field not in names or page is None:
        raise NotFound
    area = area_in(visit.form, places_on(page), page.width_mm, page.height_mm)
    if area is None:
        return _page(visit, draft_id, refused="bad_place", status=422)
    pointed = {**found.fields, field: ()}
    following = next_to_point(wanted_fields(initiative), pointed, field)
    return _done(
        visit,
        draft_id,
        f"?falt={following}#peka",
        lambda seen: drafts.point(visit.database, draft_id, seen, {field: area}),
    )


@pages.post(_HERE + "/sida", Permission.MANAGE_ROUND)
def turn(visit: Visitor, draft_id: str) -> Response:
    """Say which page of the blank is the form."""
    chosen = visit.form.get("sida", "")
    number = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 4 else 0
    return _done(
        visit, draft_id, "", lambda seen: drafts.turn_to(visit.database, draft_id, seen, number)
    )


@pages.post(_HERE + "/las", Permission.MANAGE_ROUND)
def ask(visit: Visitor, draft_id: str) -> Response:
    """Have the reader make a form of the fields."""
    return _done(
        visit, draft_id, "", lambda seen: drafts.ask(visit.database, draft_id, seen, at=now())
    )


@pages.post(_HERE + "/igen", Permission.MANAGE_ROUND)
def ask_again(visit: Visitor, draft_id: str) -> Response:
    """Ask the reader once more what it has not answered."""
    return _done(
        visit, draft_id, "", lambda seen: drafts.ask_again(visit.database, draft_id, seen, at=now())
    )


@pages.post(_HERE + "/avbryt", Permission.MANAGE_ROUND)
def cancel(visit: Visitor, draft_id: str) -> Response:
    """End a draft."""
    try:
        drafts.cancel(visit.database, draft_id, _seen(visit), who=visit.user.name, at=now())
    except NoSuchDraft:
        raise NotFound from None
    except DraftChanged:
        return _page(visit, draft_id, refused="changed", status=409)
    return visit.see_other("/blanketter")


@pages.post(_HERE + "/ta-i-bruk", Permission.MANAGE_ROUND)
def confirm(visit: Visitor, draft_id: str) -> Response:
    """Take the form into use: scans are read by it from now on."""
    try:
        version = drafts.confirm(
            visit.database,
            draft_id,
            _seen(visit),
            unnamed=visit.form.get("utan_namn") == "ja",
            who=visit.user.name,
            at=now(),
        )
    except NoSuchDraft:
        raise NotFound from None
    except DraftChanged:
        return _page(visit, draft_id, refused="changed", status=409)
    except WrongForm:
        return _page(visit, draft_id, refused="learned_for_another", status=409)
    except WrongDraft as error:
        return _page(visit, draft_id, refused=error.fault, status=422)
    visit.site.stir()
    return visit.see_other(f"/blanketter/larda/{_found(visit, draft_id).initiative}/{version}")


def _done(visit: Visit, draft_id: str, then: str, change: Callable[[int], None]) -> Response:
    """Change the draft as it was when the form was shown, and lead back to its page."""
    try:
        change(_seen(visit))
    except NoSuchDraft:
        raise NotFound from None
    except DraftChanged:
        return _page(visit, draft_id, refused="changed", status=409)
    visit.site.stir()
    return visit.see_other(f"/blanketter/utkast/{draft_id}{then}")


def _new(visit: Visit, fault: str = "") -> Response:
    with visit.read() as session:
        offered = initiatives(session)
    return visit.page(
        "blank_new.html",
        status=422 if fault else 200,
        fault=blank_fault(fault) if fault else "",
        initiatives=offered,
        chosen=visit.form.get("initiativ", "") or visit.asked("initiativ"),
    )


def _page(visit: Visit, draft_id: str, refused: str = "", status: int = 200) -> Response:
    found = _found(visit, draft_id)
    initiative, state = _initiative(visit, found), state_of(found)
    page = _surveyed(visit, found) if state in (DraftState.POINTING, DraftState.PROPOSED) else None
    wanted = wanted_fields(initiative)
    chosen = visit.form.get("falt", "") or visit.asked("falt")
    if chosen not in [one.name for one in wanted]:
        chosen = next_to_point(wanted, found.fields, "")
    with visit.read() as session:
        named = drafts.naming_of(session, found) if state is DraftState.PROPOSED else None
    return visit.page(
        "blank_draft.html",
        status=status,
        draft=found,
        state=state.value,
        initiative=initiative,
        refused=refused,
        slow=found.asked_at is not None and now() - found.asked_at > _SLOW,
        fault=blank_fault(found.fault) if found.fault else "",
        page=page,
        places=[] if page is None else [(one, _named(one)) for one in places_on(page)],
        wanted=wanted,
        chosen=chosen,
        sides=_sides(visit, found, chosen),
        field_faults={one["field"]: field_fault(one) for one in reversed(found.faults)},
        label=lambda name: field_label(name, initiative.options),
        at=lambda name: _at(found.fields[name]),
        named=named,
    )


def _sides(visit: Visit, found: FormDraft, chosen: str) -> dict[str, str]:
    """The millimetres as typed, or as they are kept."""
    kept = found.fields.get(chosen)
    return {
        side: visit.form.get(side, "") or (f"{kept[place]:g}" if kept else "")
        for place, side in enumerate(SIDES)
    }


def _at(sides: list[float]) -> str:
    """A field's place in words: where it begins, and how large it is."""
    left, top, width, height = (f"{side:g}".replace(".", ",") for side in sides)
    return f"{left}; {top} mm, {width} × {height} mm"


def _named(place: Place) -> str:
    at = f"{place.area.left_mm:.0f}, {place.area.top_mm:.0f} mm"
    near = f" vid ”{place.near}”" if place.near else ""
    return f"{PLACES[place.kind]}{near} ({at})"


def _seen(visit: Visit) -> int:
    seen = visit.form.get("sedd", "")
    return int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else 0


def _found(visit: Visit, draft_id: str) -> FormDraft:
    with visit.database.read() as session:
        found = session.get(FormDraft, draft_id)
    if found is None:
        raise NotFound
    return found


def _initiative(visit: Visit, found: FormDraft) -> Initiative:
    with visit.database.read() as session:
        return session.get_one(Initiative, found.initiative)


def _surveyed(visit: Visit, found: FormDraft) -> PageSurveyed | None:
    """What was found on the page that is the form."""
    if found.survey is None:
        return None
    data = visit.site.archive.get(found.survey, Area.DERIVED)
    return BlankSurveyed.model_validate_json(data).pages[found.page - 1]
