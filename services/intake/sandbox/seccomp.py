"""seccomp: the system calls that a child is denied, as a BPF program (linux/seccomp.h).

What it is for: no sockets, no tracing of others, no new namespaces, mounts, keys, kernel modules
or io_uring, and no way out of the process group that is killed when time is up.
"""

import ctypes
import errno
import platform
from typing import Final

from services.intake.sandbox.kernel import prctl

_PR_SET_SECCOMP, _FILTER = 22, 2
_LOAD, _JUMP_EQUAL, _JUMP_GREATER_EQUAL, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16
_KILL, _ERRNO, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
_X32_BIT = 0x40000000
_NEW_NAMESPACES = 0x7E020080
_THREAD = 0x00010000

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# name: (x86_64, aarch64); None where the architecture does not have it.
_ALWAYS_DENIED: Final[dict[str, tuple[int | None, int | None]]] = {
    # the network, and handing over descriptors
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "sendto": (44, 206),
    "sendmsg": (46, 211),
    "sendmmsg": (307, 269),
    "recvmsg": (47, 212),
    "recvmmsg": (299, 243),
    # other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "process_madvise": (440, 440),
    # the process group that is killed when time is up
    "setsid": (112, 157),
    "setpgid": (109, 154),
    # another user, more rights, another root
    "setuid": (105, 146),
    "setgid": (106, 144),
    "setreuid": (113, 145),
    "setregid": (114, 143),
    "setresuid": (117, 147),
    "setresgid": (119, 149),
    "setgroups": (116, 159),
    "capset": (126, 91),
    "unshare": (272, 97),
    "setns": (308, 268),
    "chroot": (161, 51),
    "pivot_root": (155, 41),
    "mount": (165, 40),
    "umount2": (166, 39),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "personality": (135, 92),
    # programs from memory, system calls past this filter
    "memfd_create": (319, 279),
    "execveat": (322, 281),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_setup": (206, 0),
    "io_submit": (209, 2),
    # the kernel and the machine
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "iopl": (172, None),
    "ioperm": (173, None),
    "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264),
    "fanotify_init": (300, 262),
    # keys and memory shared with others
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
}
_STARTING_PROGRAMS: Final[dict[str, tuple[int | None, int | None]]] = {
    "fork": (57, None),
    "vfork": (58, None),
    "execve": (59, 221),
}
_SIGNALLING: Final[dict[str, tuple[int | None, int | None]]] = {
    "kill": (62, 129),
    "tkill": (200, 130),
}
_CLONE = (56, 220)
_CLONE3 = 435


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(_Instruction)))


class Filter:
    """A BPF program ready to be installed; built once, before the children are forked."""

    def __init__(self, *, may_execute: bool, may_signal: bool) -> None:
        """Raises OSError on an architecture without a table of system calls."""
        machine = platform.machine()
        if machine not in _ARCHITECTURES:
            raise OSError(errno.ENOSYS, f"no system call table for {machine}")
        column = 0 if machine == "x86_64" else 1
        denied = dict(_ALWAYS_DENIED)
        if not may_execute:
            denied |= _STARTING_PROGRAMS
        if not may_signal:
            denied |= _SIGNALLING
        code = [
            _Instruction(_LOAD, 0, 0, _ARCHITECTURE_AT),
            _Instruction(_JUMP_EQUAL, 1, 0, _ARCHITECTURES[machine]),
            _Instruction(_RETURN, 0, 0, _KILL),
            _Instruction(_LOAD, 0, 0, _NUMBER_AT),
        ]
        if machine == "x86_64":
            code += [
                _Instruction(_JUMP_GREATER_EQUAL, 0, 1, _X32_BIT),
                _Instruction(_RETURN, 0, 0, _KILL),
            ]
        for numbers in denied.values():
            number = numbers[column]
            if number is not None:
                code += _refuse(number, errno.EPERM)
        # Its flags are in memory that a filter cannot see; the C library then uses clone.
        code += _refuse(_CLONE3, errno.ENOSYS)
        flags = [
            _Instruction(_LOAD, 0, 0, _FIRST_ARGUMENT_AT),
            _Instruction(_JUMP_ANY_BIT, 0, 1, _NEW_NAMESPACES),
            _Instruction(_RETURN, 0, 0, _ERRNO | errno.EPERM),
        ]
        if not may_execute:
            # A thread, which decoders of pictures need, ends with its process; a process may not.
            flags += [
                _Instruction(_JUMP_ANY_BIT, 1, 0, _THREAD),
                _Instruction(_RETURN, 0, 0, _ERRNO | errno.EPERM),
            ]
        code += [
            _Instruction(_JUMP_EQUAL, 0, len(flags), _CLONE[column]),
            *flags,
            _Instruction(_RETURN, 0, 0, _ALLOW),
        ]
        self._code = (_Instruction * len(code))(*code)
        self._program = _Program(len(code), self._code)

    def install(self) -> None:
        """Deny this process, and all it starts, those calls. Cannot be undone. Raises OSError."""
        prctl(_PR_SET_SECCOMP, _FILTER, self._program)


def _refuse(number: int, error: int) -> list[_Instruction]:
    return [
        _Instruction(_JUMP_EQUAL, 0, 1, number),
        _Instruction(_RETURN, 0, 0, _ERRNO | error),
    ]
