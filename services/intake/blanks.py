"""Learning a form in the pages: what staff upload and point at, answered with what was found.

    BlankUploaded → survey it (contained) → pictures and survey to the archive → BlankExamined
    FieldsPointed → find the fields → draw them (contained) → preview to the archive → FormDrafted

Nothing is in force until the registry tells of it as learned. Both steps may be repeated.
"""

import asyncio
from dataclasses import replace
from typing import Final

import structlog

from services.intake.learn import Learned, Surveyed, WrongBlank, learned_from, survey_blank
from services.intake.learning.fields import FieldsFile, WrongFields, read_fields
from services.intake.sandbox.client import Failed, Sandbox
from services.intake.sandbox.wire import Message
from services.intake.settings import ReaderLimits
from shared.archive import Archive, Area, NotInArchive
from shared.blank import BlankSurveyed
from shared.consumers import DRAFT, EXAMINE
from shared.database import Database
from shared.events import (
    BlankExamined,
    BlankPage,
    BlankUploaded,
    Event,
    FieldFault,
    FieldsPointed,
    FormDrafted,
)
from shared.outbox import claim, emit, now

PNG: Final = b"\x89PNG\r\n\x1a\n"
MISSING: Final = "missing"
_MOST_SAID: Final = 500
log = structlog.get_logger()


class BlankReader:
    """Answers what the registry asks about blanks."""

    def __init__(
        self, archive: Archive, database: Database, sandbox: Sandbox, limits: ReaderLimits
    ) -> None:
        self._archive = archive
        self._database = database
        self._sandbox = sandbox
        self._limits = limits

    async def examine(self, event: BlankUploaded) -> None:
        """Have a blank opened in a child, and tell what stands on it, or why it cannot be."""
        try:
            data = await asyncio.to_thread(self._archive.get, event.blank, Area.DERIVED)
            surveyed = await survey_blank(self._sandbox, data, self._limits)
            answer = await asyncio.to_thread(self._examined, event, surveyed)
        except (WrongBlank, NotInArchive) as error:
            log.warning("blank_refused", draft=str(event.draft), reason=str(error))
            fault = error.fault if isinstance(error, WrongBlank) else MISSING
            answer = BlankExamined(
                occurred_at=now(), draft=event.draft, answers=event.event_id, fault=fault
            )
        await asyncio.to_thread(self._tell, event, EXAMINE.name, answer)

    async def draft(self, event: FieldsPointed) -> None:
        """Make a form of what staff pointed at, and tell it with a picture, or what is wrong."""
        try:
            surveyed = await asyncio.to_thread(self._surveyed, event)
            made = learned_or_faults(surveyed, event)
        except NotInArchive as error:
            made = [FieldFault(fault=MISSING, said=str(error)[:_MOST_SAID])]
        if isinstance(made, Learned):
            drawn = await self._drawn(made)
            if drawn is None:
                made = [FieldFault(fault="not_drawn")]
        answer = FormDrafted(occurred_at=now(), draft=event.draft, answers=event.event_id)
        if isinstance(made, Learned):
            assert drawn is not None
            preview = await asyncio.to_thread(self._archive.put, drawn, Area.DERIVED)
            answer = answer.model_copy(update={"template": made.template, "preview": preview})
        else:
            answer = answer.model_copy(update={"faults": tuple(made)})
        await asyncio.to_thread(self._tell, event, DRAFT.name, answer)

    def _examined(self, event: BlankUploaded, surveyed: Surveyed) -> BlankExamined:
        if not all(picture.startswith(PNG) for picture in surveyed.pictures):
            raise WrongBlank("the child answered what is no picture", fault="not_understood")
        pages = tuple(
            BlankPage(
                picture=self._archive.put(picture, Area.DERIVED),
                width_mm=page.width_mm,
                height_mm=page.height_mm,
            )
            for page, picture in zip(surveyed.blank.pages, surveyed.pictures, strict=True)
        )
        survey = self._archive.put(surveyed.blank.model_dump_json().encode(), Area.DERIVED)
        return BlankExamined(
            occurred_at=now(),
            draft=event.draft,
            answers=event.event_id,
            pages=pages,
            survey=survey,
        )

    def _surveyed(self, event: FieldsPointed) -> Surveyed:
        blank = BlankSurveyed.model_validate_json(self._archive.get(event.survey, Area.DERIVED))
        pictures = tuple(self._archive.get(one, Area.DERIVED) for one in event.pictures)
        return Surveyed(blank, pictures)

    async def _drawn(self, learned: Learned) -> bytes | None:
        order = Message({"template": learned.template.model_dump(mode="json")}, (learned.picture,))
        outcome = await self._sandbox.run("draw_fields", order)
        if isinstance(outcome, Failed) or not outcome.blobs[0].startswith(PNG):
            log.warning("fields_not_drawn", outcome=repr(outcome)[:200])
            return None
        return outcome.blobs[0]

    def _tell(self, asked: Event, consumer: str, answer: Event) -> None:
        with self._database.write() as session:
            if claim(session, asked.event_id, consumer):
                emit(session, answer)


def learned_or_faults(surveyed: Surveyed, event: FieldsPointed) -> Learned | list[FieldFault]:
    """Return the form, or what is wrong with each field, as far as one can tell at once."""
    faults: list[FieldFault] = []
    try:
        file = read_fields(event.fields.encode())
    except WrongFields as error:
        return [_told(error)]
    # Staff have seen the blank's own form fields and said which of them are meant.
    pages = tuple(page.model_copy(update={"widgets": ()}) for page in surveyed.blank.pages)
    bare = Surveyed(BlankSurveyed(pages=pages), surveyed.pictures)
    while True:
        try:
            learned = _learned(bare, file, event)
        except WrongFields as error:
            if error.field not in {fault.field for fault in faults}:
                faults.append(_told(error))
            rest = tuple(one for one in file.fields if one.name != error.field)
            if len(rest) == len(file.fields):
                return faults
            # The others may be wrong as well: they are looked at without it.
            file = replace(file, fields=rest)
            continue
        return faults or learned


def _learned(surveyed: Surveyed, file: FieldsFile, event: FieldsPointed) -> Learned:
    return learned_from(
        surveyed,
        file,
        options=event.options,
        names=event.names,
        version=event.version,
        signatories=event.signatories,
    )


def _told(error: WrongFields) -> FieldFault:
    return FieldFault(field=error.field, fault=error.fault, said=str(error)[:_MOST_SAID])
