"""`handslag dead-letters`: what the services could not handle, from all three."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from services.console.stores import open_store
from services.console.up import SERVICES
from shared import outbox
from shared.errors import UsageError


@dataclass(frozen=True)
class Letter:
    """One dead letter; `id` names it in commands."""

    id: str
    row: outbox.DeadLetterRow

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "died_at": self.row.died_at.isoformat(),
            "consumer": self.row.consumer,
            "subject": self.row.subject,
            "mail_id": self.row.mail_id,
            "code": self.row.code,
            "message": self.row.message,
            "remedy": self.row.remedy,
            "tries": self.row.tries,
        }

    def in_words(self) -> str:
        about = f" about {self.row.mail_id}" if self.row.mail_id else ""
        reason = " ".join(f"{self.row.message} {self.row.remedy}".split())
        when = f"{self.row.died_at:%Y-%m-%d %H:%M}"
        return f"{self.id}  {when}  {self.row.subject}{about}: {self.row.code}: {reason}"


def list_letters() -> Iterator[Letter]:
    """Yield the dead letters of every service, oldest first in each."""
    for service in SERVICES:
        with open_store(service) as database, database.read() as session:
            rows = list(outbox.dead_letters(session))
        for row in rows:
            yield Letter(f"{service}-{row.number}", row)


def retry_letters(ids: Sequence[str]) -> int:
    """Retry these, or all; return how many. Raises UsageError for one that is not there."""
    wanted = set(ids)
    found = {letter.id for letter in list_letters()}
    if missing := wanted - found:
        raise UsageError(f"No such dead letter: {', '.join(sorted(missing))}.")
    chosen = wanted or found
    for service in SERVICES:
        with open_store(service) as database, database.write() as session:
            for row in outbox.dead_letters(session):
                if f"{service}-{row.number}" in chosen:
                    outbox.retry(session, row)
    return len(chosen)
