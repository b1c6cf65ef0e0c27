"""Which files hold other files, and what opens them: a table by the type that the bytes show."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from services.intake.containers.member import Budget, Member
from services.intake.containers.outlook import outlook_members
from services.intake.containers.pdf_files import embedded_files
from services.intake.containers.tnef import tnef_members
from services.intake.containers.zipped import zip_members

Opener = Callable[[bytes, Budget], Iterator[Member]]

CONTAINERS: Final[Mapping[str, Opener]] = {
    "application/zip": zip_members,
    "application/vnd.ms-outlook": outlook_members,
    "application/ms-tnef": tnef_members,
}
"""Nothing in themselves: when all that they hold is taken out, nothing is left to read."""

PAGES_AND_FILES: Final[Mapping[str, Opener]] = {"application/pdf": embedded_files}
"""Read for their own sake too."""
