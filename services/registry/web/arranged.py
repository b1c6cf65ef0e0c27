"""What the pages tell of a document whose pages were arranged, or are being read anew."""

from typing import Any

from sqlmodel import Session

from services.registry.store.arrangements import arranged_from, arranged_into, latest_attempt
from services.registry.tables import Document
from services.registry.web import arrange_words


def arrangement_shown(session: Session, document: Document) -> dict[str, Any]:
    """What `arranged.html` needs."""
    return {
        "into": arranged_into(session, document),
        "made": arranged_from(session, document),
        "attempt": latest_attempt(session, document),
        "arrange_words": arrange_words,
    }
