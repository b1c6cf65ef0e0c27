"""The search: what is found first, what each may find, and that the index follows the register."""

import pytest
from sqlmodel import select

from services.registry.domain.search_words import (
    Phrase,
    excerpt,
    marked,
    typed_phrases,
    unaccented,
    words_of,
)
from services.registry.searchable import TextKeeper
from services.registry.store.search import Found, Kind, Place, find
from services.registry.tables import Audience, CaseFile, Document, FormerNumber, SearchEntry
from shared.database import Database
from shared.events import Disposition, Outcome, PartFate, PartSummary, Reason
from shared.migrate import upgrade
from tests.earlier import copied_back
from tests.unit.registry.builders import (
    LUND,
    MIGRATIONS,
    NOW,
    UMEA,
    Register,
    digest,
    form,
    mail,
    typed,
)
from tests.unit.registry.test_searchable import made

HABO, HÅBO = "0643", "0305"
ALL = frozenset(Audience)


def sought(register: Register, words: str, seen_by: frozenset[Audience] = ALL) -> Found:
    return register.ask(lambda session: find(session, words, seen_by=seen_by))


def whose(found: Found) -> list[str | None]:
    return [hit.document.municipality if hit.document else None for hit in found.items]


def named(filename: str) -> tuple[PartSummary, ...]:
    return (
        PartSummary(
            index=1, filename=filename, content_type="application/pdf", size_bytes=1,
            digest=digest(filename), fate=PartFate.DOCUMENT,
        ),
    )  # fmt: skip


def test_words_are_letters_and_digits_and_keep_their_rings_and_dots() -> None:
    assert words_of("Svar_Umeå-2.PDF (SKR 2024/00123)") == "svar umeå 2 pdf skr 2024 00123"
    assert words_of("A\u030asa") == "åsa"
    assert unaccented("Åsa Öberg i Habo, åsa") == "asa oberg"


@pytest.mark.parametrize("typed_text", ["", '"', "()", "*", "-", "\x00", '" "'])
def test_what_holds_no_word_looks_for_nothing(typed_text: str) -> None:
    assert typed_phrases(typed_text) == ()


def test_what_is_joined_or_quoted_is_a_phrase() -> None:
    assert typed_phrases('SKR 2024/001 "ny form') == (
        Phrase(("skr",), True),
        Phrase(("2024", "001"), True),
        Phrase(("ny",), True),
        Phrase(("form",), True),
    )
    assert typed_phrases('"ny form"') == (Phrase(("ny", "form"), False),)


def test_a_typed_ring_is_only_a_ring_and_a_typed_a_may_be_one() -> None:
    def hits(text: str, words: str) -> list[str]:
        return [piece.text for piece in marked(text, typed_phrases(words)) if piece.hit]

    assert hits("Habo och Håbo", "habo") == ["Habo", "Håbo"]
    assert hits("Habo och Håbo", "håbo") == ["Håbo"]
    assert hits("svar_umea-2.pdf", "umea-2") == ["umea-2"]


def test_an_excerpt_is_short_and_holds_the_hit() -> None:
    pieces = excerpt("ord " * 500 + "anslutning " + "ord " * 500, typed_phrases("anslut"))
    assert [piece.text for piece in pieces if piece.hit] == ["anslutning"]
    assert len("".join(piece.text for piece in pieces)) < 200
    assert excerpt("inget här", typed_phrases("anslut")) == ()


def test_the_name_itself_comes_first_and_a_near_one_after(register: Register) -> None:
    for place, code in enumerate((HÅBO, HABO, LUND)):
        register.record(mail(form("ja", municipality=code, scan=code), name=str(place)))
    assert whose(sought(register, "habo")) == [HABO, HÅBO]
    assert whose(sought(register, "håbo")) == [HÅBO]


def test_numbers_and_file_names_are_found_whole_and_by_their_beginning(register: Register) -> None:
    register.record(
        mail(form("ja"), name="a", parts=named("svar_umea-2.pdf")),
        mail(form("ja", municipality=LUND), name="b", parts=named("svar_lund-2.pdf")),
    )
    dnr = register.all(CaseFile)[0].dnr
    first = register.all(CaseFile)[0].municipality
    for words in (dnr, f"{dnr}-1", dnr.partition(" ")[2]):
        assert whose(sought(register, words)) == [first], words
    assert len(sought(register, dnr[:-2]).items) == 2
    for words in ("svar_umea-2.pdf", "svar_um", "umea-2"):
        assert whose(sought(register, words)) == [UMEA], words


def test_a_reader_finds_no_more_than_recorded_answers(register: Register) -> None:
    outcome, reasons = Outcome.REVIEW, (Reason.MARK_DOUBTFUL,)
    register.record(
        mail(form("ja"), name="a", subject="Hemligt ämne"),
        mail(form("ja", municipality=LUND, outcome=outcome, reasons=reasons), name="b"),
        mail(name="c", disposition=Disposition.QUESTION, reasons=(Reason.QUESTION,)),
    )
    reader = frozenset({Audience.ANSWERS})
    assert whose(sought(register, "kommun", reader)) == [UMEA]
    assert sought(register, "hemligt", reader).total == 0
    assert sought(register, "registrator@example.org", reader).total == 0
    assert sought(register, "kommun", frozenset()).total == 0
    assert sought(register, "hemligt").total == 1


def test_a_mail_is_left_out_where_its_document_is_found(register: Register) -> None:
    register.record(
        mail(form("ja", **typed()), name="a"),
        mail(name="b", disposition=Disposition.QUESTION, reasons=(Reason.QUESTION,)),
    )
    found = sought(register, "registrator@example.org")
    assert found.counts == {Kind.DOCUMENT: 1, Kind.MAIL: 1}
    assert sought(register, "anna.ek@umea.se").counts == {Kind.DOCUMENT: 1, Kind.MAIL: 0}


@pytest.mark.parametrize("text_first", [True, False])
def test_a_text_is_found_whichever_came_first(register: Register, text_first: bool) -> None:
    read = mail(form("ja"))
    keeper = TextKeeper(register.database)
    event = made(read.documents[0].document_id, "Fullmäktige beslutade om anslutningen")
    if text_first:
        keeper.keep(event)
    register.record(read)
    if not text_first:
        keeper.keep(event)
    [hit] = sought(register, "fullmäktige anslut").items
    [cut] = hit.excerpts
    assert cut.place is Place.TEXT
    assert [piece.text for piece in cut.pieces if piece.hit] == ["Fullmäktige", "anslutningen"]
    keeper.keep(made(read.documents[0].document_id, "omläst", NOW.replace(year=2025)))
    assert sought(register, "fullmäktige").total == 0
    assert sought(register, "omläst").total == 1


def test_swedish_endings_are_seen_through_where_the_database_can(
    register: Register, database_kind: str
) -> None:
    read = mail(form("ja"))
    register.record(read)
    TextKeeper(register.database).keep(made(read.documents[0].document_id, "en ansökan"))
    assert sought(register, "ansökans").total == (1 if database_kind == "postgresql" else 0)


def test_a_former_number_finds_the_document(register: Register) -> None:
    register.record(mail(form("ja"), name="a"), mail(form("ja", municipality=LUND), name="b"))
    with register.database.write() as session:
        lund = next(one for one in register.all(Document) if one.municipality == LUND)
        case = next(one for one in register.all(CaseFile) if one.municipality == UMEA)
        number = FormerNumber(
            case_id=case.id or 0, handling=7, document_id=lund.document_id, moved_at=NOW
        )
        session.add(number)
    TextKeeper(register.database).keep(made(lund.document_id))
    [hit] = sought(register, f"{case.dnr}-7").items
    assert hit.document
    assert hit.document.municipality == LUND
    assert hit.excerpts[0].place is Place.FORMER_NUMBER


def test_the_longest_text_there_is_can_be_kept(register: Register) -> None:
    read = mail(form("ja"))
    register.record(read)
    many = " ".join(f"ord{number:x}å" for number in range(20_000))[:100_000]
    TextKeeper(register.database).keep(made(read.documents[0].document_id, many))
    assert sought(register, "ord1f").total == 1


def test_the_migration_fills_the_index_with_what_stands(
    register: Register, other_database_url: str
) -> None:
    register.record(mail(form("ja"), name="a", parts=named("svar_umea-2.pdf")))
    database = copied_back(register.database, other_database_url, "0006")
    upgrade(database, MIGRATIONS)
    assert _entries(database) == _entries(register.database)
    with database.read() as session:
        assert whose(find(session, "svar_umea", seen_by=ALL)) == [UMEA]
    database.close()


def _entries(database: Database) -> list[tuple[str, str, str, str]]:
    with database.read() as session:
        return sorted(
            (one.document_id or "", one.keys, one.names, one.body)
            for one in session.exec(select(SearchEntry))
        )


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_a_search_leaves_its_connection_as_it_was(register: Register) -> None:
    with register.database.read() as session:
        find(session, "habo", seen_by=frozenset(Audience))
        shown = session.connection().exec_driver_sql("SHOW plan_cache_mode").scalar_one()
        running = session.connection().exec_driver_sql(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'relation' AND pid = pg_backend_pid()"
            " AND relation = 'search_entry'::regclass"
        )
        assert (shown, running.scalar_one()) == ("auto", 0)
