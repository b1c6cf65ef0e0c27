"""The form of one initiative: what stands in it at first, and what it says."""

from collections.abc import Mapping
from typing import Any

from services.registry.domain.initiative import DEFAULT_OPTIONS, RoundFault
from services.registry.tables import Initiative
from shared.own_form import MAX_OPTIONS

_KEY, _LABEL = "nyckel.", "text."
"""Before the place of an option, from 1: its key, and its label."""


def proposed(initiative: Initiative | None) -> dict[str, str]:
    """The fields as they stand at first; without an initiative, of a new one."""
    options = DEFAULT_OPTIONS if initiative is None else initiative.options
    fields = {"id": "", "namn": "", "omgang": "", "dag": "", "underskrifter": "1", "ja_antal": ""}
    if initiative is not None:
        fields |= {
            "id": initiative.id,
            "namn": initiative.name,
            "omgang": initiative.round,
            "dag": initiative.last_answer_day.isoformat(),
            "underskrifter": str(initiative.signatories),
            "ja_antal": str(initiative.start_when.get("yes_count", "")),
        }
    for place, (key, label) in enumerate(options.items(), start=1):
        fields |= {f"{_KEY}{place}": key, f"{_LABEL}{place}": label}
    return _all_places(fields)


def typed(form: Mapping[str, str]) -> dict[str, str]:
    """The fields as somebody filled them in."""
    names = ("id", "namn", "omgang", "dag", "underskrifter", "ja_antal")
    fields = {name: form.get(name, "").strip() for name in names}
    for place in range(1, MAX_OPTIONS + 1):
        for name in (f"{_KEY}{place}", f"{_LABEL}{place}"):
            fields[name] = form.get(name, "").strip()
    return fields


def entry_in(fields: Mapping[str, str]) -> tuple[dict[str, Any], list[RoundFault]]:
    """The initiative that the fields say, as an entry of a round file, and what cannot be told."""
    options: dict[str, str] = {}
    faults = []
    for place in range(1, MAX_OPTIONS + 1):
        key, label = fields[f"{_KEY}{place}"], fields[f"{_LABEL}{place}"]
        if key in options:
            faults.append(RoundFault("option_twice", f"options.{key}"))
        if key or label:
            options[key] = label
    entry: dict[str, Any] = {
        "id": fields["id"],
        "name": fields["namn"],
        "last_answer_day": fields["dag"],
        "options": options,
        "signatories": fields["underskrifter"],
        "start_when": {"yes_count": fields["ja_antal"]} if fields["ja_antal"] else None,
    }
    return entry, faults


def _all_places(fields: dict[str, str]) -> dict[str, str]:
    for place in range(1, MAX_OPTIONS + 1):
        fields.setdefault(f"{_KEY}{place}", "")
        fields.setdefault(f"{_LABEL}{place}", "")
    return fields
