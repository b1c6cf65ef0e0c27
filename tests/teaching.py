"""Teaching a form in the pages: the registry's pages, intake with real children, events between."""

from pathlib import Path
from uuid import UUID

from sqlmodel import col, select

from services.intake import forms
from services.intake.blanks import BlankReader
from services.intake.sandbox.client import Sandbox
from services.intake.settings import ReaderLimits
from services.registry.draft_answers import DraftKeeper
from services.registry.tables import FormDraft
from shared.database import Database
from shared.events import (
    BlankExamined,
    BlankUploaded,
    FieldsPointed,
    FormDrafted,
    FormLearned,
    InitiativeDefined,
)
from shared.outbox import OutboxRow
from tests.intake import Intake
from tests.web.client import Answer, Client
from tests.web.world import World

PLACES = {
    "answer.ja": (24, 84, 4.5, 4.5),
    "answer.nej": (24, 95, 4.5, 4.5),
    "signature": (22.5, 119.5, 109, 24),
    "municipality.name": (40, 58.4, 90, 7.6),
    "place_date": (50, 177.4, 100, 7.6),
    "contact.email": (48, 214.4, 102, 7.6),
}
"""Where the fields of `drawn_blank` are: left, top, width and height in millimetres."""


class Teaching:
    """The registry's pages and intake's reader, which hear of each other when `carry` is called."""

    def __init__(self, world: World, intake: Intake, children: Sandbox) -> None:
        self.world = world
        self.intake = intake
        self.reader = BlankReader(intake.archive, intake.database, children, ReaderLimits())
        self.keeper = DraftKeeper(world.database, world.archive)
        self._carried: set[UUID] = set()

    async def carry(self) -> None:
        """Let every event that has not arrived yet arrive, until nothing more is told."""
        while await self._to_intake() or self._to_registry():
            pass

    async def _to_intake(self) -> bool:
        found = False
        for row in self._new(self.world.database):
            found = True
            match row.subject:
                case BlankUploaded.subject:
                    await self.reader.examine(BlankUploaded.model_validate_json(row.body))
                case FieldsPointed.subject:
                    await self.reader.draft(FieldsPointed.model_validate_json(row.body))
                case InitiativeDefined.subject:
                    self.intake.define(InitiativeDefined.model_validate_json(row.body))
                case FormLearned.subject:
                    with self.intake.database.write() as session:
                        forms.learn(session, FormLearned.model_validate_json(row.body))
        return found

    def _to_registry(self) -> bool:
        found = False
        for row in self._new(self.intake.database):
            found = True
            match row.subject:
                case BlankExamined.subject:
                    self.keeper.examined(BlankExamined.model_validate_json(row.body))
                case FormDrafted.subject:
                    self.keeper.drafted(FormDrafted.model_validate_json(row.body))
        return found

    def _new(self, database: Database) -> list[OutboxRow]:
        rows = _outbox(database)
        new = [row for row in rows if row.event_id not in self._carried]
        self._carried |= {row.event_id for row in new}
        return new

    def draft(self) -> FormDraft:
        """The draft that was begun last."""
        with self.world.database.read() as session:
            return (
                session.exec(select(FormDraft).order_by(col(FormDraft.begun_at).desc())).first()
                or FormDraft()
            )

    @property
    def here(self) -> str:
        """The address of its page."""
        return f"/blanketter/utkast/{self.draft().id}"

    def begin(self, client: Client, pdf: bytes, initiative: str = "kompetens-2024") -> Answer:
        return client.upload(
            "/blanketter/ny", {"initiativ": initiative}, {"fil": ("svarsblankett.pdf", pdf)}
        )

    def press(self, client: Client, button: str, **fields: str) -> Answer:
        """Send one of the forms of the draft's page, as it is now."""
        seen = str(self.draft().revision)
        return client.submit(self.here, f"{self.here}/{button}", **({"sedd": seen} | fields))

    def point(self, client: Client, field: str, place: tuple[float, ...]) -> Answer:
        sides = zip(("vanster", "topp", "bredd", "hojd"), place, strict=True)
        typed = {side: str(value).replace(".", ",") for side, value in sides}
        return self.press(client, "falt", falt=field, **typed)


def _outbox(database: Database) -> list[OutboxRow]:
    with database.read() as session:
        return list(session.exec(select(OutboxRow).order_by(col(OutboxRow.number))))


def intake_beside(folder: Path, database_url: str = "") -> Intake:
    """Intake on the archive that the pages of `folder` have."""
    return Intake(database_url or f"sqlite:///{folder / 'intake.sqlite3'}", folder)
