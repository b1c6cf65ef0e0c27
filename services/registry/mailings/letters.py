"""From a mailing and one recipient to the letter, its values and its files.

The preview, the test letter and the mailing itself come from here, so that none says what the
others do not.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from babel.dates import format_date

from services.registry.forms.print import print_form
from services.registry.tables import Initiative, Mailing, MailingRecipient
from shared.archive import Archive, Area
from shared.events import Appointment, LetterFile, LetterKind, LetterOrdered
from shared.letters.kinds import TemplateName, Variable, variables_of
from shared.letters.letter import Letter
from shared.letters.plain import SWEDEN, number_word
from shared.letters.template import Template, render
from shared.letters.written import written
from shared.municipalities import by_code, display_name

KINDS: Final = (
    LetterKind.OFFER,
    LetterKind.REMINDER,
    LetterKind.UPDATE,
    LetterKind.INVITATION,
    LetterKind.NEWSLETTER,
)
"""What can be sent to many."""
BY_ITSELF: Final = frozenset(
    {
        "kommun",
        "antal_initiativ",
        "initiativen",
        "initiativ",
        "sista_svarsdag",
        "svarsadress",
        "frågor_till",
        "tid_kvar",
        "tid",
    }
)
"""The variables whose value follows from the register and the recipient; staff write the others."""
_CALENDAR_NAME: Final = "kalender.ics"
_UNSUBSCRIBE: Final = "# Vill du inte ha nyhetsbrevet?\n\nHär står en länk som är mottagarens egen."


@dataclass(frozen=True)
class Office:
    """What stands in all letters of this office."""

    organisation: str
    answers_address: str
    questions_address: str
    form_key: bytes


def template_of(kind: LetterKind) -> TemplateName:
    """The template of a kind that can be sent to many."""
    return TemplateName(kind.value)


def variables_to_write(kind: LetterKind) -> list[Variable]:
    """The variables that staff give a value, in their order."""
    return [one for one in variables_of(template_of(kind)) if one.name not in BY_ITSELF]


def values_of(
    mailing: Mailing,
    recipient: MailingRecipient,
    initiatives: Mapping[str, Initiative],
    office: Office,
    today: date,
) -> dict[str, str]:
    """A value for each variable that the letter's template may use; those without are left out."""
    about = [initiatives[one] for one in recipient.initiatives if one in initiatives]
    place = by_code(recipient.municipality)
    values = {
        "kommun": display_name(place) if place else "",
        "antal_initiativ": _how_many(len(about)),
        "initiativen": "\n".join(f"- {one.name}" for one in about),
        "initiativ": about[0].name if about else "",
        "svarsadress": office.answers_address,
        "frågor_till": office.questions_address,
    }
    if about:
        last_day = min(one.last_answer_day for one in about)
        values["sista_svarsdag"] = format_date(last_day, "d MMMM y", locale="sv")
        values["tid_kvar"] = time_left(today, last_day)
    if mailing.appointment is not None:
        meeting = Appointment.model_validate(mailing.appointment)
        values["tid"] = hours_of(meeting.starts_at, meeting.ends_at)
    return values | mailing.said


def letter_ordered(
    mailing: Mailing,
    recipient: MailingRecipient,
    initiatives: Mapping[str, Initiative],
    office: Office,
    *,
    at: datetime,
    letter_id: UUID,
    files: Sequence[LetterFile] = (),
    follows: str = "",
) -> LetterOrdered:
    """Return the order of one letter, worded. Raises ValueMissing where a value is needed.

    `follows` is the Message-ID of a letter of ours whose thread it is to stand in.
    """
    template = Template(mailing.subject, mailing.heading, mailing.text)
    values = values_of(mailing, recipient, initiatives, office, at.astimezone(SWEDEN).date())
    worded = render(template, template_of(mailing.kind), values)
    return LetterOrdered(
        occurred_at=at,
        letter_id=letter_id,
        mailing_id=UUID(mailing.id),
        kind=mailing.kind,
        recipient=recipient.address,
        recipient_name=recipient.name,
        attention=tuple(mailing.attention),
        subject_line=worded.subject,
        heading=worded.heading,
        text=worded.text,
        files=tuple(files),
        appointment=mailing.appointment,
        in_reply_to=follows,
        references=(follows,) if follows else (),
        unsubscribe=recipient.unsubscribe,
        initiative=recipient.initiatives[0] if len(recipient.initiatives) == 1 else None,
        municipality=recipient.municipality or None,
    )


def as_shown(order: LetterOrdered, file_names: Iterable[str], organisation: str) -> Letter:
    """The letter as its reader sees it, without the sender's name, which the notifier knows."""
    name = (order.recipient_name,) if order.recipient_name and order.attention else ()
    calendar = [_CALENDAR_NAME] if order.appointment else []
    newsletter = order.kind is LetterKind.NEWSLETTER
    return written(
        subject=order.subject_line,
        heading=order.heading,
        text=f"{order.text}\n\n{_UNSUBSCRIBE}" if newsletter else order.text,
        addressed_to=(*name, *(f"Att: {role}" for role in order.attention)),
        files=[*file_names, *calendar],
        signature=(organisation,),
    )


def form_names(
    mailing: Mailing, recipient: MailingRecipient, initiatives: Mapping[str, Initiative]
) -> list[str]:
    """What the forms are called that go with a letter."""
    if not mailing.with_forms:
        return []
    return [_form_name(initiatives[one], recipient) for one in recipient.initiatives]


def forms_of(
    mailing: Mailing,
    recipient: MailingRecipient,
    initiatives: Mapping[str, Initiative],
    office: Office,
    archive: Archive,
) -> list[LetterFile]:
    """Print a municipality's own forms and keep them where the notifier finds them.

    Raises DoesNotFit for a name without room on the form.
    """
    if not mailing.with_forms:
        return []
    return [
        LetterFile(
            name=_form_name(initiatives[one], recipient),
            content_type="application/pdf",
            content=archive.put(
                own_form_of(initiatives[one], recipient.municipality, office), Area.DERIVED
            ),
        )
        for one in recipient.initiatives
    ]


def own_form_of(initiative: Initiative, municipality: str, office: Office) -> bytes:
    """Our form of one initiative for one municipality."""
    place = by_code(municipality)
    assert place is not None, "only municipalities get forms"
    return print_form(
        initiative=initiative.id,
        initiative_name=initiative.name,
        round_name=initiative.round,
        last_answer_day=initiative.last_answer_day,
        options=initiative.options,
        signatories=initiative.signatories,
        municipality=municipality,
        municipality_name=display_name(place),
        key=office.form_key,
        return_address=office.answers_address,
        organisation=office.organisation,
    )


def time_left(today: date, last_day: date) -> str:
    """How long is left to answer: `om två veckor`, `i morgon`; empty when the day has passed."""
    days = (last_day - today).days
    if days < 0:
        return ""
    if days < 2:
        return ("i dag", "i morgon")[days]
    if days >= 14 and days % 7 == 0:
        return f"om {number_word(days // 7)} veckor"
    return f"om {number_word(days)} dagar"


def hours_of(starts_at: datetime, ends_at: datetime) -> str:
    """When something is held: `onsdagen den 19 juni 2024 kl. 13.00–14.30`."""
    begins, ends = starts_at.astimezone(SWEDEN), ends_at.astimezone(SWEDEN)
    if begins.date() != ends.date():
        return f"{_day_and_hour(begins)} till {_day_and_hour(ends)}"
    return f"{_day_and_hour(begins)}–{ends:%H.%M}"


def _day_and_hour(at: datetime) -> str:
    day = format_date(at, "EEEE'en den' d MMMM y", locale="sv")
    return f"{day} kl. {at:%H.%M}"


def _how_many(count: int) -> str:
    return "ett initiativ" if count == 1 else f"{number_word(count)} initiativ"


def _form_name(initiative: Initiative, recipient: MailingRecipient) -> str:
    place = by_code(recipient.municipality)
    name = display_name(place) if place else recipient.municipality
    return f"Svarsformulär {initiative.name[:80]}, {name}.pdf"
