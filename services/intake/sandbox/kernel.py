"""The C library's door to the kernel, for what Python does not offer."""

import ctypes
import os

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long

Argument = int | None | ctypes.Array[ctypes.c_char] | ctypes.Structure


def syscall(number: int, *arguments: Argument) -> int:
    """Call the kernel. Structures are passed by reference. Raises OSError."""
    passed = [
        ctypes.byref(argument)
        if isinstance(argument, ctypes.Structure)
        else ctypes.c_long(argument)
        if isinstance(argument, int)
        else argument
        for argument in arguments
    ]
    result = _libc.syscall(ctypes.c_long(number), *passed)
    return _checked(result)


def prctl(option: int, *arguments: int | ctypes.Structure) -> int:
    """prctl(2). Raises OSError."""
    passed = [
        ctypes.byref(argument)
        if isinstance(argument, ctypes.Structure)
        else ctypes.c_ulong(argument)
        for argument in (*arguments, *(0,) * (4 - len(arguments)))
    ]
    return _checked(_libc.prctl(ctypes.c_int(option), *passed))


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
