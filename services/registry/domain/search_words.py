"""The words of a text as the search knows them, and where they stand in what is shown. Pure.

Both databases index the same words, made here: letters and digits in lower case, whatever stands
between them. So a file name and a dnr are runs of words, and are found as such. å, ä and ö are
letters of their own; a word with an accent is also kept without it, apart from the others.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

MOST_TYPED: Final = 200
MOST_PHRASES: Final = 12
MOST_CHARACTERS: Final = 100_000
"""Of one text; what comes after is not searched. PostgreSQL refuses an index entry over 1 MiB."""
EXCERPT: Final = 180
SHORTEST_PREFIX: Final = 2
MOST_OF_ENDING, LEAST_OF_STEM = 4, 4

_WORD = re.compile(r"[^\W_]+")
_TYPED = re.compile(r'"([^"]*)"|(\S+)')
_MARK_LETTERS = tuple(map(chr, (*range(0x41, 0x530), *range(0x1E00, 0x1F00))))


@dataclass(frozen=True)
class Phrase:
    """Words that stand one after the other; of the last, with `begins`, only the beginning."""

    words: tuple[str, ...]
    begins: bool


@dataclass(frozen=True)
class Piece:
    """A stretch of a text that is shown."""

    text: str
    hit: bool


def words_of(text: str) -> str:
    """The words of a text, with one space between them."""
    return " ".join(_words(text[:MOST_CHARACTERS]))


def unaccented(text: str) -> str:
    """Those words of a text that have accents, without them, each once."""
    found = dict.fromkeys(
        plain
        for word in _words(text[:MOST_CHARACTERS])
        if not word.isascii() and (plain := _without_accents(word)) != word
    )
    return " ".join(found)


def typed_phrases(text: str) -> tuple[Phrase, ...]:
    """What somebody looks for. All of it must be found; nothing that can be typed is an error.

    What is joined by hyphens, slashes and the like is a phrase, and so is what is quoted. The last
    word may be the beginning of one, unless it is quoted.
    """
    found = []
    for match in _TYPED.finditer(text[:MOST_TYPED]):
        quoted, bare = match.groups()
        words = tuple(_words(quoted if bare is None else bare))
        if words:
            begins = bare is not None and len(words[-1]) >= SHORTEST_PREFIX
            found.append(Phrase(words, begins))
    return tuple(dict.fromkeys(found))[:MOST_PHRASES]


def marked(text: str, phrases: Sequence[Phrase]) -> tuple[Piece, ...]:
    """The whole text, in pieces; those that were looked for are hits. None of them may be."""
    text = _composed(text)
    return tuple(_pieces(text, _places(text, phrases), 0, len(text)))


def excerpt(text: str, phrases: Sequence[Phrase]) -> tuple[Piece, ...]:
    """The place of a text where the first hit stands, cut to a line or two; empty if none does."""
    text = " ".join(_composed(text[:MOST_CHARACTERS]).split())
    places = _places(text, phrases)
    if not places:
        return ()
    first = places[0][0]
    start = max(0, first - EXCERPT // 3)
    if start:
        start = text.find(" ", start, first) + 1 or start
    end = min(len(text), start + EXCERPT)
    if end < len(text):
        end = max(text.rfind(" ", start, end), min(places[0][1], end))
    pieces = list(_pieces(text, places, start, end))
    if start:
        pieces.insert(0, Piece("… ", False))
    if end < len(text):
        pieces.append(Piece(" …", False))
    return tuple(pieces)


def stems(phrases: Sequence[Phrase]) -> tuple[Phrase, ...]:
    """Beginnings of what was looked for, to mark what a database found by the word's stem."""
    return tuple(
        Phrase((word[: max(LEAST_OF_STEM, len(word) - MOST_OF_ENDING)],), True)
        for phrase in phrases
        for word in phrase.words
        if len(word) > LEAST_OF_STEM
    )


def _words(text: str) -> list[str]:
    return _WORD.findall(_composed(text).lower())


def _composed(text: str) -> str:
    """One character a letter: file names from a Mac come with their accents apart."""
    return unicodedata.normalize("NFKC", text)


def _without_accents(word: str) -> str:
    apart = unicodedata.normalize("NFD", word)
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def _places(text: str, phrases: Sequence[Phrase]) -> list[tuple[int, int]]:
    lowered = text.translate(_LOWER)
    found = sorted(
        match.span() for phrase in phrases for match in _pattern(phrase).finditer(lowered)
    )
    apart: list[tuple[int, int]] = []
    for start, end in found:
        if not apart or start >= apart[-1][1]:
            apart.append((start, end))
    return apart


@lru_cache(maxsize=256)
def _pattern(phrase: Phrase) -> re.Pattern[str]:
    words = r"[\W_]+".join("".join(map(_letter, word)) for word in phrase.words)
    end = r"[^\W_]*" if phrase.begins else r"(?![^\W_])"
    return re.compile(rf"(?<![^\W_]){words}{end}")


def _letter(sign: str) -> str:
    """An a is found as å too; an å as nothing but å."""
    return f"[{sign}{_ACCENTED[sign]}]" if sign in _ACCENTED else re.escape(sign)


def _pieces(text: str, places: list[tuple[int, int]], start: int, end: int) -> Iterator[Piece]:
    at = start
    for first, last in places:
        if first < start or first >= end:
            continue
        if first > at:
            yield Piece(text[at:first], False)
        at = min(last, end)
        yield Piece(text[first:at], True)
    if at < end:
        yield Piece(text[at:end], False)


def _accented() -> dict[str, str]:
    found: dict[str, str] = {}
    for sign in _MARK_LETTERS:
        plain = _without_accents(sign)
        if sign == sign.lower() and plain != sign and plain.isascii() and len(plain) == 1:
            found[plain] = found.get(plain, "") + sign
    return found


_LOWER = {ord(sign): sign.lower() for sign in _MARK_LETTERS if len(sign.lower()) == 1}
_ACCENTED = _accented()
