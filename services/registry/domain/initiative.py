"""The round file: which initiatives are offered, until when, and how they may be answered."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from shared.errors import UsageError
from shared.form_code import MAX_SIGNATORIES
from shared.identifiers import InitiativeId, OptionKey
from shared.own_form import MAX_OPTIONS

DEFAULT_OPTIONS = {"ja": "Ja, kommunen ansluter sig", "nej": "Nej, kommunen avstår"}


@dataclass(frozen=True)
class RoundFault:
    """One thing that is wrong with a round file, in stable keys."""

    kind: str
    """`yaml`, `twice`, `not_utf8`, `bad_value`, `no_round`; else one of pydantic's error types."""
    place: str = ""
    """The key, such as `initiatives[2].name`, numbered from 1; empty for the file as a whole."""
    line: int | None = None
    """Where in the file, from 1, if it is known."""
    said: str = ""
    """More about it, in the words of whoever found it."""


class WrongRound(UsageError):
    """The round file, or an initiative, cannot be used; the message names each fault's place."""

    code = "wrong_round"
    remedy = "Correct it and load it again; nothing was changed."

    def __init__(self, message: str, *faults: RoundFault) -> None:
        super().__init__(message)
        self.faults = faults


class RoundChangesOptions(UsageError):
    """A defined initiative would get other options, or another order of them.

    Forms are read by the places of their boxes, and some may be printed already.
    """

    code = "round_changes_options"
    remedy = "Keep the options and their order, or give it a new id; nothing was changed."

    def __init__(self, message: str, initiative: InitiativeId) -> None:
        super().__init__(message)
        self.initiative = initiative


def _number_as_text(value: Any) -> Any:
    # YAML reads an unquoted 2024 as a number.
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _text_keys(value: Any) -> Any:
    # YAML reads an unquoted `yes` as true, and `1` as a number.
    for key in value if isinstance(value, dict) else ():
        if not isinstance(key, str):
            raise ValueError(f"the key {key!r} is no text; write it in quotes")
    return value


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class StartWhen(BaseModel):
    """What the start takes; reaching it only invites a decision by people."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    yes_count: int = Field(ge=1, le=290)


class InitiativeEntry(BaseModel):
    """One initiative of a round."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: InitiativeId
    name: Text
    last_answer_day: date
    options: Annotated[dict[OptionKey, Text], BeforeValidator(_text_keys)] = Field(
        default_factory=lambda: dict(DEFAULT_OPTIONS), min_length=1, max_length=MAX_OPTIONS
    )
    signatories: int = Field(default=1, ge=1, le=MAX_SIGNATORIES, description="how many must sign")
    start_when: StartWhen | None = None


class RoundFile(BaseModel):
    """A whole round, as the file says it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    round: Annotated[Text, BeforeValidator(_number_as_text)]
    initiatives: tuple[InitiativeEntry, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        ids = [entry.id for entry in self.initiatives]
        twice = sorted({id for id in ids if ids.count(id) > 1})
        if twice:
            raise ValueError(f"stands twice: {', '.join(twice)}")
        return self


Location = tuple[int | str, ...]
"""The keys and indexes that lead to a value."""


def parse_round(
    data: object, line_of: Callable[[Location], int | None] = lambda _: None
) -> RoundFile:
    """Return the round that a parsed file holds, or raise `WrongRound` naming every fault.

    `line_of` tells where in the file a value stands.
    """
    if not isinstance(data, dict):
        raise WrongRound(
            "not a round file: it must have `round` and `initiatives`", RoundFault("no_round")
        )
    try:
        return RoundFile.model_validate(data)
    except ValidationError as error:
        raise wrong_round(error, line_of) from error


def wrong_round(
    error: ValidationError, line_of: Callable[[Location], int | None] = lambda _: None
) -> WrongRound:
    """Return the error that names every fault with its place, such as `initiatives[2].name: …`."""
    faults = [
        RoundFault(
            kind=fault["type"],
            place=_place(fault["loc"]),
            line=line_of(fault["loc"]),
            said=fault["msg"].removeprefix("Value error, "),
        )
        for fault in error.errors()
    ]
    text = "; ".join(f"{fault.place}: {fault.said}".removeprefix(": ") for fault in faults)
    return WrongRound(text, *faults)


def _place(location: Location) -> str:
    place = ""
    for step in location:
        if step != "[key]":
            place += f"[{step + 1}]" if isinstance(step, int) else f".{step}"
    return place.removeprefix(".")
