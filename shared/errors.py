"""Failures that mean something: what to call them, and what somebody can do about them."""


class HandslagError(Exception):
    """A failure with a stable code and a remedy.

    `code` is what logs, dead letters and tests name; `remedy` is one sentence to the person who
    can act.
    """

    code = "error"
    remedy = ""

    def __init__(self, message: str, *, code: str | None = None, remedy: str | None = None) -> None:
        super().__init__(message)
        self.code = code or type(self).code
        self.remedy = type(self).remedy if remedy is None else remedy


class Transient(HandslagError):
    """May succeed if tried again later: a server is away, a disk is full."""

    code = "transient"


class Permanent(HandslagError):
    """Trying again will not help: somebody has to look."""

    code = "permanent"


class UsageError(HandslagError):
    """The person at the keyboard gave something that cannot be used; the message says what."""

    code = "usage"


class WrongSetting(UsageError):
    """A setting is missing or cannot be used; the message names it."""

    code = "wrong_setting"
