"""One line of `handslag read --json`."""

from typing import Any

from shared.events import DocumentReading, NeedReading, Value


def to_read_json(reading: DocumentReading, file: str, document: int) -> dict[str, Any]:
    """Return one line of `handslag read --json`; `document` counts the file's documents from 1."""

    def text(value: Value | None) -> str | None:
        return value.text if value else None

    confidence = {
        name: value.confidence
        for name, value in (
            ("initiative", reading.initiative),
            ("municipality", reading.municipality),
            ("answer", reading.answer),
        )
        if value
    }
    if reading.signature_confidence is not None:
        confidence["signature"] = reading.signature_confidence
    return {
        "file": file,
        "document": document,
        "pages": [page.source_page for page in reading.pages],
        "kind": reading.kind.value,
        "outcome": reading.outcome.value,
        "reasons": [reason.value for reason in reading.reasons],
        "initiative": text(reading.initiative),
        "municipality": text(reading.municipality),
        "answer": text(reading.answer),
        "signature": reading.signature.value if reading.signature else None,
        "signatory": {
            "name": text(reading.signatory.name),
            "title": text(reading.signatory.title),
            "date": text(reading.signatory.place_date),
        },
        "contact": {
            "name": text(reading.contact.name),
            "email": text(reading.contact.email),
            "phone": text(reading.contact.phone),
        },
        "their_reference": text(reading.their_reference),
        "need": _need(reading.need) if reading.need else None,
        "confidence": confidence,
        "seconds": reading.seconds,
    }


def _need(need: NeedReading) -> dict[str, Any]:
    return {
        "template": need.with_template,
        "fields": {key: value.text for key, value in need.fields.items()},
        "missing": list(need.missing),
    }
