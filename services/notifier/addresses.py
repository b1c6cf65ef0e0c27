"""Addresses that letters are ordered to: as typed by people, as SMTP takes them. Pure."""

import re
import unicodedata

import idna

from services.notifier.gate import may_be_addressed

_STAND_IN = "x"


def deliverable(address: str) -> str | None:
    """Return an address as SMTP takes it; None if nothing can be sent to it.

    The domain becomes ASCII (RFC 5890). A local part with å, ä, ö or other letters is kept: only
    a relay that knows SMTPUTF8 (RFC 6531) takes it.
    """
    local, _, domain = unicodedata.normalize("NFC", address.strip()).rpartition("@")
    ascii_domain = domain.lower() if domain.isascii() else _in_ascii(domain)
    # Letters of other alphabets are as harmless as a to z; spaces, controls and signs are not.
    plain = "".join(_STAND_IN if _is_letter(char) else char for char in local)
    if not may_be_addressed(f"{plain}@{ascii_domain}"):
        return None
    if len(local.encode()) > 64:
        return None
    return f"{local}@{ascii_domain}"


def needs_utf8(address: str) -> bool:
    """Tell whether only SMTPUTF8 can carry a deliverable address."""
    return not address.isascii()


def domain_of(address: str) -> str:
    """The domain of an address, in lower case."""
    return re.sub(r"[^!-~]", "", address.rpartition("@")[2].lower())[:255]


def _in_ascii(domain: str) -> str:
    """The domain as the DNS knows it; empty if that knows none such."""
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return ""


def _is_letter(char: str) -> bool:
    return not char.isascii() and unicodedata.category(char) in {"Ll", "Lu", "Lo", "Lt", "Nd"}
