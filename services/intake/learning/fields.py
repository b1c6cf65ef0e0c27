"""What staff write about a blank form, in a small YAML file: which field is where.

page: 1
fields:
  answer.ja: {box: "Ja, kommunen ansluter sig"}     # the box beside this printed text
  municipality.name: {after: "Kommunens namn:"}     # the line that follows the text
  signature: {above: "Underskrift", nth: 2}         # the room above the text, or above its line
  signatory.name: {in: "Namnförtydligande"}         # the frame that this text stands in
  contact.email: {mm: [45, 210, 80, 7]}             # left, top, width, height
stamp: {mm: [120, 250, 60, 30]}
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import yaml

from shared.errors import UsageError
from shared.forms import STAMP, TEXT_FIELDS, Rect
from shared.municipalities import by_code

OPTION_FIELD: Final = re.compile(r"answer\.(?P<option>[a-z0-9_]{1,20})")
SIGNATURE_FIELD: Final = re.compile(r"signature(\.[a-z0-9_]{1,20})?")

_SIDE_MM = (0.5, 450.0)


class WrongFields(UsageError):
    """The file that says where a blank's fields are cannot be used; the message names the line."""

    code = "wrong_fields"
    remedy = "Correct it and learn the form again; nothing was changed."

    def __init__(self, message: str, *, field: str = "", fault: str = "other") -> None:
        """`field` is whose fault it is, and `fault` a stable key, where one has them."""
        super().__init__(message)
        self.field = field
        self.fault = fault


class Way(StrEnum):
    """How a place is told."""

    BOX = "box"
    AFTER = "after"
    ABOVE = "above"
    BELOW = "below"
    IN = "in"
    MM = "mm"


@dataclass(frozen=True)
class Wanted:
    """One field and how its place is told; `line` is where the file says so, 0 for a widget."""

    name: str
    line: int
    way: Way
    text: str = ""
    nth: int | None = None
    height_mm: float | None = None
    area: Rect | None = None


@dataclass(frozen=True)
class FieldsFile:
    """The whole file. `page` counts from 1; `municipality` is whose the blank is printed for."""

    fields: tuple[Wanted, ...] = ()
    page: int = 1
    municipality: str | None = None
    stamp: Wanted | None = None


def read_fields(data: bytes) -> FieldsFile:
    """Return what the file says. Raises WrongFields, naming the line."""
    try:
        root = yaml.compose(data.decode("utf-8-sig"), Loader=yaml.SafeLoader)
    except UnicodeDecodeError as error:
        raise WrongFields("the file is not UTF-8 text") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise WrongFields(f"line {line}: not YAML: {error.problem}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise WrongFields("not YAML") from error
    top = _mapping(root, "the file")
    unknown = set(top) - {"page", "municipality", "fields", STAMP}
    for name in sorted(unknown):
        raise WrongFields(f"line {_line(top[name])}: {name} is not known here")
    if "fields" not in top:
        raise WrongFields("the file has no `fields`")
    stamp = top.get(STAMP)
    return FieldsFile(
        fields=tuple(
            _wanted(name, node) for name, node in _mapping(top["fields"], "fields").items()
        ),
        page=_page(top.get("page")),
        municipality=_municipality(top.get("municipality")),
        stamp=None if stamp is None else _place(STAMP, stamp),
    )


def is_known(name: str) -> bool:
    """Whether a field of this name means something to the reader."""
    return (
        name in TEXT_FIELDS
        or OPTION_FIELD.fullmatch(name) is not None
        or SIGNATURE_FIELD.fullmatch(name) is not None
    )


def _wanted(name: str, node: yaml.Node) -> Wanted:
    if not is_known(name):
        raise WrongFields(
            f"line {_line(node)}: no field is called {name}; there are answer.<option>, signature, "
            f"{', '.join(TEXT_FIELDS)}"
        )
    wanted = _place(name, node)
    if (wanted.way is Way.BOX) and OPTION_FIELD.fullmatch(name) is None:
        raise WrongFields(f"line {wanted.line}: {name} is not a box to tick; use after, above, …")
    if OPTION_FIELD.fullmatch(name) and wanted.way not in (Way.BOX, Way.MM):
        raise WrongFields(f"line {wanted.line}: {name} is a box to tick; use box or mm")
    return wanted


def _place(name: str, node: yaml.Node) -> Wanted:
    line = _line(node)
    said = _mapping(node, name)
    ways = [way for way in Way if way.value in said]
    if len(ways) != 1:
        raise WrongFields(f"line {line}: {name}: say one of {', '.join(Way)}")
    for key in said:
        if key not in (*Way, "nth", "height_mm"):
            raise WrongFields(f"line {_line(said[key])}: {name}: {key} is not known here")
    [way] = ways
    nth, height = _number(said.get("nth"), name), _number(said.get("height_mm"), name)
    if nth is not None and (nth < 1 or nth != int(nth)):
        raise WrongFields(f"line {line}: {name}: nth counts from 1")
    if height is not None and not 3 <= height <= 100:
        raise WrongFields(f"line {line}: {name}: height_mm is 3 to 100")
    if way is Way.MM:
        return Wanted(name, line, way, area=_rect(said["mm"], name))
    text = said[way.value]
    if not isinstance(text, yaml.ScalarNode) or not text.value.strip():
        raise WrongFields(f"line {line}: {name}: {way} takes a text printed on the blank")
    return Wanted(
        name,
        line,
        way,
        text=" ".join(text.value.split()),
        nth=None if nth is None else int(nth),
        height_mm=height,
    )


def _mapping(node: yaml.Node | None, what: str) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        where = f"line {_line(node)}: " if node is not None else ""
        raise WrongFields(f"{where}{what} must be names with values")
    found: dict[str, yaml.Node] = {}
    for key, value in node.value:
        name = str(key.value)
        if name in found:
            raise WrongFields(f"line {_line(key)}: {name} stands twice")
        found[name] = value
    return found


def _number(node: yaml.Node | None, name: str) -> float | None:
    if node is None:
        return None
    try:
        return float(node.value)
    except (TypeError, ValueError) as error:
        raise WrongFields(f"line {_line(node)}: {name}: not a number") from error


def _rect(node: yaml.Node, name: str) -> Rect:
    said: list[Any] = node.value if isinstance(node, yaml.SequenceNode) else []
    numbers = [number for one in said if (number := _number(one, name)) is not None]
    least, most = _SIDE_MM
    if len(numbers) != 4 or not all(0 <= n <= most for n in numbers) or min(numbers[2:]) < least:
        raise WrongFields(
            f"line {_line(node)}: {name}: mm takes [left, top, width, height] in millimetres"
        )
    left, top, width, height = numbers
    return Rect(left_mm=left, top_mm=top, width_mm=width, height_mm=height)


def _page(node: yaml.Node | None) -> int:
    number = _number(node, "page")
    if number is None:
        return 1
    if node is None or number < 1 or number != int(number):
        raise WrongFields(f"line {_line(node)}: page counts from 1")
    return int(number)


def _municipality(node: yaml.Node | None) -> str | None:
    if node is None:
        return None
    code = str(node.value)
    if by_code(code) is None:
        raise WrongFields(f"line {_line(node)}: no municipality has the code {code}")
    return code


def _line(node: yaml.Node | None) -> int:
    return int(node.start_mark.line) + 1 if node is not None else 0
