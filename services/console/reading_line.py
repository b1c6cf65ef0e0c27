"""One line of `handslag read --json`."""

from typing import Any

from shared.events import DocumentReading, NeedReading, Signatory, Value, Witness


def to_read_json(reading: DocumentReading, file: str, document: int) -> dict[str, Any]:
    """Return one line of `handslag read --json`; `document` counts the file's documents from 1."""

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
        "initiative": _text(reading.initiative),
        "municipality": _text(reading.municipality),
        "answer": _text(reading.answer),
        "signature": reading.signature.value if reading.signature else None,
        "signatory": _signatory(reading.signatory),
        "co_signatories": [_signatory(other) for other in reading.co_signatories],
        "contact": {
            "name": _text(reading.contact.name),
            "email": _text(reading.contact.email),
            "phone": _text(reading.contact.phone),
        },
        "their_reference": _text(reading.their_reference),
        "need": _need(reading.need) if reading.need else None,
        "witnesses": [_witness(one) for one in reading.witnesses],
        "confidence": confidence,
        "seconds": reading.seconds,
    }


def _witness(witness: Witness) -> dict[str, Any]:
    return {
        "kind": witness.kind.value,
        "text": witness.text,
        "legible": witness.legible,
        "municipalities": None if witness.names is None else list(witness.names),
    }


def _need(need: NeedReading) -> dict[str, Any]:
    return {
        "template": need.with_template,
        "fields": {key: value.text for key, value in need.fields.items()},
        "missing": list(need.missing),
    }


def _signatory(one: Signatory) -> dict[str, str | None]:
    return {"name": _text(one.name), "title": _text(one.title), "date": _text(one.place_date)}


def _text(value: Value | None) -> str | None:
    return value.text if value else None
