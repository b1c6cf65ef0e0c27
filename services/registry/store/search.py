"""Search in everything that has come in: documents and mails, the best found first.

How well something is found goes by steps that a person can follow: the whole word in a number or
a municipality's name; the beginning of one; a name, a file, a sender or a subject; anything that
was read. Within a step the last registered comes first, so however much there is, only as many
rows are touched as are shown.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Final

from sqlalchemy import Connection
from sqlalchemy import text as sql
from sqlmodel import Session, col, select

from services.registry.domain.masking import masked
from services.registry.domain.search_words import (
    Phrase,
    Piece,
    excerpt,
    marked,
    stems,
    typed_phrases,
)
from services.registry.store.search_index import (
    Sources,
    audience_of,
    described_in,
    municipality_in,
    people_of,
    sources_of,
)
from services.registry.tables import Audience, Document, Mail
from shared.events import DocumentReading

MOST_FOUND: Final = 300
"""More are not listed: whoever looks for one thing types another word instead."""
MOST_EXCERPTS: Final = 3


class Kind(StrEnum):
    """What is found."""

    DOCUMENT = "document"
    MAIL = "mail"


class Place(StrEnum):
    """Where in it the hit stands."""

    FORMER_NUMBER = "former_number"
    PERSON = "person"
    FILE = "file"
    SENDER = "sender"
    SUBJECT = "subject"
    INITIATIVE = "initiative"
    READ = "read"
    TEXT = "text"


@dataclass(frozen=True)
class Excerpt:
    """A line or two around a hit."""

    place: Place
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Hit:
    """One thing that was found. Texts are masked, and in pieces of which some are marked."""

    kind: Kind
    mail: Mail
    document: Document | None
    """None where the mail itself was found."""
    dnr: tuple[Piece, ...]
    """With the handling number; empty for a mail without a case of its own."""
    municipality: tuple[Piece, ...]
    """The name, certain or merely read; empty if nothing tells."""
    title: str
    """What the case is called."""
    excerpts: tuple[Excerpt, ...]


@dataclass(frozen=True)
class Found:
    """One page of what was found. `number` counts from 1."""

    items: Sequence[Hit]
    number: int
    size: int
    total: int
    counts: dict[Kind, int]
    more: bool
    """Whether there is more than is listed."""

    @property
    def first(self) -> int:
        return (self.number - 1) * self.size + 1 if self.items else 0

    @property
    def last(self) -> int:
        return (self.number - 1) * self.size + len(self.items)


def find(
    session: Session,
    text: str,
    *,
    seen_by: frozenset[Audience],
    kind: Kind | None = None,
    number: int = 1,
    size: int = 20,
) -> Found:
    """Return what holds every word of `text`, as far as the person may see it.

    Whatever is typed is no error; where it holds no word, nothing is found. A mail is left out
    where one of its own documents is found. Beyond the last page, the last one is returned.
    """
    phrases = typed_phrases(text)
    found = _found(session, phrases, seen_by) if phrases and seen_by else []
    with_document = {mail_id for mail_id, document_id in found if document_id is not None}
    listed = [
        (mail_id, document_id)
        for mail_id, document_id in found
        if document_id is not None or mail_id not in with_document
    ]
    counts = {
        Kind.DOCUMENT: sum(1 for _, document_id in listed if document_id is not None),
        Kind.MAIL: sum(1 for _, document_id in listed if document_id is None),
    }
    if kind is not None:
        listed = [one for one in listed if (one[1] is None) is (kind is Kind.MAIL)]
    number = max(1, min(number, -(-len(listed) // size)))
    page = listed[(number - 1) * size : number * size]
    return Found(
        items=_hits(session, page, phrases, seen_by),
        number=number,
        size=size,
        total=len(listed),
        counts=counts,
        more=len(found) >= MOST_FOUND,
    )


# --- Which -------------------------------------------------------------------------------------


def _found(
    session: Session, phrases: Sequence[Phrase], seen_by: frozenset[Audience]
) -> list[tuple[str, str | None]]:
    """Ids of mails and documents, step by step."""
    connection = session.connection()
    steps = _fts5(phrases, seen_by) if connection.dialect.name == "sqlite" else None
    statements = (
        ((_FTS5, {"words": words}) for words in steps)
        if steps is not None
        else _text_search(phrases, seen_by)
    )
    found: dict[tuple[str, str | None], None] = {}
    with _planned_for_its_words(connection):
        for statement, values in statements:
            rows = connection.execute(sql(statement), {**values, "most": MOST_FOUND}).all()
            found.update(((mail_id, document_id), None) for mail_id, document_id in rows)
            if len(found) >= MOST_FOUND:
                break
    return list(found)[:MOST_FOUND]


@contextmanager
def _planned_for_its_words(connection: Connection) -> Iterator[None]:
    """PostgreSQL makes a plan for each search: how good it is depends on how common the words are,
    and one made for any words would be bad for all."""
    if connection.dialect.name == "sqlite":
        yield
        return
    connection.execute(sql("SET plan_cache_mode = force_custom_plan"))
    try:
        yield
    finally:
        connection.execute(sql("RESET plan_cache_mode"))


_FTS5 = """
    SELECT entry.mail_id, entry.document_id
    FROM search_index CROSS JOIN search_entry AS entry ON entry.id = search_index.rowid
    WHERE search_index MATCH :words ORDER BY search_index.rowid DESC LIMIT :most
"""


def _fts5(phrases: Sequence[Phrase], seen_by: frozenset[Audience]) -> Iterator[str]:
    """The steps in the language of FTS5. Words are letters and digits: nothing escapes a quote."""
    whole = " AND ".join(f'"{" ".join(phrase.words)}"' for phrase in phrases)
    begun = " AND ".join(
        f'"{" ".join(phrase.words)}"' + ("*" if phrase.begins else "") for phrase in phrases
    )
    letter = " letter" if Audience.MAIL in seen_by else ""
    audience = ""
    if seen_by != frozenset(Audience):
        audience = f" AND audience : ({' OR '.join(sorted(seen_by))})"
    yield f"{{keys}} : ({whole}){audience}"
    yield f"{{keys}} : ({begun}){audience}"
    yield f"{{keys names{letter}}} : ({begun}){audience}"
    yield f"{{keys names{letter} body folded}} : ({begun}){audience}"


def _text_search(
    phrases: Sequence[Phrase], seen_by: frozenset[Audience]
) -> Iterator[tuple[str, dict[str, str]]]:
    """The steps in the language of PostgreSQL, likewise. What was read is found by its stem."""
    whole, begun = (
        " & ".join(
            " <-> ".join(f"'{word}'" for word in phrase.words)
            + (":*" if prefixes and phrase.begins else "")
            for phrase in phrases
        )
        for prefixes in (False, True)
    )
    sees_mail = Audience.MAIL in seen_by
    steps = [("keys", "simple", whole), ("keys", "simple", begun)]
    if sees_mail:
        steps.append(("names", "simple", begun))
    steps.append(("all" if sees_mail else "shown", "swedish", begun))
    audience = " | ".join(f"'@{one}'" for one in sorted(seen_by))
    for vector, language, words in steps:
        query = f"to_tsquery('{language}', :words)"
        values = {"words": words}
        if seen_by != frozenset(Audience):
            query = f"({query} && CAST(:audience AS tsquery))"
            values["audience"] = audience
        yield (
            f"SELECT mail_id, document_id FROM search_entry WHERE search_index_{vector} @@ {query} "  # noqa: S608 - names of ours
            "ORDER BY id DESC LIMIT :most",
            values,
        )


# --- What is shown of them ---------------------------------------------------------------------


def _hits(
    session: Session,
    page: Sequence[tuple[str, str | None]],
    phrases: Sequence[Phrase],
    seen_by: frozenset[Audience],
) -> list[Hit]:
    if not page:
        return []
    mails = {
        mail.mail_id: mail
        for mail in session.exec(
            select(Mail).where(col(Mail.mail_id).in_({mail_id for mail_id, _ in page}))
        )
    }
    documents = {
        document.document_id: document
        for document in session.exec(
            select(Document).where(col(Document.document_id).in_({one for _, one in page}))
        )
        # A second time, by what is true now: the first was by what was indexed.
        if audience_of(document.fate) in seen_by
    }
    known = sources_of(session.connection(), list(mails.values()), list(documents.values()))
    hits = []
    for mail_id, document_id in page:
        if document_id is None:
            hits.append(_mail_hit(mails[mail_id], known, phrases))
        elif document_id in documents:
            document = documents[document_id]
            hits.append(
                _document_hit(document, mails[mail_id], known, phrases, Audience.MAIL in seen_by)
            )
    return hits


def _mail_hit(mail: Mail, known: Sources, phrases: Sequence[Phrase]) -> Hit:
    dnr, title = known.cases.get(mail.case_id or 0, ("", ""))
    texts = [
        *_letter(mail),
        *((Place.FILE, name) for name in known.files[mail.mail_id].values()),
        (Place.TEXT, mail.text),
    ]
    return Hit(
        kind=Kind.MAIL,
        mail=mail,
        document=None,
        dnr=marked(f"{dnr}-{mail.handling}", phrases) if dnr else (),
        municipality=(),
        title=masked(title),
        excerpts=_excerpts(texts, phrases),
    )


def _document_hit(
    document: Document, mail: Mail, known: Sources, phrases: Sequence[Phrase], sees_mail: bool
) -> Hit:
    dnr, title = known.cases[document.case_id]
    reading = DocumentReading.model_validate(document.reading)
    files = known.files[document.mail_id]
    people = dict.fromkeys((*known.answers.get(document.document_id, ()), *people_of(reading)))
    texts = [
        *((Place.FORMER_NUMBER, number) for number in known.former[document.document_id]),
        *((Place.PERSON, one) for one in people),
        *((Place.FILE, files.get(number, "")) for number in document.parts),
        *(_letter(mail) if sees_mail else ()),
        (Place.INITIATIVE, known.initiatives.get(document.initiative or "", "")),
        (Place.READ, "\n".join(described_in(reading))),
        (Place.TEXT, known.texts.get(document.document_id, "")),
    ]
    return Hit(
        kind=Kind.DOCUMENT,
        mail=mail,
        document=document,
        dnr=marked(f"{dnr}-{document.handling}", phrases),
        municipality=marked(masked(municipality_in(document.municipality, reading)), phrases),
        title=masked(title),
        excerpts=_excerpts(texts, phrases),
    )


def _letter(mail: Mail) -> list[tuple[Place, str]]:
    sender = f"{mail.from_name} {mail.from_address}"
    return [(Place.SENDER, sender), (Place.SUBJECT, mail.subject)]


def _excerpts(texts: Sequence[tuple[Place, str]], phrases: Sequence[Phrase]) -> tuple[Excerpt, ...]:
    for sought in (phrases, stems(phrases)):
        cut = ((place, excerpt(masked(text), sought)) for place, text in texts)
        # No further than to the last that is shown: the longest text is the last.
        found = tuple(
            islice((Excerpt(place, pieces) for place, pieces in cut if pieces), MOST_EXCERPTS)
        )
        if found:
            return found
    return ()
