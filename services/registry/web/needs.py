"""What a need says, as its page and the list of needs show it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from services.registry.tables import Document
from services.registry.web.words import reason_words
from shared.events import NEED_NOTES, DocumentReading, NeedReading, Value
from shared.needs import LABELS, NeedField

_LABELS: Mapping[str, str] = MappingProxyType(
    {field.value: label for field, label in LABELS.items()}
)

UNREAD = "Något är skrivet som inte kunde läsas. Läs på sidan."


@dataclass(frozen=True)
class NeedShown:
    """A need in short: its own title, who proposes it, and what is to be said about it."""

    title: str = ""
    proposer: str = ""
    notes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def need_shown(document: Document) -> NeedShown:
    """What the list shows of a document that is a need."""
    need = DocumentReading.model_validate(document.reading).need or NeedReading(with_template=False)
    return NeedShown(
        title=_text(need, NeedField.TITLE),
        proposer=_text(need, NeedField.PROPOSER),
        notes=tuple(reason_words(key).short for key in document.reasons if key in NEED_NOTES),
        missing=tuple(_LABELS.get(key, key) for key in need.missing),
    )


def need_values(reading: DocumentReading) -> Iterator[tuple[str, str, Value]]:
    """The answers of a needs template in its order: key, question, value."""
    if reading.need is None:
        return
    read = reading.need.fields
    for key in (*_LABELS, *(key for key in read if key not in _LABELS)):
        if key in read:
            value = read[key]
            if not value.text:
                value = value.model_copy(update={"text": UNREAD})
            yield f"need.{key}", _LABELS.get(key, key), value


def _text(need: NeedReading, field: NeedField) -> str:
    value = need.fields.get(field.value)
    return " ".join(value.text.split()) if value is not None else ""
