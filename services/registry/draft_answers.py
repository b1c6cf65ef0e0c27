"""What the reader answers about a form that is being taught, kept with its draft."""

import asyncio

from sqlmodel import Session, select

from services.registry.tables import FormDraft, Initiative
from shared.archive import Archive, Area
from shared.blank import BlankSurveyed
from shared.consumers import DRAFTED, EXAMINED
from shared.database import Database
from shared.events import BlankExamined, FormDrafted
from shared.forms import STAMP, TEXT_FIELDS
from shared.outbox import claim

_NO_PAGES = "not_understood"


class DraftKeeper:
    """Handles the reader's answers; one that comes too late changes nothing."""

    def __init__(self, database: Database, archive: Archive) -> None:
        self._database = database
        self._archive = archive

    async def on_blank_examined(self, event: BlankExamined) -> None:
        """Handle the event; return when its effect is committed."""
        await asyncio.to_thread(self.examined, event)

    async def on_form_drafted(self, event: FormDrafted) -> None:
        """Handle the event; return when its effect is committed."""
        await asyncio.to_thread(self.drafted, event)

    def examined(self, event: BlankExamined) -> None:
        """Keep what stands on a blank; its own form fields of known names are proposed."""
        widgets = self._widgets(event)
        with self._database.write() as session:
            if not claim(session, event.event_id, EXAMINED.name):
                return
            draft = _waiting(session, event)
            if draft is None:
                return
            draft.question = None
            draft.revision += 1
            draft.pages = [page.model_dump(mode="json") for page in event.pages]
            draft.survey = event.survey
            draft.fields = _meant(widgets, session.get_one(Initiative, draft.initiative))
            draft.fault = event.fault or ("" if event.pages and event.survey else _NO_PAGES)

    def drafted(self, event: FormDrafted) -> None:
        """Keep the form that was made of the fields, or what is wrong with them."""
        with self._database.write() as session:
            if not claim(session, event.event_id, DRAFTED.name):
                return
            draft = _waiting(session, event)
            if draft is None:
                return
            draft.question = None
            draft.revision += 1
            draft.faults = [fault.model_dump(mode="json") for fault in event.faults]
            if event.template is not None and event.preview is not None:
                draft.template = event.template.model_dump(mode="json")
                draft.preview = event.preview

    def _widgets(self, event: BlankExamined) -> dict[str, list[float]]:
        if event.survey is None:
            return {}
        data = self._archive.get(event.survey, Area.DERIVED)
        first = BlankSurveyed.model_validate_json(data).pages[0]
        return {
            one.name: [
                round(side, 1)
                for side in (
                    one.area.left_mm, one.area.top_mm, one.area.width_mm, one.area.height_mm,
                )
            ]
            for one in first.widgets
            if one.name in (*TEXT_FIELDS, STAMP) or one.name.startswith(("answer.", "signature"))
        }  # fmt: skip


def _meant(widgets: dict[str, list[float]], initiative: Initiative) -> dict[str, list[float]]:
    """The blank's own form fields that have a meaning for the initiative."""
    known = {
        *TEXT_FIELDS,
        STAMP,
        "signature",
        *(f"signature.{number}" for number in range(2, initiative.signatories + 1)),
        *(f"answer.{option}" for option in initiative.options),
    }
    return {name: place for name, place in widgets.items() if name in known}


def _waiting(session: Session, event: BlankExamined | FormDrafted) -> FormDraft | None:
    """The draft that asked just that; None if it has ended, or has asked again."""
    draft = session.exec(
        select(FormDraft).where(FormDraft.id == event.draft.hex).with_for_update()
    ).one_or_none()
    if draft is None or draft.ended_at is not None or draft.question != str(event.answers):
        return None
    return draft
