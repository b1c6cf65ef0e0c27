"""What all of the registry's tables are made of."""

from enum import StrEnum
from typing import TypeVar

from sqlalchemy import (
    Dialect,
    String,
)
from sqlalchemy.orm import registry
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel

E = TypeVar("E", bound=StrEnum)


class KeyOf(TypeDecorator[E]):
    """A column that holds one of an enumeration's keys, as text."""

    impl = String(40)
    cache_ok = True

    def __init__(self, keys: type[E]) -> None:
        super().__init__()
        self.keys = keys
        self._by_text: dict[str | None, E | None] = {None: None, **{one.value: one for one in keys}}

    def process_bind_param(self, value: E | None, dialect: Dialect) -> str | None:
        return None if value is None else self.keys(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> E | None:
        return self._by_text[value]


class RegistryTable(SQLModel, registry=registry()):
    """The registry's own tables."""


METADATA = RegistryTable.metadata
