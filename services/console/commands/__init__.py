"""The groups of commands of `handslag`, one module each."""

from typing import Final

WHO: Final = "command"
"""The name under which the event log keeps what is done here."""
