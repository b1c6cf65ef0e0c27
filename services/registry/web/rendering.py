"""Turns templates and values into pages. Everything that is inserted is escaped."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from babel.dates import format_date, get_month_names
from babel.numbers import format_decimal
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from services.registry.domain.masking import masked
from services.registry.web import phrases, words
from services.registry.web.assets import Assets

_LOCALE = "sv_SE"
_NO_BREAK = "\N{NO-BREAK SPACE}"
_TURNING = dict.fromkeys(
    map(ord, "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
)
_BYTES = ((1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB"))


class Renderer:
    """The templates of one folder, with the filters and words that they use."""

    def __init__(self, folder: Path, assets: Assets, zone: ZoneInfo, organisation: str) -> None:
        self._zone = zone
        self._environment = Environment(
            loader=FileSystemLoader(folder),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            finalize=_harmless,
        )
        self._environment.filters.update(
            moment=self.moment,
            day=day,
            size=size,
            number=number,
            percent=percent,
            masked=masked,
            as_json=as_json,
            address=address,
        )
        self._environment.globals.update(
            asset=assets.address, words=words, phrases=phrases, organisation=organisation
        )

    def render(self, template: str, values: Mapping[str, Any]) -> str:
        """Return the page. Raises jinja2.UndefinedError for a value that the template lacks."""
        return self._environment.get_template(template).render(values)

    def moment(self, at: datetime) -> Markup:
        """A moment on the office's clock: `12 sep. 2024 kl. 14.03`, the exact one in the markup."""
        local = at.astimezone(self._zone)
        # By hand: there are hundreds of moments on a page, and Babel reads its pattern for each.
        # Nothing in it needs to be escaped.
        shown = f"{local.day} {_month(local.month)} {local.year} kl. {local:%H.%M}"
        exact = local.isoformat(timespec="seconds")
        return Markup(  # noqa: S704
            f'<time datetime="{exact}">{shown.replace(" ", _NO_BREAK)}</time>'
        )


@cache
def _month(number: int) -> str:
    return str(get_month_names("abbreviated", locale=_LOCALE)[number])


def _harmless(value: object) -> object:
    """Text without the signs that turn the direction of writing: `fdp.exe` must look like it is.

    (Unicode Technical Report 36, section 2.5, bidirectional text spoofing.)
    """
    if isinstance(value, Markup) or not isinstance(value, str) or value.isascii():
        return value
    return value.translate(_TURNING)


@lru_cache(maxsize=1000)
def day(value: date) -> Markup:
    """A day in words: `30 september 2024`."""
    shown = format_date(value, "d MMMM y", locale=_LOCALE)
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), shown)


def size(size_bytes: int) -> str:
    """A file's size: `512 kB`."""
    for unit_bytes, unit in _BYTES:
        if size_bytes >= unit_bytes:
            shown = format_decimal(size_bytes / unit_bytes, "0.#", locale=_LOCALE)
            return f"{shown}\N{NO-BREAK SPACE}{unit}"
    return f"{size_bytes}\N{NO-BREAK SPACE}byte"


def number(value: int) -> str:
    """A whole number with thousands apart: `1 160`."""
    return str(value) if 0 <= value < 1000 else format_decimal(value, locale=_LOCALE)


def percent(fraction: float) -> str:
    """A fraction as whole per cent, rounded down: what is not certain is not shown as 100."""
    return f"{int(fraction * 100)}\N{NO-BREAK SPACE}%"


def address(message_id: str) -> str:
    """A Message-ID as it stands in an address: without its angle brackets."""
    return quote(message_id.strip("<>"), safe="@")


def as_json(value: object) -> str:
    """Plain data as one reads it in a log: `{"fate": "review"}`."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
