"""The letter that a template makes: for the page where it is worded, and for the frame there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from babel.dates import format_date
from sqlmodel import Session

from services.registry.mailings.letters import Office, time_left
from services.registry.mailings.part_preview import shown_part
from services.registry.mailings.templates import AnyName, part_wordings
from services.registry.tables import Initiative
from shared.letters.kinds import TemplateName, Variable, examples_of, kind_of
from shared.letters.letter import Letter
from shared.letters.parts import Group, PartName, part_of
from shared.letters.plain import SWEDEN
from shared.letters.template import Template, render
from shared.letters.wordings import FOR_ALL, Wordings
from shared.letters.written import written
from shared.outbox import now


@dataclass(frozen=True)
class Described:
    """What a page says of a template."""

    name: AnyName
    title: str
    """As it stands in the list, below what its group is called."""
    heading: str
    """As it stands on a page of its own."""
    used: str
    variables: Sequence[Variable]
    titled: bool
    """Whether subject and heading are its own."""
    by_itself: bool
    """Whether it leaves without anybody's order: what is saved holds at once."""
    of_initiative: bool
    """Whether an initiative may have its own wording."""
    is_frame: bool = False
    """Whether it stands around several documents, perhaps of several initiatives."""


@dataclass(frozen=True)
class Gathered:
    """What a group of templates is called."""

    title: str
    said: str
    before: str
    """What stands before the title of one of them, on its own page."""


GROUPS: Mapping[Group, Gathered] = MappingProxyType(
    {
        Group.RECEIPT: Gathered(
            "Bekräftelser",
            "Ett brev för varje mejl som kommer in, med alla handlingar i mejlet.",
            "Bekräftelse: ",
        ),
        Group.DOCUMENT: Gathered(
            "I bekräftelsen, om varje handling",
            "Står i bekräftelsen. Har mejlet bara en handling ger mallen också ämne och rubrik.",
            "I bekräftelsen: ",
        ),
        Group.DECISION: Gathered(
            "Besked om en registrators beslut",
            "Skickas när en registrator har avgjort vad som gäller en handling.",
            "Besked: ",
        ),
        Group.NOTE: Gathered("Återkommande stycken", "Står i flera av breven.", ""),
        Group.FAULT: Gathered(
            "Skäl att begära ett nytt svar",
            "Vad som är fel och hur avsändaren rättar det. Står i bekräftelser och i besked.",
            "Begär nytt svar: ",
        ),
    }
)


_OF_NO_INITIATIVE = frozenset({TemplateName.QUESTION_FORWARDED, TemplateName.TEMPLATE_REQUEST})


def describe(name: AnyName) -> Described:
    """What is known of a template."""
    if isinstance(name, TemplateName):
        kind = kind_of(name)
        return Described(
            name,
            kind.title,
            kind.title,
            "",
            kind.variables,
            titled=True,
            by_itself=False,
            of_initiative=name not in _OF_NO_INITIATIVE,
        )
    part = part_of(name)
    before = GROUPS[part.group].before
    heading = f"{before}{part.title[0].lower()}{part.title[1:]}" if before else part.title
    return Described(
        name,
        part.title,
        heading,
        part.used,
        part.variables,
        titled=part.titled,
        by_itself=True,
        of_initiative=part.of_initiative,
        is_frame=part.group is Group.RECEIPT and name is not PartName.RECEIPT_ONE,
    )


@dataclass(frozen=True)
class ShownLetter:
    """A letter by a template, and where its values come from."""

    letter: Letter
    from_numbers: tuple[str, ...] = ()
    refused: str = ""
    """Why it has other words than those that were to be shown; empty if it has them."""


def letter_by(
    session: Session,
    name: AnyName,
    initiative: Initiative | None,
    template: Template,
    office: Office,
    *,
    typed: bool = False,
) -> ShownLetter:
    """Return the letter by a template without faults; `typed` is one that is not saved.

    Words for all are shown as such, also where what came in last has words of its own.
    """
    if isinstance(name, TemplateName):
        return ShownLetter(_ordered(name, initiative, template, office))
    scope = initiative.id if initiative is not None else FOR_ALL
    own = {
        (part, given): words
        for (part, given), words in part_wordings(session).own.items()
        if part is not name or given in (scope, FOR_ALL)
    }
    wordings = Wordings(own | {(name, scope): template} if typed else own)
    shown = shown_part(
        session,
        name,
        initiative,
        wordings,
        send_to=office.answers_address,
        organisation=office.organisation,
        at=now(),
    )
    return ShownLetter(shown.letter, shown.from_numbers, shown.refused)


def _ordered(
    name: TemplateName, initiative: Initiative | None, template: Template, office: Office
) -> Letter:
    """With the values of an initiative, as far as it has them, and else with examples."""
    values = examples_of(name) | {
        "svarsadress": office.answers_address,
        "frågor_till": office.questions_address,
    }
    if initiative is not None:
        last_day, today = initiative.last_answer_day, now().astimezone(SWEDEN).date()
        values |= {
            "initiativ": initiative.name,
            "initiativen": f"- {initiative.name}",
            "antal_initiativ": "ett initiativ",
            "sista_svarsdag": format_date(last_day, "d MMMM y", locale="sv"),
            "tid_kvar": time_left(today, last_day) or values.get("tid_kvar", ""),
        }
    worded = render(template, name, values)
    return written(
        subject=worded.subject,
        heading=worded.heading,
        text=worded.text,
        signature=(office.organisation,),
    )
