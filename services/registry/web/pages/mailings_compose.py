"""Ett utskick som utkast: who gets it, what it says, who is left out, when it leaves."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final

from starlette.responses import Response

from services.registry.domain.mailing import Fault
from services.registry.domain.recipients import TO_MUNICIPALITIES, RecipientRole
from services.registry.mailings import draft
from services.registry.mailings.letters import KINDS, template_of, variables_to_write
from services.registry.mailings.listing import listing
from services.registry.mailings.templates import wording_for
from services.registry.store.answers import initiatives
from services.registry.tables import Initiative, Mailing
from services.registry.web import mailing_form, mailing_words
from services.registry.web.pages.mailings import draft_of, may_change, seen, status_of, to_change
from services.registry.web.queries import sliced
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages
from services.registry.web.views import folded, municipality_name
from services.registry.web.visit import Visit, Visitor
from shared.events import LetterKind
from shared.letters.kinds import variables_of
from shared.municipalities import counties
from shared.outbox import now

pages = Pages()

_MOST_FILE_BYTES: Final = 3_000_000
_ROWS: Final = 100


@pages.get("/nytt-utskick", Permission.ORDER_REMINDERS)
def new(visit: Visitor) -> Response:
    """Which kind of letter, and about what."""
    return _new(visit, "", [])


@pages.post("/nytt-utskick", Permission.ORDER_REMINDERS)
def begin(visit: Visitor) -> Response:
    """Begin a draft."""
    asked = visit.form.get("slag", "")
    if asked not in {kind.value for kind in KINDS}:
        return _new(visit, "", [Fault("no_kind")])
    kind = LetterKind(asked)
    if not may_change(visit, kind):
        return _new(visit, asked, [Fault("not_yours")])
    chosen, _ = mailing_form.chosen_in(visit.form, None)
    made = draft.begin(visit.database, kind, chosen.initiatives, who=visit.user.name, at=now())
    return visit.see_other(f"/utskick/{made.id}/vilka")


@pages.get("/utskick/{mailing_id}/vilka", Permission.ORDER_REMINDERS)
def who(visit: Visitor, mailing_id: str) -> Response:
    """The form that says who gets it."""
    one = draft_of(visit, mailing_id)
    return _who(visit, one, mailing_form.chosen_fields(one), [])


@pages.post("/utskick/{mailing_id}/vilka", Permission.ORDER_REMINDERS, max_bytes=_MOST_FILE_BYTES)
def choose(visit: Visitor, mailing_id: str) -> Response:
    """Say who gets it; or say what forbids it, nothing lost."""
    one = to_change(visit, mailing_id)
    chosen, faults = mailing_form.chosen_in(visit.form, visit.files.get("fil"))
    faults = faults or draft.choose(
        visit.database, one.id, seen(visit), chosen, who=visit.user.name, at=now()
    )
    if not faults:
        return visit.see_other(f"/utskick/{one.id}/text")
    return _who(visit, one, dict(visit.form) | {"for_hand": chosen.by_hand}, faults)


@pages.get("/utskick/{mailing_id}/text", Permission.ORDER_REMINDERS)
def text(visit: Visitor, mailing_id: str) -> Response:
    """The form that says what it says."""
    one = draft_of(visit, mailing_id)
    return _text(visit, one, mailing_form.worded_fields(one, visit.site.zone), [])


@pages.post("/utskick/{mailing_id}/text", Permission.ORDER_REMINDERS)
def word(visit: Visitor, mailing_id: str) -> Response:
    """Say what it says; or name the line that is wrong, nothing lost."""
    one = to_change(visit, mailing_id)
    if visit.form.get("mallens"):
        with visit.database.read() as session:
            template = wording_for(session, template_of(one.kind), one.initiatives)
        fields = {"amne": template.subject, "rubrik": template.heading, "text": template.text}
        return _text(visit, one, dict(visit.form) | fields, [], restored=True)
    wording, faults = mailing_form.worded_in(one, visit.form, visit.site.zone)
    faults = faults or draft.word(
        visit.database, one.id, seen(visit), wording, who=visit.user.name, at=now()
    )
    if not faults:
        return visit.see_other(f"/utskick/{one.id}/mottagare")
    return _text(visit, one, dict(visit.form), faults)


@pages.get("/utskick/{mailing_id}/mottagare", Permission.ORDER_REMINDERS)
def recipients(visit: Visitor, mailing_id: str) -> Response:
    """Who would get it now, and who is left out, each with the reason."""
    one = draft_of(visit, mailing_id)
    with visit.read() as session:
        listed = listing(session, one)
    left_out = visit.asked("visa") == "utelamnade"
    words, why = folded(visit.asked("sok")), visit.asked("varfor") if left_out else ""
    found = [
        each
        for each in (listed.left_out if left_out else listed.letters)
        if (not words or words in folded(f"{each.address} {each.name} {each.municipality}"))
        and (not why or each.left_out == why)
    ]
    return visit.page(
        "mailing_recipients.html",
        one=one,
        rows=sliced(found, visit.page_number(), _ROWS),
        letters=len(listed.letters),
        without=len(listed.left_out),
        left_out=left_out,
        reasons=Counter(each.left_out for each in listed.left_out).most_common(),
        why=why,
        municipality_name=municipality_name,
        mw=mailing_words,
    )


def _new(visit: Visit, kind: str, faults: Sequence[Fault]) -> Response:
    with visit.read() as session:
        found = initiatives(session)
    return visit.page(
        "mailing_new.html",
        status=422 if faults else 200,
        kinds=[one for one in KINDS if may_change(visit, one)],
        chosen=kind,
        initiatives=list(reversed(found)),
        form=defaultdict(str, visit.form),
        faults_found=[mailing_words.fault(one) for one in faults],
        mw=mailing_words,
    )


def _who(visit: Visit, one: Mailing, form: dict[str, str], faults: list[Fault]) -> Response:
    with visit.read() as session:
        found = list(reversed(initiatives(session)))
    return visit.page(
        "mailing_who.html",
        status=status_of(faults),
        one=one,
        form=defaultdict(str, form),
        initiatives=found,
        options=_options(found, one.initiatives),
        counties_chosen=any(key.startswith(mailing_form.COUNTY) for key in form),
        counties=dict(sorted(counties().items(), key=lambda county: county[1])),
        roles=_roles(one.kind),
        to_municipalities=one.kind in TO_MUNICIPALITIES,
        alone=one.kind is LetterKind.UPDATE,
        faults_found=[mailing_words.fault(fault) for fault in faults],
        wrong={fault.field for fault in faults},
        mw=mailing_words,
    )


def _text(
    visit: Visit, one: Mailing, form: dict[str, str], faults: list[Fault], *, restored: bool = False
) -> Response:
    return visit.page(
        "mailing_text.html",
        status=status_of(faults),
        one=one,
        form=defaultdict(str, form),
        to_write=variables_to_write(one.kind),
        variables=variables_of(template_of(one.kind)),
        invitation=one.kind is LetterKind.INVITATION,
        restored=restored,
        faults_found=[mailing_words.fault(fault) for fault in faults],
        wrong={fault.field for fault in faults},
        mw=mailing_words,
    )


def _options(found: Sequence[Initiative], chosen: Sequence[str]) -> dict[str, str]:
    """The answers that can be chosen among, each with what the initiatives call it."""
    labels: dict[str, list[str]] = {}
    for one in found:
        if not chosen or one.id in chosen:
            for key, label in one.options.items():
                labels.setdefault(key, [])
                if label not in labels[key]:
                    labels[key].append(label)
    return {key: " / ".join(said) for key, said in labels.items()}


def _roles(kind: LetterKind) -> list[RecipientRole]:
    if kind in TO_MUNICIPALITIES:
        return [RecipientRole.REGISTRAR]
    return [RecipientRole.NAMED, RecipientRole.ADDED, RecipientRole.REGISTRAR]
