"""Brevmallar: how each letter is worded, for all or for one initiative, and seen with real data."""

from collections.abc import Sequence
from typing import Final

from starlette.responses import Response

from services.registry.mailings.templates import (
    AnyName,
    ChangedMeanwhile,
    delivered,
    faults_in,
    history_of,
    mark_of,
    own_wording,
    own_wordings,
    reset,
    reword,
    template_in,
    wording_for,
)
from services.registry.store.answers import initiatives
from services.registry.tables import Initiative, LetterTemplate
from services.registry.web.letter_shown import GROUPS, ShownLetter, describe, letter_by
from services.registry.web.pages.mailings_preview import letter_page
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages
from services.registry.web.views import initiatives_by_id
from services.registry.web.visit import NotFound, Visit, Visitor
from shared.letters.kinds import KINDS, TemplateName
from shared.letters.letter import as_html, as_text
from shared.letters.parts import PARTS, PartName
from shared.letters.template import Template, TemplateFault
from shared.letters.wordings import FOR_ALL
from shared.outbox import now

pages = Pages()

_ORDERED: Final = ("Brev som ni beställer", "Utskick, och brev som följer av det ni gör.")
_CHANGED: Final = (
    "Någon annan har ändrat mallen sedan du öppnade sidan. Det du skrev står kvar. Jämför med "
    "mallen som den är nu innan du sparar igen."
)

_ONE_FOR_ALL: Final = "Mallen har numera en enda ordalydelse, för alla initiativ."


@pages.get("/brevmallar", Permission.SEND_MAILINGS)
def templates(visit: Visitor) -> Response:
    """All letters that staff may word, and which of them are worded otherwise."""
    with visit.read() as session:
        own = own_wordings(session)
        known = initiatives_by_id(initiatives(session))
    parts = [
        (group.title, group.said, [describe(part.name) for part in PARTS if part.group is key])
        for key, group in GROUPS.items()
    ]
    return visit.page(
        "mailing_templates.html",
        groups=[(*_ORDERED, [describe(kind.name) for kind in KINDS]), *parts],
        own={name: [one for one in own if one.name == name] for name in _NAMES},
        unusable={(one.name, one.initiative): _unusable(one) for one in own},
        initiatives=known,
    )


@pages.get("/brevmallar/{name}", Permission.SEND_MAILINGS)
def template(visit: Visitor, name: str) -> Response:
    """One letter's template, as it is worded now."""
    known = _name(name)
    initiative = _initiative(visit, known, visit.asked("initiativ"), kept=True)
    with visit.database.read() as session:
        shown = wording_for(session, known, [initiative.id] if initiative else [])
    return _page(visit, known, initiative, shown)


@pages.post("/brevmallar/{name}", Permission.SEND_MAILINGS)
def change(visit: Visitor, name: str) -> Response:
    """Word it otherwise; or name the line that is wrong, nothing lost."""
    known = _name(name)
    initiative = _initiative(visit, known, visit.form.get("initiativ", ""))
    typed = _typed(visit)
    chosen = initiative.id if initiative else FOR_ALL
    seen, who = visit.form.get("sedd", ""), visit.user.name
    try:
        faults = reword(visit.database, known, chosen, typed, seen, who=who, at=now())
    except ChangedMeanwhile:
        return _page(visit, known, initiative, typed, [_CHANGED], status=409)
    if faults:
        return _page(visit, known, initiative, typed, _said(faults), status=422)
    visit.site.stir()
    return visit.see_other(_address(known, chosen) + ("&" if chosen else "?") + "sparad=ja")


@pages.post("/brevmallar/{name}/aterstall", Permission.SEND_MAILINGS)
def restore(visit: Visitor, name: str) -> Response:
    """Word it as delivered again, or as for all."""
    known = _name(name)
    initiative = _initiative(visit, known, visit.form.get("initiativ", ""), kept=True)
    chosen = initiative.id if initiative else FOR_ALL
    seen, who = visit.form.get("sedd", ""), visit.user.name
    try:
        reset(visit.database, known, chosen, seen, who=who, at=now())
    except ChangedMeanwhile:
        with visit.database.read() as session:
            shown = wording_for(session, known, [chosen] if chosen else [])
        return _page(visit, known, initiative, shown, [_CHANGED], status=409)
    visit.site.stir()
    return visit.see_other(_address(known, chosen if describe(known).of_initiative else FOR_ALL))


@pages.get("/brevmallar/{name}/brev", Permission.SEND_MAILINGS)
def framed(visit: Visitor, name: str) -> Response:
    """A letter by the template as it is kept, as HTML for a frame."""
    known = _name(name)
    initiative = _initiative(visit, known, visit.asked("initiativ"))
    with visit.database.read() as session:
        shown = wording_for(session, known, [initiative.id] if initiative else [])
        letter = letter_by(session, known, initiative, shown, visit.site.printing.office).letter
    return letter_page(as_html(letter))


@pages.post("/brevmallar/{name}/brev", Permission.SEND_MAILINGS)
def tried(visit: Visitor, name: str) -> Response:
    """A letter by what is typed and not saved, for the same frame; or what is wrong with it."""
    known = _name(name)
    initiative = _initiative(visit, known, visit.form.get("initiativ", ""))
    typed = _typed(visit)
    faults = faults_in(typed, known)
    if faults:
        return _not_usable(visit, _said(faults))
    office = visit.site.printing.office
    with visit.database.read() as session:
        shown = letter_by(session, known, initiative, typed, office, typed=True)
    if shown.refused:
        return _not_usable(visit, [shown.refused], instead=as_text(shown.letter))
    return letter_page(as_html(shown.letter))


def _page(
    visit: Visit,
    name: AnyName,
    initiative: Initiative | None,
    shown: Template,
    faults: Sequence[str] = (),
    status: int = 200,
) -> Response:
    chosen, kind = initiative.id if initiative else FOR_ALL, describe(name)
    former = initiative is not None and not kind.of_initiative
    with visit.read() as session:
        row = own_wording(session, name, chosen)
        known = initiatives(session)
        history = history_of(session, name)
        letter: ShownLetter | None = None
        if not faults and not former:
            letter = letter_by(session, name, initiative, shown, visit.site.printing.office)
    return visit.page(
        "mailing_template.html",
        status=status,
        kind=kind,
        former=former,
        initiative=initiative,
        initiatives=list(reversed(known)),
        names={one.id: one.name for one in known},
        shown=shown,
        own=row,
        unusable=_unusable(row) if row is not None else "",
        # Who is told that somebody else has changed it sees what it is now, beside what they wrote.
        seen=visit.form.get("sedd") if status == 422 else mark_of(row),
        letter=letter,
        plain=as_text(letter.letter) if letter else "",
        frame=f"/brevmallar/{name}/brev" + (f"?initiativ={chosen}" if chosen else ""),
        delivered=delivered(name),
        faults_found=faults,
        saved=bool(visit.asked("sparad")),
        history=history,
    )


def _not_usable(visit: Visit, why: Sequence[str], instead: str = "") -> Response:
    """Say so in the frame, and what leaves `instead`, if anything does."""
    values = {"faults": why, "instead": instead}
    return letter_page(visit.site.renderer.render("mailing_template_faults.html", values))


def _typed(visit: Visit) -> Template:
    return Template(
        visit.form.get("amne", "").strip(),
        visit.form.get("rubrik", "").strip(),
        "\n".join(visit.form.get("text", "").splitlines()).strip() + "\n",
    )


def _unusable(row: LetterTemplate) -> str:
    """Why what staff once wrote is not used; empty if it is."""
    if row.initiative and row.name in _NAMES and not describe(_NAMES[row.name]).of_initiative:
        return _ONE_FOR_ALL
    faults = faults_in(template_in(row), _NAMES[row.name]) if row.name in _NAMES else ()
    return faults[0].message if faults else row.refused_why


def _said(faults: Sequence[TemplateFault]) -> list[str]:
    return [fault.message for fault in faults]


def _address(name: AnyName, initiative: str) -> str:
    return f"/brevmallar/{name}" + (f"?initiativ={initiative}" if initiative else "")


def _name(asked: str) -> AnyName:
    if asked not in _NAMES:
        raise NotFound
    return _NAMES[asked]


def _initiative(
    visit: Visit, name: AnyName, asked: str, *, kept: bool = False
) -> Initiative | None:
    """The initiative whose words are asked for; `kept` also where it may have none any more."""
    if not asked:
        return None
    with visit.database.read() as session:
        found = session.get(Initiative, asked)
        has_words = kept and own_wording(session, name, asked) is not None
    if found is None or not (describe(name).of_initiative or has_words):
        raise NotFound
    return found


_NAMES: Final[dict[str, AnyName]] = {name.value: name for name in (*TemplateName, *PartName)}
