"""`handslag form list` and `form withdraw`: which forms scans are read by."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from services.console.commands import WHO
from services.console.initiatives import initiative_called
from services.console.stores import open_store
from services.intake.reading.identify import LEAST_TRUSTED_VERSION
from services.registry.admin.forms import KeptForm, kept_forms, restore, withdraw
from services.registry.admin.initiatives import list_all
from services.registry.tables import Initiative
from shared.form_code import UnknownFormVersion
from shared.outbox import now
from shared.own_form import CURRENT_VERSION, own_form

_BY: Final = {WHO: "the command line"}


@dataclass(frozen=True)
class ListedForm:
    """A form of one initiative: our own, which is not withdrawn, or one that was learned."""

    initiative: str
    version: int
    learned: KeptForm | None = None

    @property
    def state(self) -> str:
        if self.learned is None or self.learned.in_force:
            return "in force"
        return "withdrawn" if self.learned.replaced_by is None else "replaced"

    def as_dict(self) -> dict[str, Any]:
        """The form as JSON; times as ISO 8601, null for what is not known or does not apply."""
        learned = self.learned
        return {
            "id": learned.id if learned else None,
            "initiative": self.initiative,
            "form": "learned" if learned else "own",
            "version": self.version,
            "state": self.state,
            "since": learned.learned_at.isoformat() if learned else None,
            "by": learned.learned_by if learned else None,
            "blank": learned.blank_name or None if learned else None,
            "withdrawn_at": _iso(learned.withdrawn_at) if learned else None,
            "replaced_by": learned.replaced_by if learned else None,
        }

    def in_words(self, zone: ZoneInfo) -> str:
        """One line, its columns separated by tabs; times of the office's clock."""
        if self.learned is None:
            about = "printed now" if self.version == CURRENT_VERSION else "printed earlier"
            if self.version < LEAST_TRUSTED_VERSION:
                about += ", each for a person"
            return "\t".join([self.initiative, f"version {self.version}", "own form", about])
        learned = self.learned
        since = f"{learned.learned_at.astimezone(zone):%Y-%m-%d %H:%M}"
        by = _BY.get(learned.learned_by, learned.learned_by)
        blank = learned.blank_name or "blank without a name"
        columns = [learned.id, f"version {self.version}", "learned", f"{since} by {by}", blank]
        if learned.withdrawn_at is not None:
            columns.append(f"withdrawn {learned.withdrawn_at.astimezone(zone):%Y-%m-%d %H:%M}")
        if learned.replaced_by is not None:
            columns.append(f"replaced by {learned.initiative}:{learned.replaced_by}")
        return "\t".join(columns)


def list_forms(initiative_id: str | None, *, everything: bool) -> list[ListedForm]:
    """Return the forms of one initiative or of all; with `everything` also those not in force.

    Raises UsageError for an initiative that there is not.
    """
    with open_store("registry") as database:
        if initiative_id is None:
            initiatives = list_all(database)
        else:
            initiatives = [initiative_called(database, initiative_id)]
        kept = kept_forms(database)
    listed = [
        form
        for initiative in initiatives
        for form in (*_own(initiative), *_learned(initiative, kept))
    ]
    return [form for form in listed if everything or form.state == "in force"]


def withdraw_form(form_id: str, *, undo: bool) -> KeptForm:
    """Have scans no longer read by a learned form, or again. Raises WrongForm."""
    with open_store("registry") as database:
        change = restore if undo else withdraw
        return change(database, form_id, who=WHO, now=now())


def _own(initiative: Initiative) -> Iterator[ListedForm]:
    for version in range(1, CURRENT_VERSION + 1):
        try:
            own_form(tuple(initiative.options), version, initiative.signatories)
        except UnknownFormVersion:
            continue
        yield ListedForm(initiative.id, version)


def _learned(initiative: Initiative, kept: list[KeptForm]) -> Iterator[ListedForm]:
    for one in kept:
        if one.initiative == initiative.id:
            yield ListedForm(initiative.id, one.version, one)


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
