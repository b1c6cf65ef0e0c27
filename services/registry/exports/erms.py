"""A case and its records as XML: E-ARK CITS ERMS 2.1.3 (DILCIS Board), which Sweden's FGS
Ärendehantering is to be delivered by. Only elements of the standard, in its order.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

NAMESPACE: Final = "https://DILCIS.eu/XML/ERMS"
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML cannot hold in any way (XML 1.0, 2.2)."""


@dataclass(frozen=True)
class Agent:
    """Somebody who has to do with a record; `kind` is a value of the standard, or another."""

    kind: str
    name: str
    organisation: str = ""
    role: str = ""
    municipality: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True)
class File:
    """A file of the package; its path is told from the folder that the XML stands in."""

    name: str
    path: str
    format: str
    description: str = ""
    signed: bool = False


@dataclass(frozen=True)
class Record:
    """One document, in or out. `facts` are what the standard has no element for."""

    id: str
    title: str
    kind: str
    incoming: bool
    dates: Sequence[tuple[str, datetime]]
    agents: Sequence[Agent]
    files: Sequence[File]
    number: int | None = None
    identifications: Sequence[tuple[str, str]] = ()
    relations: Sequence[tuple[str, str]] = ()
    notes: Sequence[str] = ()
    facts: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Case:
    """One case with what is delivered of it."""

    dnr: str
    title: str
    opened_at: datetime
    municipality: str
    records: Sequence[Record]


def erms_xml(case: Case, organisation: str, at: datetime) -> bytes:
    """Return the document, in UTF-8; `at` is when it is made."""
    root = ET.Element("erms", {"xmlns": NAMESPACE})
    _control(ET.SubElement(root, "control"), case, organisation, at)
    aggregation = ET.SubElement(
        ET.SubElement(root, "aggregations"),
        "aggregation",
        {"systemIdentifier": _uuid(case.dnr), "aggregationType": "caseFile"},
    )
    _text(aggregation, "objectId", case.dnr)
    _text(aggregation, "title", case.title)
    agents = ET.SubElement(aggregation, "agents")
    _agent(agents, Agent("creator", organisation))
    _agent(agents, Agent("counterpart", case.municipality))
    _date(ET.SubElement(aggregation, "dates"), "date", "opened", case.opened_at)
    for record in case.records:
        _record(aggregation, record, case.dnr)
    ET.indent(root)
    made: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return made


def _control(control: ET.Element, case: Case, organisation: str, at: datetime) -> None:
    _text(control, "identification", case.dnr, identificationType="diarienummer")
    upkeep = ET.SubElement(control, "maintenanceInformation")
    ET.SubElement(upkeep, "maintenanceStatus", {"value": "new"})
    _text(ET.SubElement(upkeep, "maintenanceAgency"), "agencyName", organisation)
    event = ET.SubElement(ET.SubElement(upkeep, "maintenanceHistory"), "maintenanceEvent")
    ET.SubElement(event, "eventType", {"value": "created"})
    _text(event, "eventDateTime", _moment(at))
    _agent(event, Agent("other:system", "Handslag", organisation=organisation))


def _record(aggregation: ET.Element, record: Record, dnr: str) -> None:
    element = ET.SubElement(
        aggregation,
        "record",
        {
            "systemIdentifier": _uuid(f"{dnr}/{record.id}"),
            "recordType": record.kind,
            "recordPhysicalOrDigital": "digital",
        },
    )
    _text(element, "objectId", record.id)
    for kind, value in record.identifications:
        _text(element, "identification", value, identificationType=kind)
    _text(element, "parentAggregationId", dnr)
    _text(element, "title", record.title)
    if record.number is not None:
        _text(element, "runningNumber", str(record.number))
    for kind, to in record.relations:
        _text(element, "relation", to, relationType=kind)
    ET.SubElement(
        element, "direction", {"directionDefinition": "incoming" if record.incoming else "outgoing"}
    )
    if record.agents:
        agents = ET.SubElement(element, "agents")
        for agent in record.agents:
            _agent(agents, agent)
    dates = ET.SubElement(element, "dates")
    for kind, moment in record.dates:
        _date(dates, "date", kind, moment)
    if record.notes:
        notes = ET.SubElement(element, "notes")
        for note in record.notes:
            _text(notes, "note", note)
    more = ET.SubElement(element, "additionalInformation")
    for file in record.files:
        ET.SubElement(
            more,
            "appendix",
            _clean(
                {
                    "name": file.name,
                    "description": file.description,
                    "fileFormat": file.format,
                    "path": f"file:///{quote(file.path)}",
                    "eSignatureHasExisted": "true" if file.signed else "",
                }
            ),
        )
    if record.facts:
        own = ET.SubElement(more, "ownElement")
        _text(own, "ownElementDescription", "Uppgifter ur svaret")
        for name, value in record.facts:
            _text(ET.SubElement(own, "ownElement", {"name": name, "dataType": "string"}),
                  "value", value)  # fmt: skip


def _agent(parent: ET.Element, agent: Agent) -> None:
    kind, _, other = agent.kind.partition(":")
    attributes = {"agentType": kind} | ({"otherAgentType": other} if other else {})
    element = ET.SubElement(parent, "agent", attributes)
    _text(element, "name", agent.name)
    for name, value in (("organisation", agent.organisation), ("role", agent.role)):
        if value:
            _text(element, name, value)
    contact = (("email", agent.email), ("phonenumber", agent.phone))
    if agent.municipality and any(value for _, value in contact):
        address = ET.SubElement(element, "addressContactInformation")
        _text(address, "addressLine", agent.municipality, adressType="municipality")
        for line, value in contact:
            if value:
                _text(address, "contactLine", value, contactType=line)


def _date(parent: ET.Element, name: str, kind: str, moment: datetime) -> None:
    _text(parent, name, _moment(moment), dateType=kind)


def _text(parent: ET.Element, name: str, text: str, **attributes: str) -> None:
    ET.SubElement(parent, name, _clean(attributes)).text = _FORBIDDEN.sub("\ufffd", text)


def _clean(attributes: dict[str, str]) -> dict[str, str]:
    """Without those that are empty, and without what XML cannot hold."""
    return {name: _FORBIDDEN.sub("\ufffd", text) for name, text in attributes.items() if text}


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _uuid(name: str) -> str:
    """The same for the same thing, however often it is delivered (RFC 9562, version 5)."""
    return str(uuid5(NAMESPACE_URL, f"handslag:{name}"))
