"""How a mail's headers are written, where Python's email package would garble them. Pure.

Its folding loses or doubles spaces between encoded words, and turns an identifier that does not
fit on a line, as Exchange writes them, into encoded words: no mail program would find the thread.
Revisit when it does not.
"""

import re
from base64 import b64encode
from email.headerregistry import HeaderRegistry
from email.policy import SMTP, Policy
from typing import Any, Final

LINE: Final = 64
WORD_BYTES: Final = 45
"""Of UTF-8 in one encoded word: 72 characters, of the 75 that RFC 2047, 2 allows."""
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")


def writing_policy(*, utf8: bool = False) -> "Policy[Any]":
    """The policy that our mails are written by.

    `utf8` only where an address cannot be written otherwise.
    """
    registry = HeaderRegistry()
    kinds = {
        _Identifiers: ("in-reply-to", "references", "message-id", "list-unsubscribe"),
        _Text: ("subject",),
        _Mailbox: ("from", "to"),
    }
    for kind, names in kinds.items():
        for name in names:
            registry.map_to_type(name, kind)  # type: ignore[arg-type]
    return SMTP.clone(header_factory=registry, utf8=utf8)


def mailbox_value(name: str, address: str) -> str:
    """A name and an address, as `From` and `To` of that policy take them."""
    return f"{name} <{address}>" if name else f"<{address}>"


class _Written:
    """A header that is kept as given until it is folded."""

    max_count = 1

    @staticmethod
    def parse(value: str, kwds: dict[str, Any]) -> None:
        kwds["parse_tree"] = None
        kwds["decoded"] = value

    def fold(self, *, policy: "Policy[Any]") -> str:
        header: Any = self
        return f"{header.name}: {self.folded(str(self), policy)}{policy.linesep}"

    @staticmethod
    def folded(value: str, policy: "Policy[Any]") -> str:
        raise NotImplementedError


class _Identifiers(_Written):
    """Identifiers, folded between them."""

    @staticmethod
    def folded(value: str, policy: "Policy[Any]") -> str:
        return f"{policy.linesep} ".join(value.split())


class _Text(_Written):
    """Words."""

    @staticmethod
    def folded(value: str, policy: "Policy[Any]") -> str:
        plain = value.isascii() and len(value) <= LINE and "=?" not in value
        return value if plain else _encoded(value, policy)


class _Mailbox(_Written):
    """One name with its address."""

    @staticmethod
    def folded(value: str, policy: "Policy[Any]") -> str:
        name, _, address = value.rpartition("<")
        name = name.strip()
        if not name:
            return address.rstrip(">")
        if not name.isascii() or len(name) > LINE or "=?" in name:
            shown = _encoded(name, policy)
        elif _ATOMS.fullmatch(name):
            shown = name
        else:
            shown = '"{}"'.format(name.replace("\\", "\\\\").replace('"', '\\"'))
        fold = policy.linesep if len(shown.rpartition("\n")[2]) + len(address) > LINE else ""
        return f"{shown}{fold} <{address}"


def encoded_words(value: str) -> list[str]:
    """Text as encoded words (RFC 2047), parted after spaces, which are inside of them.

    Between encoded words white space means nothing; not every program knows, but at the end of a
    word it does the least harm.
    """
    chunks = [""]
    for piece in re.findall(r"\S+\s*|\s+", value):
        for part in [piece] if len(piece.encode()) <= WORD_BYTES else piece:
            if len((chunks[-1] + part).encode()) > WORD_BYTES:
                chunks.append("")
            chunks[-1] += part
    return [f"=?UTF-8?B?{b64encode(chunk.encode()).decode()}?=" for chunk in chunks]


def _encoded(value: str, policy: "Policy[Any]") -> str:
    return f"{policy.linesep} ".join(encoded_words(value))
