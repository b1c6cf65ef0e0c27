"""Landlock: which files a child may touch, and that it may reach no network and no other process.

linux/landlock.h. Each kernel has an ABI version; what it lacks is left out and reported.
"""

import ctypes
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.intake.sandbox.kernel import syscall

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG = 1
_PATH_BENEATH = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
REMOVE_DIR, REMOVE_FILE, MAKE_DIR, MAKE_REG = 1 << 4, 1 << 5, 1 << 7, 1 << 8
TRUNCATE: Final = 1 << 14
READ: Final = READ_FILE | READ_DIR
OWN: Final = READ | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | TRUNCATE
_FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE

_FS_BITS_BY_ABI = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_NET_SINCE, _ALL_NET = 4, 0b11
_SCOPES_SINCE, _ALL_SCOPES = 6, 0b11
"""No abstract Unix sockets, and no signals, to processes outside of the domain."""


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


@dataclass(frozen=True)
class Allowed:
    """What may be done with a file, or with all below a folder."""

    path: Path
    access: int


def abi_version() -> int:
    """The kernel's Landlock version; 0 where it has none or it is switched off."""
    try:
        return syscall(_CREATE_RULESET, None, 0, _VERSION_FLAG)
    except OSError:
        return 0


def scopes_signals(abi: int) -> bool:
    """Whether this version keeps a child from signalling processes outside of itself."""
    return abi >= _SCOPES_SINCE


def missing(abi: int) -> list[str]:
    """What this version lacks, for the log."""
    if abi == 0:
        return ["Landlock: a child can read what its user can read"]
    lacks = []
    if abi < 3:
        lacks.append("Landlock ABI 3: truncation of files")
    if abi < _SCOPES_SINCE:
        lacks.append("Landlock ABI 6: scoped signals (seccomp denies kill instead)")
    return lacks


def restrict(allowed: Sequence[Allowed], abi: int) -> None:
    """Deny this process, and all it starts, every file but those allowed. Cannot be undone.

    Paths that do not exist are left out. PR_SET_NO_NEW_PRIVS must be set. Raises OSError.
    """
    handled = (1 << _FS_BITS_BY_ABI[min(abi, max(_FS_BITS_BY_ABI))]) - 1
    ruleset = _Ruleset(
        handled,
        _ALL_NET if abi >= _NET_SINCE else 0,
        _ALL_SCOPES if abi >= _SCOPES_SINCE else 0,
    )
    size = 24 if abi >= _SCOPES_SINCE else 16 if abi >= _NET_SINCE else 8
    handle = syscall(_CREATE_RULESET, ruleset, size, 0)
    try:
        for rule in allowed:
            _allow(handle, rule, handled)
        syscall(_RESTRICT_SELF, handle, 0)
    finally:
        os.close(handle)


def _allow(ruleset: int, rule: Allowed, handled: int) -> None:
    try:
        place = os.open(rule.path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        is_folder = stat.S_ISDIR(os.fstat(place).st_mode)
        access = rule.access & handled & (~0 if is_folder else _FILE_RIGHTS)
        syscall(_ADD_RULE, ruleset, _PATH_BENEATH, _PathBeneath(access, place), 0)
    finally:
        os.close(place)
