"""How the parts of automatic mails are worded: as delivered, or as staff have worded them. Pure.

What staff have written is used only if it is without fault today, and if it can be put together.
Otherwise the delivered wording is used, and it is remembered which could not be: no mail is ever
delayed, or lost, for its wording.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Final

from shared.letters.flow import Pieces, flow, title
from shared.letters.letter import Block, Shape
from shared.letters.parts import Form, PartName, part_of, part_source
from shared.letters.plain import one_line
from shared.letters.template import (
    FaultCode,
    Part,
    Template,
    TemplateFault,
    parse,
    text_faults,
    title_faults,
)
from shared.letters.written import blocks_in, sections_of

FOR_ALL: Final = ""
"""In place of an initiative: the wording of all that have none of their own."""
_FORM_FAULTS: Final[Mapping[Form, str]] = {
    Form.FAULT: "Skriv först vad som är fel, som stycken, och sedan stegen, som en numrerad lista.",
    Form.PARAGRAPHS: "Skriv stycken, utan rubriker, listor och tabeller.",
    Form.LINE: "Skriv en enda rad, utan rubrik, lista och tabell.",
}


@dataclass(frozen=True)
class Refused:
    """A wording of staff's that could not be used, and why."""

    name: PartName
    initiative: str
    why: str


@dataclass(frozen=True)
class Worded:
    """A part with its values in place."""

    subject: str
    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Wordings:
    """The wordings that hold while one letter is written, and those found unusable meanwhile."""

    own: Mapping[tuple[PartName, str], Template] = field(default_factory=dict)
    """What staff have worded, by part and initiative; `FOR_ALL` for the rest."""
    refused: list[Refused] = field(default_factory=list)
    used: list[tuple[PartName, str]] = field(default_factory=list)
    """Which of staff's this letter was written with, so far."""

    def word(
        self,
        name: PartName,
        initiative: str | None,
        values: Mapping[str, str] = MappingProxyType({}),
        pieces: Pieces = MappingProxyType({}),
    ) -> Worded:
        """Word a part that concerns this initiative, or several or none."""
        for scope in dict.fromkeys((initiative or FOR_ALL, FOR_ALL)):
            template = self.own.get((name, scope))
            if template is None:
                continue
            try:
                worded = _usable(name, template, values, pieces)
            except Exception as error:  # whatever it is, the mail must leave
                self._refuse(name, scope, error)
            else:
                self.used.append((name, scope))
                return worded
        return _worded(name, delivered_part(name), values, pieces)

    def without_own(self, error: Exception) -> "Wordings":
        """Return the delivered wordings, for a letter that could not be made with staff's.

        Which of them it was is not known; all that it was written with are refused.
        """
        for name, scope in self.used:
            self._refuse(name, scope, error)
        return Wordings()

    def _refuse(self, name: PartName, scope: str, error: Exception) -> None:
        refused = Refused(name, scope, str(error) or type(error).__name__)
        if refused not in self.refused:
            self.refused.append(refused)


class Unusable(ValueError):
    """A wording that was accepted once and has a fault today; the message is for staff."""


@cache
def delivered_part(name: PartName) -> Template:
    """The part as it is delivered."""
    return parse(part_source(name))


def check_part(template: Template, name: PartName) -> tuple[TemplateFault, ...]:
    """Return everything that keeps a template from being used for a part."""
    part = part_of(name)
    titles = title_faults(template, part.variables) if part.titled else ()
    found = (*titles, *text_faults(template, part.variables))
    return found or tuple(_form_faults(template, part.form))


def _form_faults(template: Template, form: Form) -> Iterator[TemplateFault]:
    wrong = _FIRST_WRONG[form](template.text.splitlines())
    if wrong is not None:
        message = f"Rad {wrong}: {_FORM_FAULTS[form]}"
        yield TemplateFault(FaultCode.WRONG_FORM, Part.TEXT, wrong, "", message)


def _no_line(lines: list[str]) -> int | None:
    return 2 if len(lines) > 1 else _no_paragraph(lines)


def _no_paragraph(lines: list[str]) -> int | None:
    return next((at for at, shape in _shapes(lines) if shape is not Shape.PARAGRAPH), None)


def _no_fault(lines: list[str]) -> int | None:
    """The line where what is wrong, and then its steps, ends; or the last, if there is no step."""
    expected: tuple[Shape, ...] = (Shape.PARAGRAPH,)
    for at, shape in _shapes(lines):
        if shape not in expected:
            return at
        expected = (Shape.STEPS,) if shape is Shape.STEPS else (Shape.PARAGRAPH, Shape.STEPS)
    return None if expected == (Shape.STEPS,) else len(lines)


def _shapes(lines: list[str]) -> Iterator[tuple[int, Shape]]:
    for at, line in enumerate(lines, 1):
        yield from ((at, block.shape) for block in blocks_in(line))


_FIRST_WRONG: Final[Mapping[Form, Callable[[list[str]], int | None]]] = {
    Form.FREE: lambda lines: None,
    Form.FAULT: _no_fault,
    Form.PARAGRAPHS: _no_paragraph,
    Form.LINE: _no_line,
}
"""The line, counted from 1, where a text stops being of its form; None if it does not."""


def _usable(
    name: PartName, template: Template, values: Mapping[str, str], pieces: Pieces
) -> Worded:
    faults = check_part(template, name)
    if faults:
        raise Unusable(faults[0].message)
    worded = _worded(name, template, values, pieces)
    if part_of(name).titled and not worded.subject:
        raise Unusable("Ämnet blev tomt.")
    if not worded.blocks:
        raise Unusable("Texten blev tom.")
    shapes = {block.shape for block in worded.blocks}
    if part_of(name).form is Form.FAULT and not shapes >= {Shape.PARAGRAPH, Shape.STEPS}:
        raise Unusable("Vad som är fel, eller hur det rättas, saknas när en variabel saknar värde.")
    said = "\n".join(_said_in(worded.blocks))
    for variable in part_of(name).variables:
        value = one_line(values.get(variable.name, ""), limit=variable.limit)
        if variable.required and value not in said:
            raise Unusable(f"{{{{{variable.name}}}}} kom inte med i texten.")
    return worded


def _said_in(blocks: Iterable[Block]) -> Iterator[str]:
    """All that is read of these: not headings that have nothing below them."""
    for section in sections_of(blocks):
        yield section.heading
        for block in section.blocks:
            yield from block.lines
            yield from (value for fact in block.facts for value in fact)


def _worded(
    name: PartName, template: Template, values: Mapping[str, str], pieces: Pieces
) -> Worded:
    variables = part_of(name).variables
    return Worded(
        title(template.subject, variables, values),
        title(template.heading, variables, values),
        tuple(flow(template.text, variables, values, pieces)),
    )
