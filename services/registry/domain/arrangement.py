"""Which pages of a mail become which documents, as a registrar arranges them. Pure.

What is arranged are the pages of the mail's documents that wait for a person. A document whose
pages, their order and their turn are left as they are is left alone; the others give way to new
ones, for which intake reads the pages again. So is the matter from which one came, if nothing was
changed: it is read again as it is.

Every page has one account afterwards: in one document that was left alone, in one new document, or
among the pages that belong to none, which are kept as a document of their own and not registered.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared.events import ReadAs, Turn

MOST_PAGES: Final = 150
"""That can be arranged at once; a person loses sight of more."""

MEANWHILE: Final = "changed_meanwhile"
"""Why nothing came of an arrangement: a document that was to give way waits no longer."""

NOWHERE: Final = 0
"""The number of the document of pages that belong to none."""


@dataclass(frozen=True, order=True)
class PageId:
    """A page of a mail: index of the part, and number in that file."""

    part: int
    source_page: int


@dataclass(frozen=True)
class Placing:
    """Where a page is to go: a document's number from 1, or NOWHERE; its place; its turn."""

    document: int
    place: int = 0
    turn: Turn = Turn.NONE


@dataclass(frozen=True)
class Wish:
    """As what a document is read; of a learned form, which one."""

    read_as: ReadAs = ReadAs.ANY
    initiative: str | None = None
    version: int | None = None


@dataclass(frozen=True)
class Plan:
    """The registrar's arrangement. Of pages in one place, the one that stood first is first."""

    placed: Mapping[PageId, Placing]
    wishes: Mapping[int, Wish]
    """By the document's number."""
    from_document: str
    """The document that was shown, which is read again if nothing is changed."""


@dataclass(frozen=True)
class Waiting:
    """One document that waits, as it is now."""

    document_id: str
    pages: tuple[PageId, ...]


@dataclass(frozen=True)
class NewDocument:
    """A document to be."""

    pages: tuple[tuple[PageId, Turn], ...]
    wish: Wish


@dataclass(frozen=True)
class Arranged:
    """What an arrangement comes to."""

    gives_way: tuple[str, ...]
    """The documents whose pages go into new ones."""
    documents: tuple[NewDocument, ...]
    left_out: tuple[PageId, ...]


class Hindrance(StrEnum):
    """Why pages are not arranged as the registrar wants."""

    STALE = "stale"
    """A matter has been decided or changed, or another has come, since the pages were shown."""
    BEING_READ = "being_read"
    """Pages of the mail are being read anew already."""
    PAGE_UNPLACED = "page_unplaced"
    EMPTY_DOCUMENT = "empty_document"
    """A document without pages is to be read as something."""
    NOTHING_LEFT = "nothing_left"
    """Pages would only be left out: nothing is there to be read anew."""
    UNKNOWN_FORM = "unknown_form"
    """A learned form that there is not, or that is in force no longer."""
    NO_PAGES = "no_pages"
    """The mail has no page that waits, or too many to be arranged."""
    TOO_LATE = "too_late"
    """It has been read already, or taken back, or something was decided that rests on it."""


def hindrances(
    plan: Plan, waiting: Sequence[Waiting], forms: Collection[tuple[str, int]]
) -> tuple[Hindrance, ...]:
    """Return everything that forbids the plan; `forms` are the learned forms in force."""
    pages = _pages(waiting)
    if not pages or len(pages) > MOST_PAGES:
        return (Hindrance.NO_PAGES,)
    if not set(pages).issuperset(plan.placed):
        return (Hindrance.STALE,)
    found: list[Hindrance] = []
    if not set(plan.placed).issuperset(pages):
        found.append(Hindrance.PAGE_UNPLACED)
    used = {placing.document for placing in plan.placed.values()} - {NOWHERE}
    if any(wish != Wish() and number not in used for number, wish in plan.wishes.items()):
        found.append(Hindrance.EMPTY_DOCUMENT)
    asked = (wish for wish in plan.wishes.values() if wish.read_as is ReadAs.LEARNED_FORM)
    if any((wish.initiative, wish.version) not in forms for wish in asked):
        found.append(Hindrance.UNKNOWN_FORM)
    if not found and not arranged(plan, waiting).documents:
        found.append(Hindrance.NOTHING_LEFT)
    return tuple(found)


def arranged(plan: Plan, waiting: Sequence[Waiting]) -> Arranged:
    """Return what a plan comes to that nothing speaks against."""
    documents = _documents(plan, waiting)
    as_they_are = {_unchanged(one) for one in documents}
    kept = {one.document_id for one in waiting if one.pages in as_they_are}
    if len(kept) == len(waiting):
        kept.discard(plan.from_document)
    stays = {one.pages for one in waiting if one.document_id in kept}
    return Arranged(
        gives_way=tuple(one.document_id for one in waiting if one.document_id not in kept),
        documents=tuple(one for one in documents if _unchanged(one) not in stays),
        left_out=tuple(page for page in _pages(waiting) if plan.placed[page].document == NOWHERE),
    )


def is_accounted_for(
    waiting: Sequence[Waiting], gives_way: Collection[str], pages: Sequence[PageId]
) -> bool:
    """Whether these pages are those of the documents that give way, each of them once."""
    theirs = _pages([one for one in waiting if one.document_id in gives_way])
    return Counter(theirs) == Counter(pages) and max(Counter(pages).values(), default=0) <= 1


def _pages(waiting: Sequence[Waiting]) -> list[PageId]:
    return [page for one in waiting for page in one.pages]


def _documents(plan: Plan, waiting: Sequence[Waiting]) -> list[NewDocument]:
    stood = {page: place for place, page in enumerate(_pages(waiting))}
    by_number: dict[int, list[PageId]] = defaultdict(list)
    for page, placing in plan.placed.items():
        if placing.document != NOWHERE:
            by_number[placing.document].append(page)
    return [
        NewDocument(
            pages=tuple(
                (page, plan.placed[page].turn)
                for page in sorted(pages, key=lambda one: (plan.placed[one].place, stood[one]))
            ),
            wish=plan.wishes.get(number, Wish()),
        )
        for number, pages in sorted(by_number.items())
    ]


def _unchanged(document: NewDocument) -> tuple[PageId, ...]:
    """The pages, if there is nothing to read anew in them as they stand; else none."""
    turned = any(turn is not Turn.NONE for _, turn in document.pages)
    if turned or document.wish != Wish():
        return ()
    return tuple(page for page, _ in document.pages)
