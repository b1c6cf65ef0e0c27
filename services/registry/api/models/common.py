"""What all models have in common."""

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")


class Model(BaseModel):
    """A frozen value. Every field is always there; what is not known is null or empty."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)


class Asked(BaseModel):
    """What a program sends; a field that nobody knows is an error, so that none is misspelled."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Page(Model, Generic[T]):
    """A part of a list."""

    items: list[T]
    next_cursor: str | None = Field(description="Where the list goes on; null at its end")
