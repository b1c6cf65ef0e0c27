"""Open data: how many municipalities have answered what, by county. Nobody and no case is named."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from services.registry.exports.table import BOM
from services.registry.store.answers import initiatives
from services.registry.tables import (
    Answer,
    AnswerStatus,
    Document,
    Initiative,
    ReviewItem,
    ReviewState,
)
from shared.municipalities import all_municipalities, by_code, counties

TITLE: Final = "Kommunernas svar på erbjudanden inom Handslag för digitalisering"
TEXT: Final = (
    "Antal kommuner per initiativ och län som har svarat ja, nej eller ett annat alternativ, vars "
    "svar väntar på granskning, och som inte har svarat. Enbart antal: inga personer och inga "
    "ärenden."
)
COLUMNS: Final = (
    "initiative", "initiative_name", "round", "last_answer_day", "county", "county_name",
    "outcome", "outcome_label", "municipalities", "late",
)  # fmt: skip
REVIEW: Final = "review"
MISSING: Final = "missing"
_OTHERS: Final = {REVIEW: "Svaret granskas", MISSING: "Svar saknas"}


@dataclass(frozen=True)
class Line:
    """One outcome in one county: how many municipalities, and how many of them answered late."""

    initiative: Initiative
    county: str
    outcome: str
    label: str
    municipalities: int
    late: int


def lines(session: Session) -> list[Line]:
    """Every outcome of every initiative in every county, also those of none."""
    answered = {
        (initiative, code): (answer, late)
        for initiative, code, answer, late in session.exec(
            select(Answer.initiative, Answer.municipality, Answer.answer, Answer.late).where(
                Answer.status == AnswerStatus.CURRENT
            )
        )
    }
    reviewed = set(
        session.exec(
            select(Document.initiative, Document.municipality)
            .join(ReviewItem, col(ReviewItem.document_id) == col(Document.document_id))
            .where(ReviewItem.state == ReviewState.OPEN)
            .distinct()
        )
    ) - set(answered)
    size = Counter(one.county for one in all_municipalities())
    found: list[Line] = []
    for initiative in initiatives(session):
        counts, late = _counted(initiative.id, answered, reviewed)
        labels = initiative.options | _OTHERS
        for county in sorted(counties()):
            known = sum(counts[county, outcome] for outcome in labels)
            counts[county, MISSING] = size[county] - known
            found += [
                Line(initiative, county, outcome, label, counts[county, outcome],
                     late[county, outcome])
                for outcome, label in labels.items()
            ]  # fmt: skip
    return found


def to_csv(found: list[Line]) -> bytes:
    """UTF-8 with BOM, semicolons, one header row; no cell comes from outside."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for line in found:
        writer.writerow(_row(line).values())
    return (BOM + out.getvalue()).encode()


def to_json(found: list[Line], organisation: str, at: datetime, zone: ZoneInfo) -> bytes:
    """What it is, who publishes it, when it was so, and the lines."""
    whole = {
        "title": TITLE,
        "description": TEXT,
        "publisher": organisation,
        "as_of": at.astimezone(zone).isoformat(timespec="seconds"),
        "lines": [_row(line) for line in found],
    }
    return (json.dumps(whole, ensure_ascii=False, indent=1) + "\n").encode()


def catalogue(organisation: str, place: str, licence: str) -> bytes:
    """The description by which portals find it: DCAT-AP-SE as JSON-LD.

    `place` is the address that the data stand under, and ends with a slash.
    """
    forms = (("csv", "text/csv"), ("json", "application/json"))
    graph: dict[str, Any] = {
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#",
            "dcterms": "http://purl.org/dc/terms/",
            "foaf": "http://xmlns.com/foaf/0.1/",
        },
        "@id": f"{place}katalog.jsonld",
        "@type": "dcat:Catalog",
        "dcterms:title": {"@value": "Öppna data från Handslag", "@language": "sv"},
        "dcterms:description": {"@value": TEXT, "@language": "sv"},
        "dcterms:publisher": {"@type": "foaf:Agent", "foaf:name": organisation},
        "dcat:dataset": {
            "@id": f"{place}#svar",
            "@type": "dcat:Dataset",
            "dcterms:title": {"@value": TITLE, "@language": "sv"},
            "dcterms:description": {"@value": TEXT, "@language": "sv"},
            "dcterms:publisher": {"@type": "foaf:Agent", "foaf:name": organisation},
            "dcat:distribution": [
                {
                    "@id": f"{place}svar.{ending}",
                    "@type": "dcat:Distribution",
                    "dcat:accessURL": {"@id": f"{place}svar.{ending}"},
                    "dcat:downloadURL": {"@id": f"{place}svar.{ending}"},
                    "dcterms:format": media_type,
                    **({"dcterms:license": {"@id": licence}} if licence else {}),
                }
                for ending, media_type in forms
            ],
        },
    }
    return (json.dumps(graph, ensure_ascii=False, indent=1) + "\n").encode()


def _counted(
    initiative: str,
    answered: dict[tuple[str, str], tuple[str, bool]],
    reviewed: set[tuple[str | None, str | None]],
) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]]:
    """How many in each county, by outcome; and how many of them were late."""
    counts: Counter[tuple[str, str]] = Counter()
    late: Counter[tuple[str, str]] = Counter()
    for code, outcome, was_late in _outcomes(initiative, answered, reviewed):
        known = by_code(code)
        if known is not None:
            counts[known.county, outcome] += 1
            late[known.county, outcome] += was_late
    return counts, late


def _outcomes(
    initiative: str,
    answered: dict[tuple[str, str], tuple[str, bool]],
    reviewed: set[tuple[str | None, str | None]],
) -> Iterator[tuple[str, str, bool]]:
    for (asked, code), (answer, late) in answered.items():
        if asked == initiative:
            yield code, answer, late
    for named, about in reviewed:
        if named == initiative and about is not None:
            yield about, REVIEW, False


def _row(line: Line) -> dict[str, str | int]:
    return {
        "initiative": line.initiative.id,
        "initiative_name": line.initiative.name,
        "round": line.initiative.round,
        "last_answer_day": line.initiative.last_answer_day.isoformat(),
        "county": line.county,
        "county_name": counties()[line.county],
        "outcome": line.outcome,
        "outcome_label": line.label,
        "municipalities": line.municipalities,
        "late": line.late,
    }
