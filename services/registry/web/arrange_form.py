"""The form in which a registrar arranges pages: what stands in it, and the plan it amounts to.

Each page has three fields, named after it: `till` which document it goes to, `plats` where in it,
`vrid` how it is turned. Each document has one, `las`: as what it is read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.registry.admin.forms import KeptForm
from services.registry.domain.arrangement import (
    MOST_PAGES,
    NOWHERE,
    PageId,
    Placing,
    Plan,
    Wish,
)
from services.registry.store.arrangements import Arrangeable
from services.registry.tables import Initiative
from services.registry.web.arrange_words import READ_AS
from services.registry.web.views import Image
from shared.events import PageImage, ReadAs, Turn


@dataclass(frozen=True)
class Card:
    """One page as it is shown: where it stands now, and where it is to go."""

    key: str
    image: Image | None
    label: str
    placing: Placing


@dataclass(frozen=True)
class Group:
    """One document to be; `number` NOWHERE is for the pages that belong to none."""

    number: int
    cards: Sequence[Card]
    read_as: str
    unchanged: bool


def plan_in(form: Mapping[str, str], from_document: str) -> Plan:
    """Return the plan that the form amounts to; a page whose document is no number that there can
    be is placed nowhere."""
    placed = {
        page: Placing(document, _number(form.get(f"plats.{key}", "")) or 0, _turn(form, key))
        for name in form
        if name.startswith("till.")
        and (page := _page(key := name.removeprefix("till."))) is not None
        and (document := _number(form[name])) is not None
        and document <= MOST_PAGES
    }
    wishes = {
        number: _wish(form[name])
        for name in form
        if name.startswith("las.") and (number := _number(name.removeprefix("las."))) is not None
    }
    return Plan(placed, wishes, from_document)


def first_plan(waiting: Sequence[Arrangeable], from_document: str) -> Plan:
    """Return the plan that leaves everything as it is."""
    return Plan(
        {
            page: Placing(number, place)
            for number, one in enumerate(waiting, start=1)
            for place, page in enumerate(one.as_waiting().pages, start=1)
        },
        {},
        from_document,
    )


def groups(plan: Plan, waiting: Sequence[Arrangeable], filenames: Mapping[int, str]) -> list[Group]:
    """Return the documents as the plan has them, an empty one, and the pages left out, in order.

    A page that the plan does not place stands where it is now.
    """
    cards: dict[int, list[Card]] = {}
    placed = {**first_plan(waiting, plan.from_document).placed, **plan.placed}
    for one in waiting:
        for page in one.reading.pages:
            placing = placed[PageId(page.part, page.source_page)]
            cards.setdefault(placing.document, []).append(_card(one, page, placing, filenames))
    used = [number for number in cards if number > 0]
    last = max(
        [*used, *(number for number, wish in plan.wishes.items() if wish != Wish())], default=0
    )
    numbers = [*range(1, last + 2), NOWHERE]
    shown = {one.as_waiting().pages for one in waiting}
    found = []
    for number in numbers:
        held = sorted(cards.get(number, []), key=lambda card: card.placing.place)
        wish = plan.wishes.get(number, Wish())
        pages = tuple(_page(card.key) for card in held)
        turned = any(card.placing.turn for card in held)
        unchanged = wish == Wish() and not turned and pages in shown
        found.append(Group(number, held, value_of(wish), unchanged))
    return found


def choices(
    forms: Sequence[KeptForm], initiatives: Mapping[str, Initiative]
) -> list[tuple[str, str]]:
    """Return what a document may be read as: the field's value, and what it is called."""
    learned = [
        (
            value_of(Wish(ReadAs.LEARNED_FORM, one.initiative, one.version)),
            f"Egen blankett för {_name(initiatives, one.initiative)}, version {one.version}",
        )
        for one in forms
        if one.in_force
    ]
    return [*((key.value, text) for key, text in READ_AS.items()), *learned]


def value_of(wish: Wish) -> str:
    """A wish as the value of its field."""
    if wish.read_as is ReadAs.LEARNED_FORM:
        return f"{wish.read_as.value}:{wish.initiative}:{wish.version}"
    return wish.read_as.value


def _wish(value: str) -> Wish:
    kind, _, form = value.partition(":")
    if kind == ReadAs.LEARNED_FORM:
        initiative, _, version = form.partition(":")
        return Wish(ReadAs.LEARNED_FORM, initiative, _number(version))
    return Wish(ReadAs(kind) if kind in set(ReadAs) else ReadAs.ANY)


def _card(
    one: Arrangeable, page: PageImage, placing: Placing, filenames: Mapping[int, str]
) -> Card:
    address = f"/sidbilder/{one.document.document_id}/{page.image}"
    name = filenames.get(page.part, "") or "fil utan namn"
    return Card(
        key=f"{page.part}-{page.source_page}",
        image=Image(address, page.width_px, page.height_px) if page.image else None,
        label=f"{name}, sida {page.source_page}",
        placing=placing,
    )


def _name(initiatives: Mapping[str, Initiative], key: str) -> str:
    return initiatives[key].name if key in initiatives else key


def _page(key: str) -> PageId | None:
    part, _, page = key.partition("-")
    index, number = _number(part), _number(page)
    return None if index is None or number is None else PageId(index, number)


def _turn(form: Mapping[str, str], key: str) -> Turn:
    asked = _number(form.get(f"vrid.{key}", ""))
    return Turn(asked) if asked in set(Turn) else Turn.NONE


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else None
