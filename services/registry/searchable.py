"""What intake made searchable: kept beside the document, which it does not change."""

import asyncio

from services.registry.answers import plain
from services.registry.store.search_index import index_mail
from services.registry.tables import DocumentText
from shared.consumers import SEARCHABLE
from shared.database import Database
from shared.events import DocumentSearchable
from shared.failpoint import failpoint
from shared.outbox import claim
from shared.telemetry import about_mail


class TextKeeper:
    """Keeps the text of documents, and where their searchable copies are."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def on_document_searchable(self, event: DocumentSearchable) -> None:
        """Handle the event; return when its effect is committed."""
        with about_mail(event.mail_id):
            await asyncio.to_thread(self.keep, event)

    def keep(self, event: DocumentSearchable) -> None:
        """Keep what was made last, whatever was told last."""
        with self._database.write() as session:
            if not claim(session, event.event_id, SEARCHABLE.name):
                return
            known = session.get(DocumentText, event.document_id)
            if known is not None and known.made_at > event.occurred_at:
                return
            session.merge(
                DocumentText(
                    document_id=event.document_id,
                    text=plain(event.text),
                    pdf=event.pdf,
                    made_at=event.occurred_at,
                )
            )
            index_mail(session, event.mail_id)
            failpoint("registry.searchable.saved")
