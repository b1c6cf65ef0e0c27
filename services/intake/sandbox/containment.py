"""What a child does to itself before it sees its first untrusted byte.

Memory, CPU, file and process limits; no rights that root would have; no file but the program's
own, read-only, and one scratch folder; no network; no program but tesseract, if the job needs it.
"""

import contextlib
import ctypes
import os
import resource
import shutil
import signal
import struct
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.intake.sandbox import landlock
from services.intake.sandbox.kernel import prctl, syscall
from services.intake.sandbox.landlock import Allowed
from services.intake.sandbox.seccomp import Filter

MIB: Final = 1024 * 1024
PROGRAM: Final = "tesseract"
NOBODY: Final = 65534
OPEN_FILES: Final = 64
MORE_PROCESSES: Final = 32

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 1, 4
_PR_CAPBSET_DROP, _PR_SET_SECUREBITS, _PR_SET_NO_NEW_PRIVS = 24, 28, 38
_NO_ROOT_LOCKED: Final = 0b11
_LAST_CAPABILITY: Final = 63
_CAPSET = {"x86_64": 126, "aarch64": 91}
_CAPABILITY_VERSION_3: Final = 0x20080522
_PT_INTERP: Final = 3


@dataclass(frozen=True)
class Bounds:
    """How far one job may go."""

    memory_mib: int
    cpu_s: int
    wall_s: float
    scratch_mib: int


class _CapabilityHead(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Capabilities(ctypes.Structure):
    _fields_ = (("words", ctypes.c_uint32 * 6),)


class Containment:
    """Prepared once in the server, applied in every child."""

    def __init__(self) -> None:
        self.abi = landlock.abi_version()
        self.missing = landlock.missing(self.abi)
        self._program = shutil.which(PROGRAM)
        self._filters: dict[bool, Filter] = {}
        may_signal = landlock.scopes_signals(self.abi)
        try:
            for may_execute in (False, True):
                self._filters[may_execute] = Filter(may_execute=may_execute, may_signal=may_signal)
        except OSError as error:
            self.missing.append(f"seccomp: {error.strerror}")
        self._readable = _readable()
        self._executable = _executable(self._program)

    def apply(self, bounds: Bounds, scratch: Path, *, may_execute: bool) -> None:
        """Contain this process for good. Raises OSError if the kernel refuses what it has."""
        _limit(bounds)
        _drop_root()
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        prctl(_PR_SET_DUMPABLE, 0)
        prctl(_PR_SET_NO_NEW_PRIVS, 1)
        if self.abi:
            executable = self._executable if may_execute else ()
            rules = [*self._readable, *executable, Allowed(scratch, landlock.OWN)]
            landlock.restrict(rules, self.abi)
        if self._filters:
            self._filters[may_execute].install()


def _limit(bounds: Bounds) -> None:
    used_bytes = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    all_tasks = int(Path("/proc/loadavg").read_text().split()[3].partition("/")[2])
    wanted = {
        resource.RLIMIT_AS: used_bytes + bounds.memory_mib * MIB,
        resource.RLIMIT_FSIZE: bounds.scratch_mib * MIB,
        resource.RLIMIT_NOFILE: OPEN_FILES,
        # Counted over all of the user's processes, of which there may be many already.
        resource.RLIMIT_NPROC: all_tasks + MORE_PROCESSES,
        resource.RLIMIT_CORE: 0,
    }
    for kind, most in wanted.items():
        _, hard = resource.getrlimit(kind)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (bounds.cpu_s, bounds.cpu_s + 1))


def _drop_root() -> None:
    """Give up what root has beyond owning its files; the limit on processes then holds too.

    The effective user stays, so that the program's own files can still be read wherever they
    are; Landlock says which. A program that is started gets no rights back.
    """
    if os.geteuid() != 0:
        return
    with contextlib.suppress(OSError):
        prctl(_PR_SET_SECUREBITS, _NO_ROOT_LOCKED)
        for capability in range(_LAST_CAPABILITY + 1):
            with contextlib.suppress(OSError):
                prctl(_PR_CAPBSET_DROP, capability)
    with contextlib.suppress(OSError):
        os.setgroups([])
        os.setresuid(NOBODY, -1, -1)
    number = _CAPSET.get(os.uname().machine)
    if number is not None:
        syscall(number, _CapabilityHead(_CAPABILITY_VERSION_3, 0), _Capabilities())


def _readable() -> list[Allowed]:
    packages = Path(__file__).parents[3]
    paths = {
        Path(sys.prefix),
        Path(sys.base_prefix) / "lib",
        *(Path(path) for path in sysconfig.get_paths().values()),
        packages / "services",
        packages / "shared",
        Path("/lib"),
        Path("/lib64"),
        Path("/usr/lib"),
        Path("/usr/lib64"),
        Path("/usr/local/lib"),
        Path("/usr/share/tesseract-ocr"),
        Path("/usr/share/tessdata"),
        Path("/usr/share/zoneinfo"),
        Path(os.environ.get("TESSDATA_PREFIX") or "/usr/share/tessdata"),
        Path("/etc/ld.so.cache"),
        Path("/dev/urandom"),
    }
    return [
        *(Allowed(path, landlock.READ) for path in sorted(paths)),
        Allowed(Path("/dev/null"), landlock.READ_FILE | landlock.WRITE_FILE),
    ]


def _executable(program: str | None) -> Sequence[Allowed]:
    if program is None:
        return ()
    real = Path(program).resolve()
    access = landlock.EXECUTE | landlock.READ_FILE
    loader = _loader_of(real)
    return [Allowed(path, access) for path in (real, loader) if path is not None]


def _loader_of(program: Path) -> Path | None:
    """The ELF interpreter that the kernel starts for a program (64 bits, little endian)."""
    with program.open("rb") as file:
        head = file.read(64)
        if head[:4] != b"\x7fELF":
            return None
        start, size, count = (
            struct.unpack_from("<Q", head, 32)[0],
            struct.unpack_from("<H", head, 54)[0],
            struct.unpack_from("<H", head, 56)[0],
        )
        for index in range(count):
            file.seek(start + index * size)
            entry = file.read(size)
            if struct.unpack_from("<I", entry)[0] == _PT_INTERP:
                offset, length = struct.unpack_from("<Q", entry, 8)[0], entry[32:40]
                file.seek(offset)
                name = file.read(struct.unpack("<Q", length)[0]).rstrip(b"\0").decode()
                return Path(name).resolve()
    return None
