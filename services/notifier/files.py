"""Files as parts of a mail, with names that common mail programs show right. Pure.

A name beyond ASCII stands twice, as Thunderbird writes it: as RFC 2231 says in
Content-Disposition, and as encoded words (RFC 2047) in Content-Type, which is what older Outlooks
look at, although RFC 2047, 5 forbids them there.
"""

import re
import unicodedata
from email.headerregistry import HeaderRegistry
from email.message import EmailMessage
from email.policy import SMTP, Policy
from typing import Any, Final
from urllib.parse import quote

from services.notifier.headers import encoded_words
from shared.letters.plain import one_line

MAX_NAME: Final = 120
NAMELESS: Final = "fil"


def safe_name(name: str) -> str:
    """A file's name without folders and signs that a file system or a header trips over."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    plain = re.sub(r'[<>:"|?*;]', "_", one_line(last, limit=10_000)).strip(". ")
    if len(plain) > MAX_NAME:
        stem, dot, ending = plain.rpartition(".")
        kept = f"{dot}{ending}" if stem and len(ending) <= 10 else ""
        plain = plain[: MAX_NAME - len(kept)].rstrip() + kept
    return plain or NAMELESS


def file_part(name: str, content_type: str, data: bytes, **parameters: str) -> EmailMessage:
    """One attachment. `parameters` are those of its type, for example a calendar's method."""
    shown = safe_name(name)
    maintype, _, subtype = content_type.partition("/")
    part = EmailMessage(policy=_policy())
    part.set_content(data, maintype=maintype, subtype=subtype, cte="base64")
    del part["MIME-Version"]
    del part["Content-Type"]
    named = "".join(f"; {key}={value}" for key, value in parameters.items())
    part["Content-Type"] = f'{content_type}{named}; name="{_name_for_old_programs(shown)}"'
    part["Content-Disposition"] = f"attachment; {_filename(shown)}"
    return part


def _filename(name: str) -> str:
    if name.isascii():
        return f'filename="{name}"'
    return f"filename*=UTF-8''{quote(name, safe='')}"


def _name_for_old_programs(name: str) -> str:
    if name.isascii():
        return name
    return " ".join(encoded_words(name))


class _Parameters:
    """A header that is written as it was given, folded between its parameters."""

    max_count = 1

    @staticmethod
    def parse(value: str, kwds: dict[str, Any]) -> None:
        kwds["parse_tree"] = None
        kwds["decoded"] = value

    def fold(self, *, policy: "Policy[Any]") -> str:
        header: Any = self
        folded = (
            str(self)
            .replace("; ", f";{policy.linesep} ")
            .replace("?= =?", f"?={policy.linesep} =?")
        )
        return f"{header.name}: {folded}{policy.linesep}"


def _policy() -> "Policy[Any]":
    registry = HeaderRegistry()
    for name in ("content-type", "content-disposition"):
        registry.map_to_type(name, _Parameters)  # type: ignore[arg-type]
    return SMTP.clone(header_factory=registry)
