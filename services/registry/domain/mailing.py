"""What a mailing must be before it can be sent, and who may approve it. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from shared.events import LetterKind
from shared.letters.kinds import Variable
from shared.letters.plain import one_line
from shared.letters.template import TemplateFault

MOST_SAID = 20_000
"""Characters of one value that staff write; the letter has room for two."""


@dataclass(frozen=True)
class Fault:
    """What keeps a mailing from going on, in a stable key; `field` is where it was written."""

    kind: str
    field: str = ""
    said: str = ""


@dataclass(frozen=True)
class About:
    """An initiative as the rules need it."""

    id: str
    last_answer_day: date


@dataclass(frozen=True)
class Meeting:
    """When what is invited to begins and ends."""

    starts_at: datetime
    ends_at: datetime


def against_choice(kind: LetterKind, about: Sequence[About]) -> list[Fault]:
    """Return what is wrong with the initiatives that were chosen for a kind of letter."""
    if kind is LetterKind.UPDATE and len(about) != 1:
        return [Fault("one_initiative", "initiativ")]
    if kind not in (LetterKind.OFFER, LetterKind.REMINDER):
        return []
    if not about:
        return [Fault("no_initiative", "initiativ")]
    if len({one.last_answer_day for one in about}) > 1:
        return [Fault("several_days", "initiativ")]
    return []


def against_values(wanted: Sequence[Variable], said: Mapping[str, str]) -> list[Fault]:
    """Return what is wrong with what staff wrote for the variables."""

    def wrong() -> Iterator[Fault]:
        for one in wanted:
            value = said.get(one.name, "").strip()
            if not value and not one.optional:
                yield Fault("missing", one.name, one.name)
            if len(value) > MOST_SAID:
                yield Fault("too_long", one.name, one.name)
            if "{{" in value or "}}" in value:
                yield Fault("braces", one.name, one.name)
            if not one.paragraphs and one_line(value, limit=MOST_SAID) != value:
                yield Fault("one_line", one.name, one.name)

    return list(wrong())


def against_template(found: Sequence[TemplateFault]) -> list[Fault]:
    """The same faults as whoever wrote the template reads them."""
    return [Fault("template", one.part.value, one.message) for one in found]


def against_time(
    kind: LetterKind,
    about: Sequence[About],
    meeting: Meeting | None,
    text: str,
    leaves_at: datetime,
    leaves_on: date,
) -> list[Fault]:
    """Return what would be untrue by the day that the letters leave."""
    if kind is LetterKind.INVITATION:
        if meeting is None:
            return [Fault("no_time", "starts_at")]
        if meeting.ends_at <= meeting.starts_at:
            return [Fault("ends_first", "ends_at")]
        if meeting.starts_at <= leaves_at:
            return [Fault("has_been", "starts_at")]
    if kind is LetterKind.OFFER and any(one.last_answer_day < leaves_on for one in about):
        return [Fault("day_passed", "initiativ")]
    if kind is LetterKind.REMINDER and "tid_kvar" in text:
        return [
            Fault("time_is_up", "initiativ") for one in about[:1] if one.last_answer_day < leaves_on
        ]
    return []


def may_approve(who: str, written_by: Collection[str], submitted_by: str) -> bool:
    """Whether somebody is a second person: has written nothing of it, nor asked for approval."""
    return who not in written_by and who != submitted_by


def needs_approval(letters: int, above: int) -> bool:
    """Whether so many letters need a second person's yes."""
    return letters > above


def occasion_of(last_day: date, days_before: Sequence[int], today: date) -> str | None:
    """For which reminder of a last answer day it is time: a key; None where it is for none.

    Of several that it is time for, the latest: who was away for a week reminds once.
    """
    left = (last_day - today).days
    due = [days for days in days_before if 0 <= left <= days]
    return f"reminder:{last_day.isoformat()}:{min(due)}" if due else None
