"""Where a list goes on: an opaque text with the last line's keys, bound to its list."""

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import Query

from services.registry.api.problems import Problem

MOST: Final = 500
DEFAULT: Final = 100

Limit = Annotated[int, Query(ge=1, le=MOST, description="Hur många som önskas på en gång")]
Cursor = Annotated[
    str, Query(max_length=1000, description="next_cursor i föregående svar; tom från början")
]


def encoded(of: str, *keys: str | int | datetime) -> str:
    """Return the cursor after a line with these keys, of the list that is called `of`."""
    plain = [key.isoformat() if isinstance(key, datetime) else key for key in keys]
    return base64.urlsafe_b64encode(json.dumps([of, *plain]).encode()).decode().rstrip("=")


def decoded(cursor: str, of: str, kinds: Sequence[type]) -> list[str | int | datetime] | None:
    """Return the keys of the line that a list goes on after; None from the beginning.

    Raises Problem for what no list, or another, has given.
    """
    if not cursor:
        return None
    try:
        padded = cursor.encode() + b"=" * (-len(cursor) % 4)
        name, *keys = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if name != of or len(keys) != len(kinds):
            raise ValueError(name)
        return [_of_kind(key, kind) for key, kind in zip(keys, kinds, strict=True)]
    except (ValueError, TypeError, binascii.Error, RecursionError) as error:
        raise Problem("bad_cursor") from error


def _of_kind(key: object, kind: type) -> str | int | datetime:
    if kind is datetime and isinstance(key, str):
        moment = datetime.fromisoformat(key)
        if moment.tzinfo is None:
            raise ValueError(key)
        return moment
    if kind is str and isinstance(key, str) and "\0" not in key:
        return key
    if kind is int and type(key) is int and abs(key) < 2**31:
        return key
    raise ValueError(key)


def decoded_mark(
    cursor: str, of: str, kind: type[str] | type[int] = str
) -> tuple[datetime, str | int] | None:
    """Return the moment and name that a list goes on after, as `store.stretches` takes them."""
    keys = decoded(cursor, of, (datetime, kind))
    if keys is None:
        return None
    moment, name = keys
    assert isinstance(moment, datetime)
    assert not isinstance(name, datetime)
    return moment, name


def decoded_place(cursor: str, of: str, kinds: Sequence[type]) -> Any:
    """Return the keys that a list at hand goes on after, to be compared with those of its lines.

    Any, for a type checker cannot know that tuples of like kinds can be compared.
    """
    keys = decoded(cursor, of, kinds)
    return tuple(keys) if keys is not None else None
