"""Brevmallar: how each letter is worded, for all or for one initiative, and seen with real data."""

from collections.abc import Sequence
from typing import Final

from babel.dates import format_date
from starlette.responses import Response

from services.registry.mailings.letters import time_left
from services.registry.mailings.templates import (
    delivered,
    own_wording,
    own_wordings,
    reset,
    reword,
    wording_for,
)
from services.registry.store.answers import initiatives
from services.registry.tables import Initiative, LetterTemplate
from services.registry.web.pages.mailings_preview import letter_page
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages
from services.registry.web.views import initiatives_by_id
from services.registry.web.visit import NotFound, Visit, Visitor
from shared.identifiers import digest_of
from shared.letters.kinds import KINDS, TemplateName, examples_of, kind_of
from shared.letters.letter import Letter, as_html, as_text
from shared.letters.plain import SWEDEN
from shared.letters.template import Template, TemplateFault, render
from shared.letters.written import written
from shared.outbox import now

pages = Pages()

_CHANGED: Final = (
    "Någon annan har ändrat mallen sedan du öppnade sidan. Det du skrev står kvar. Jämför med "
    "mallen som den är nu innan du sparar igen."
)


@pages.get("/brevmallar", Permission.SEND_MAILINGS)
def templates(visit: Visitor) -> Response:
    """All letters that staff may word, and which of them are worded otherwise."""
    with visit.read() as session:
        own = own_wordings(session)
        known = initiatives_by_id(initiatives(session))
    return visit.page(
        "mailing_templates.html",
        kinds=KINDS,
        own={name: [one for one in own if one.name == name] for name in TemplateName},
        initiatives=known,
    )


@pages.get("/brevmallar/{name}", Permission.SEND_MAILINGS)
def template(visit: Visitor, name: str) -> Response:
    """One letter's template, as it is worded now."""
    known = _name(name)
    initiative = _initiative(visit, visit.asked("initiativ"))
    with visit.database.read() as session:
        shown = wording_for(session, known, [initiative.id] if initiative else [])
    return _page(visit, known, initiative, shown)


@pages.post("/brevmallar/{name}", Permission.SEND_MAILINGS)
def change(visit: Visitor, name: str) -> Response:
    """Word it otherwise; or name the line that is wrong, nothing lost."""
    known = _name(name)
    initiative = _initiative(visit, visit.form.get("initiativ", ""))
    typed = Template(
        visit.form.get("amne", "").strip(),
        visit.form.get("rubrik", "").strip(),
        "\n".join(visit.form.get("text", "").splitlines()).strip() + "\n",
    )
    chosen = initiative.id if initiative else ""
    if _mark(visit, known, chosen) != visit.form.get("sedd"):
        return _page(visit, known, initiative, typed, [_CHANGED], status=409)
    faults = reword(visit.database, known, chosen, typed, who=visit.user.name, at=now())
    if faults:
        return _page(visit, known, initiative, typed, _said(faults), status=422)
    return visit.see_other(_address(known, chosen) + ("&" if chosen else "?") + "sparad=ja")


@pages.post("/brevmallar/{name}/aterstall", Permission.SEND_MAILINGS)
def restore(visit: Visitor, name: str) -> Response:
    """Word it as delivered again, or as for all."""
    known = _name(name)
    initiative = _initiative(visit, visit.form.get("initiativ", ""))
    chosen = initiative.id if initiative else ""
    if _mark(visit, known, chosen) != visit.form.get("sedd"):
        with visit.database.read() as session:
            shown = wording_for(session, known, [chosen] if chosen else [])
        return _page(visit, known, initiative, shown, [_CHANGED], status=409)
    reset(visit.database, known, chosen, who=visit.user.name, at=now())
    return visit.see_other(_address(known, chosen))


@pages.get("/brevmallar/{name}/brev", Permission.SEND_MAILINGS)
def framed(visit: Visitor, name: str) -> Response:
    """A letter by the template as it is kept, as HTML for a frame."""
    known = _name(name)
    initiative = _initiative(visit, visit.asked("initiativ"))
    with visit.database.read() as session:
        shown = wording_for(session, known, [initiative.id] if initiative else [])
    return letter_page(as_html(_letter(visit, known, initiative, shown)))


def _page(
    visit: Visit,
    name: TemplateName,
    initiative: Initiative | None,
    shown: Template,
    faults: Sequence[str] = (),
    status: int = 200,
) -> Response:
    chosen = initiative.id if initiative else ""
    with visit.read() as session:
        row = own_wording(session, name, chosen)
        known = initiatives(session)
    return visit.page(
        "mailing_template.html",
        status=status,
        kind=kind_of(name),
        initiative=initiative,
        initiatives=list(reversed(known)),
        shown=shown,
        own=row,
        seen=visit.form.get("sedd") or _mark_of(row),
        plain="" if faults else as_text(_letter(visit, name, initiative, shown)),
        frame=f"/brevmallar/{name}/brev" + (f"?initiativ={chosen}" if chosen else ""),
        delivered=delivered(name),
        faults_found=faults,
        saved=bool(visit.asked("sparad")),
    )


def _letter(
    visit: Visit, name: TemplateName, initiative: Initiative | None, shown: Template
) -> Letter:
    """A letter with the values of an initiative, as far as it has them, and else with examples."""
    office = visit.site.printing.office
    values = examples_of(name) | {
        "svarsadress": office.answers_address,
        "frågor_till": office.questions_address,
    }
    if initiative is not None:
        last_day, today = initiative.last_answer_day, now().astimezone(SWEDEN).date()
        values |= {
            "initiativ": initiative.name,
            "initiativen": f"- {initiative.name}",
            "antal_initiativ": "ett initiativ",
            "sista_svarsdag": format_date(last_day, "d MMMM y", locale="sv"),
            "tid_kvar": time_left(today, last_day) or values.get("tid_kvar", ""),
        }
    worded = render(shown, name, values)
    return written(
        subject=worded.subject,
        heading=worded.heading,
        text=worded.text,
        signature=(office.organisation,),
    )


def _mark(visit: Visit, name: TemplateName, initiative: str) -> str:
    with visit.database.read() as session:
        return _mark_of(own_wording(session, name, initiative))


def _mark_of(row: LetterTemplate | None) -> str:
    """Changes with every change of the wording."""
    said = f"{row.subject}\n{row.heading}\n{row.text}" if row is not None else ""
    return digest_of(said.encode())[:16]


def _said(faults: Sequence[TemplateFault]) -> list[str]:
    return [fault.message for fault in faults]


def _address(name: TemplateName, initiative: str) -> str:
    return f"/brevmallar/{name}" + (f"?initiativ={initiative}" if initiative else "")


def _name(asked: str) -> TemplateName:
    if asked not in set(TemplateName):
        raise NotFound
    return TemplateName(asked)


def _initiative(visit: Visit, asked: str) -> Initiative | None:
    if not asked:
        return None
    with visit.database.read() as session:
        found = session.get(Initiative, asked)
    if found is None:
        raise NotFound
    return found
