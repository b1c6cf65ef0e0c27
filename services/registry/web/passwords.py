"""Local passwords: Argon2id with the library's profile (RFC 9106, low memory), and first ones."""

import secrets
import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 12
MAX_LENGTH = 200
"""A longer one only costs time to hash."""

_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
_at_once = threading.BoundedSemaphore(2)
"""Each hashing takes 64 MiB: a burst of log-ins must wait, not fill the memory."""


def hash_password(password: str) -> str:
    """Return what to keep of a password."""
    with _at_once:
        return PasswordHasher().hash(password)


def is_right(password: str, kept: str | None) -> bool:
    """Tell whether the password is the kept one; takes as long when there is none to compare."""
    try:
        with _at_once:
            PasswordHasher().verify(kept or _nobodys(), password[:MAX_LENGTH])
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def fault_in(password: str, name: str) -> str | None:
    """Say in Swedish why this cannot be a password, or None (NIST SP 800-63B, 5.1.1)."""
    if len(password) < MIN_LENGTH:
        return f"Lösenordet behöver ha minst {MIN_LENGTH} tecken."
    if len(password) > MAX_LENGTH:
        return f"Lösenordet får ha högst {MAX_LENGTH} tecken."
    if len(set(password)) < 5 or name.casefold() in password.casefold():
        return "Lösenordet är för lätt att gissa."
    return None


def first_password() -> str:
    """Return a password to hand to somebody, who must change it: 80 bits, easy to read out."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


@cache
def _nobodys() -> str:
    return PasswordHasher().hash(secrets.token_urlsafe())
