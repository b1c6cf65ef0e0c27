"""What stands in the forms of a mailing at first, and what they amount to."""

from collections.abc import Mapping
from datetime import datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

from services.registry.domain.mailing import Fault
from services.registry.domain.recipients import Audience, RecipientRole
from services.registry.domain.resolution import is_address
from services.registry.mailings.draft import Chosen, Wording
from services.registry.mailings.letters import variables_to_write
from services.registry.mailings.listing import code_of
from services.registry.tables import Mailing
from services.registry.web.guard import Upload
from shared.events import Appointment, LetterKind
from shared.letters.template import Template

INITIATIVE = "initiativ."
ROLE = "roll."
ANSWER = "svar."
COUNTY = "lan."
VALUE = "varde."
"""Before a key: a box that is ticked, or a variable's value."""
_LINKS = ("länk", "möteslänk", "anmälan")
MOST_ATTENTION = 10


def chosen_fields(mailing: Mailing) -> dict[str, str]:
    """The form that says who gets it, as it is kept."""
    audience = Audience.of(mailing.audience)
    return {
        "titel": mailing.title,
        "for_hand": mailing.by_hand,
        "att": "\n".join(mailing.attention),
        "undantag": "\n".join(sorted(audience.excepted)),
        "blanketter": "ja" if mailing.with_forms else "",
        **{INITIATIVE + one: "ja" for one in mailing.initiatives},
        **{ROLE + one: "ja" for one in audience.roles},
        **{ANSWER + one: "ja" for one in audience.answers},
        **{COUNTY + one: "ja" for one in audience.counties},
    }


def chosen_in(form: Mapping[str, str], upload: Upload | None) -> tuple[Chosen, list[Fault]]:
    """Who is to get it, as the form says; a file that was chosen stands for what was typed."""
    faults: list[Fault] = []
    by_hand = form.get("for_hand", "")
    if upload is not None:
        by_hand, readable = _text_of(upload.content)
        faults += [] if readable else [Fault("file", "by_hand")]
    excepted, wrong = _excepted(form.get("undantag", ""))
    faults += wrong
    roles = {one for one in _ticked(form, ROLE) if one in set(RecipientRole)}
    attention = [line.strip()[:100] for line in form.get("att", "").splitlines() if line.strip()]
    return (
        Chosen(
            title=form.get("titel", "").strip()[:200],
            initiatives=(*_ticked(form, INITIATIVE), *filter(None, [form.get("initiativ", "")])),
            audience=Audience(
                frozenset(RecipientRole(one) for one in roles),
                frozenset(_ticked(form, ANSWER)),
                frozenset(_ticked(form, COUNTY)),
                excepted,
            ),
            by_hand="\n".join(by_hand.splitlines()),
            attention=tuple(attention[:MOST_ATTENTION]),
            with_forms=bool(form.get("blanketter")),
        ),
        faults,
    )


def worded_fields(mailing: Mailing, zone: ZoneInfo) -> dict[str, str]:
    """The form that says what it says, as it is kept."""
    fields = {"amne": mailing.subject, "rubrik": mailing.heading, "text": mailing.text}
    fields |= {VALUE + name: value for name, value in mailing.said.items()}
    if mailing.appointment is not None:
        meeting = Appointment.model_validate(mailing.appointment)
        begins, ends = meeting.starts_at.astimezone(zone), meeting.ends_at.astimezone(zone)
        fields |= {
            "dag": begins.date().isoformat(),
            "borjar": f"{begins:%H:%M}",
            "slutar": f"{ends:%H:%M}",
            "svar_i_kalendern": "ja" if meeting.reply_wanted else "",
        }
    return fields


def worded_in(
    mailing: Mailing, form: Mapping[str, str], zone: ZoneInfo
) -> tuple[Wording, list[Fault]]:
    """What it is to say, as the form has it."""
    said = {
        one.name: _lines(form.get(VALUE + one.name, "")).strip()
        for one in variables_to_write(mailing.kind)
    }
    faults = [
        Fault("bad_link", name, name)
        for name in _LINKS
        if said.get(name) and not said[name].startswith(("https://", "http://"))
    ]
    template = Template(
        _lines(form.get("amne", "")).strip(),
        _lines(form.get("rubrik", "")).strip(),
        _lines(form.get("text", "")).strip() + "\n",
    )
    appointment = None
    if mailing.kind is LetterKind.INVITATION:
        appointment, wrong = _appointment(mailing, form, said, zone)
        faults += wrong
    return Wording(template, said, appointment), faults


def moment_in(day: str, hour: str, zone: ZoneInfo) -> datetime | None:
    """A day and an hour on the office's clock; None if they are not such."""
    try:
        return datetime.fromisoformat(f"{day}T{hour}").replace(tzinfo=zone)
    except ValueError:
        return None


def pace_in(text: str) -> tuple[float | None, bool]:
    """How many a minute, and whether it could be read; nothing is as the notifier is set."""
    if not text.strip():
        return None, True
    try:
        pace = float(text.strip().replace(",", "."))
    except ValueError:
        return None, False
    return (pace, True) if 0 < pace <= 100_000 else (None, False)


def _appointment(
    mailing: Mailing, form: Mapping[str, str], said: Mapping[str, str], zone: ZoneInfo
) -> tuple[Appointment | None, list[Fault]]:
    day = form.get("dag", "")
    begins = moment_in(day, form.get("borjar", ""), zone)
    ends = moment_in(day, form.get("slutar", ""), zone)
    if begins is None or ends is None:
        return None, [Fault("no_time", "starts_at")]
    before = mailing.appointment or {}
    made = {
        "uid": before.get("uid") or uuid4().hex,
        "title": said.get("titel", "")[:200] or "-",
        "starts_at": begins,
        "ends_at": ends,
        "place": said.get("plats", "")[:300],
        "description": said.get("beskrivning", "")[:4000],
        "url": said.get("möteslänk", ""),
        "reply_wanted": bool(form.get("svar_i_kalendern")),
    }
    try:
        return Appointment.model_validate(made), []
    except ValueError:
        return None, [Fault("bad_link", "möteslänk", "möteslänk")]


def _excepted(text: str) -> tuple[frozenset[str], list[Fault]]:
    """Who is to be left out: an address or a municipality on each line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    read = {line: line.lower() if is_address(line) else code_of(line) for line in lines}
    faults = [Fault("excepted", "undantag", line[:80]) for line, key in read.items() if key is None]
    return frozenset(key for key in read.values() if key is not None), faults


def _ticked(form: Mapping[str, str], before: str) -> list[str]:
    return [key.removeprefix(before) for key in form if key.startswith(before)]


def _text_of(content: bytes) -> tuple[str, bool]:
    """A file as Excel or anything else may have written it."""
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding).replace("\x00", ""), True
        except UnicodeDecodeError:
            continue
    return "", False


def _lines(text: str) -> str:
    """A browser sends text with other line endings than it got."""
    return "\n".join(text.splitlines())
