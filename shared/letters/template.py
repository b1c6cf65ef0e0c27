"""Letters as templates that staff may word otherwise: text, and variables in double braces. Pure.

The language has variables and nothing else: no expressions, no attributes, no code, so that a
template can do no harm whoever wrote it. A line one of whose variables has no value is left out.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared.letters.kinds import TemplateName, Variable, variables_of
from shared.letters.plain import one_line, paragraphs_of

SUBJECT_PREFIX: Final = "Ämne:"
HEADING_PREFIX: Final = "Rubrik:"
MAX_SUBJECT: Final = 200
MAX_TEXT: Final = 30_000
_VARIABLE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_STRAY = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}")


@dataclass(frozen=True)
class Template:
    """How letters of one kind are worded. Subject and heading are one line each."""

    subject: str
    heading: str
    text: str


@dataclass(frozen=True)
class Worded:
    """A template with its values in place."""

    subject: str
    heading: str
    text: str


class Part(StrEnum):
    SUBJECT = "subject"
    HEADING = "heading"
    TEXT = "text"


class FaultCode(StrEnum):
    UNKNOWN_VARIABLE = "unknown_variable"
    STRAY_BRACES = "stray_braces"
    NOT_ALONE = "not_alone"
    """A variable of several paragraphs shares its line."""
    MAY_BE_EMPTY = "may_be_empty"
    """A variable without which there would be no subject or heading."""
    EMPTY = "empty"
    SEVERAL_LINES = "several_lines"
    TOO_LONG = "too_long"
    LEFT_OUT = "left_out"
    """A variable that must stand in the text does not."""
    MAY_TAKE_WITH_IT = "may_take_with_it"
    """A variable that must stand in the text shares its line with one that may lack a value."""
    WRONG_FORM = "wrong_form"
    """The text does not consist of what it must consist of."""


@dataclass(frozen=True)
class TemplateFault:
    """Why a template cannot be used: where, which name, and in Swedish to who wrote it."""

    code: FaultCode
    part: Part
    line: int
    """From 1."""
    name: str
    message: str


class ValueMissing(ValueError):
    """A value that the template cannot do without was not given."""


def check(template: Template, name: TemplateName) -> tuple[TemplateFault, ...]:
    """Return everything that keeps a template from being used for these letters."""
    known = variables_of(name)
    return (*title_faults(template, known), *text_faults(template, known))


def title_faults(template: Template, known: Iterable[Variable]) -> Iterator[TemplateFault]:
    """Find what is wrong with subject and heading; the variables are those that may be used."""
    variables = {variable.name: variable for variable in known}
    for part in (Part.SUBJECT, Part.HEADING):
        line = getattr(template, part.value)
        yield from _line_faults(part, 1, line, variables)
        yield from _title_faults(part, line)


def text_faults(template: Template, known: Iterable[Variable]) -> Iterator[TemplateFault]:
    """Find what is wrong with the text."""
    variables = {variable.name: variable for variable in known}
    for number, line in enumerate(template.text.splitlines(), 1):
        yield from _line_faults(Part.TEXT, number, line, variables)
        yield from _company_faults(number, line, variables)
    if not template.text.strip():
        yield TemplateFault(FaultCode.EMPTY, Part.TEXT, 1, "", "Texten saknas.")
    if len(template.text) > MAX_TEXT:
        longest = f"Texten får vara högst {MAX_TEXT} tecken."
        yield TemplateFault(FaultCode.TOO_LONG, Part.TEXT, 1, "", longest)
    lines = template.text.splitlines()
    used = {name for line in lines for name in names_in(line)}
    for variable in variables.values():
        if variable.required and variable.name not in used:
            yield TemplateFault(
                FaultCode.LEFT_OUT,
                Part.TEXT,
                len(lines) or 1,
                variable.name,
                f"{{{{{variable.name}}}}} måste stå i texten: {variable.meaning}.",
            )


def render(template: Template, name: TemplateName, values: Mapping[str, str]) -> Worded:
    """Put the values in place of the variables of a template that has no faults.

    A value of one line is made one; of several paragraphs, blank lines part them. Raises
    ValueMissing if subject or heading would lack something.
    """
    variables = {variable.name: variable for variable in variables_of(name)}
    given = {_name(key): value for key, value in values.items()}
    lines = (filled(line, variables, given) for line in _normal(template.text).strip().splitlines())
    text = "\n".join(line for line in lines if line is not None)
    return Worded(
        _title(template.subject, variables, given)[:MAX_SUBJECT],
        _title(template.heading, variables, given),
        re.sub(r"\n{3,}", "\n\n", text).strip(),
    )


def parse(source: str) -> Template:
    """Take a template file apart: `Ämne: …`, `Rubrik: …`, a blank line and the text.

    One that is a part of a letter may be text alone.
    """
    if not source.startswith(SUBJECT_PREFIX):
        return Template("", "", source.strip() + "\n")
    head, _, text = source.partition("\n\n")
    subject, _, heading = head.partition("\n")
    assert heading.startswith(HEADING_PREFIX), "a template's second line is its heading"
    return Template(
        subject.removeprefix(SUBJECT_PREFIX).strip(),
        heading.removeprefix(HEADING_PREFIX).strip(),
        text.strip() + "\n",
    )


def _line_faults(
    part: Part, number: int, line: str, variables: Mapping[str, Variable]
) -> Iterator[TemplateFault]:
    for match in _VARIABLE.finditer(_normal(line)):
        name = _name(match[1])
        variable = variables.get(name)
        if variable is None:
            known = ", ".join(sorted(variables))
            which = f"De som finns är: {known}." if known else "Här finns inga variabler."
            yield TemplateFault(
                FaultCode.UNKNOWN_VARIABLE,
                part,
                number,
                name,
                f"Rad {number}: variabeln {{{{{name}}}}} finns inte. {which}",
            )
        elif variable.paragraphs and (part is not Part.TEXT or line.strip() != match[0]):
            yield TemplateFault(
                FaultCode.NOT_ALONE,
                part,
                number,
                name,
                f"Rad {number}: {{{{{name}}}}} är flera stycken och ska stå ensam på sin rad.",
            )
        elif variable.optional and part is not Part.TEXT:
            yield TemplateFault(
                FaultCode.MAY_BE_EMPTY,
                part,
                number,
                name,
                f"{{{{{name}}}}} kan sakna värde och får bara stå i texten.",
            )
    stray = _STRAY.search(_VARIABLE.sub("", _normal(line)))
    if stray:
        yield TemplateFault(
            FaultCode.STRAY_BRACES,
            part,
            number,
            stray[0],
            f"Rad {number}: {stray[0]} hör inte till någon variabel. "
            "En variabel skrivs {{namn}}.",
        )


def _company_faults(
    number: int, line: str, variables: Mapping[str, Variable]
) -> Iterator[TemplateFault]:
    """What must be said stands in no line that another variable may leave out."""
    named = [variables[name] for name in dict.fromkeys(names_in(line)) if name in variables]
    must = next((one for one in named if one.required), None)
    other = next((one for one in named if one.optional and one is not must), None)
    if must is not None and other is not None:
        yield TemplateFault(
            FaultCode.MAY_TAKE_WITH_IT,
            Part.TEXT,
            number,
            other.name,
            f"Rad {number}: {{{{{other.name}}}}} kan sakna värde, och då utelämnas raden. "
            f"Skriv {{{{{must.name}}}}}, som måste stå i texten, på en annan rad.",
        )


def _title_faults(part: Part, line: str) -> Iterator[TemplateFault]:
    label = "Ämnet" if part is Part.SUBJECT else "Rubriken"
    if not line.strip() and part is Part.SUBJECT:
        yield TemplateFault(FaultCode.EMPTY, part, 1, "", f"{label} saknas.")
    if len(line.splitlines()) > 1:
        yield TemplateFault(FaultCode.SEVERAL_LINES, part, 1, "", f"{label} ska vara en rad.")
    if len(line) > MAX_SUBJECT:
        yield TemplateFault(
            FaultCode.TOO_LONG, part, 1, "", f"{label} får vara högst {MAX_SUBJECT} tecken."
        )


def _title(line: str, variables: Mapping[str, Variable], values: Mapping[str, str]) -> str:
    whole = filled(_normal(line), variables, values)
    if whole is None:
        missing = [name for name in names_in(line) if not values.get(name, "").strip()]
        raise ValueMissing(f"no value for {', '.join(missing)}")
    return one_line(whole, limit=250)


def filled(line: str, variables: Mapping[str, Variable], values: Mapping[str, str]) -> str | None:
    """Return a line with its values; None if one of them is missing."""
    names = names_in(line)
    if any(not values.get(name, "").strip() for name in names):
        return None

    def value(match: re.Match[str]) -> str:
        name = _name(match[1])
        if variables[name].paragraphs:
            return "\n\n".join(paragraphs_of(values[name]))
        return one_line(values[name], limit=variables[name].limit)

    return _VARIABLE.sub(value, line)


def names_in(line: str) -> list[str]:
    """Return the variables that stand in a line, in their order."""
    return [_name(match[1]) for match in _VARIABLE.finditer(_normal(line))]


def _name(written: str) -> str:
    return _normal(written).strip().lower()


def _normal(text: str) -> str:
    """An å in two pieces is an å."""
    return unicodedata.normalize("NFC", text)
