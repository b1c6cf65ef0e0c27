"""The learned forms as a child needs them: from the ledger, their pictures from the archive."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from services.intake import forms
from services.intake.forms import Templates
from shared.archive import Archive, Area, NotInArchive
from shared.database import Database

log = structlog.get_logger()


@dataclass(frozen=True)
class LearnedOrder:
    """The learned forms as a child is told of them: fields, and a picture for each as a blob."""

    templates: Templates
    fields: list[dict[str, Any]]
    pictures: tuple[bytes, ...]


class LearnedForms:
    """Looks up the forms in force; a picture is fetched once."""

    def __init__(self, archive: Archive, database: Database) -> None:
        self._archive = archive
        self._database = database
        self._pictures: Mapping[str, bytes] = {}

    def order(self) -> LearnedOrder:
        """Return the forms in force whose pictures are at hand."""
        with self._database.read() as session:
            known = forms.known_templates(session)
        pictures = {
            template.print.picture: self._picture(template.print.picture)
            for template in known.values()
            if template.print is not None
        }
        at_hand = {digest: data for digest, data in pictures.items() if data is not None}
        self._pictures = at_hand
        templates = {
            key: template
            for key, template in known.items()
            if template.print is not None and template.print.picture in at_hand
        }
        return LearnedOrder(
            templates=templates,
            fields=[
                {"initiative": initiative, "template": template.model_dump(mode="json")}
                for (initiative, _), template in templates.items()
            ],
            pictures=tuple(
                at_hand[template.print.picture]
                for template in templates.values()
                if template.print is not None
            ),
        )

    def _picture(self, digest: str) -> bytes | None:
        known = self._pictures.get(digest)
        if known is not None:
            return known
        try:
            return self._archive.get(digest, Area.DERIVED)
        except NotInArchive:
            # Without it no scan of that form is read; all others are.
            log.error("learned_form_without_picture", picture=digest)
            return None
