"""Teaching the reader somebody else's form in the pages: from an uploaded blank to a learned form.

    begin → BlankUploaded → (intake) BlankExamined → point, field by field → ask → FieldsPointed
    → (intake) FormDrafted → confirm → FormLearned

A draft is a row: it outlives a restart, and several may be under way. Bytes from outside are not
opened here; the registry keeps them, and shows what intake made of them.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4

import yaml
from sqlmodel import Session, col, select

from services.registry.admin.forms import (
    Naming,
    keep_stored,
    kept_in,
    naming,
    refuse_one_blank_for_two,
    version_after,
)
from services.registry.eventlog import note
from services.registry.tables import FormDraft, Initiative
from shared.archive import Archive, Area
from shared.database import Database
from shared.errors import UsageError
from shared.events import BlankUploaded, FieldsPointed
from shared.forms import STAMP, FormTemplate, Rect
from shared.outbox import emit

MOST_BLANK_BYTES: Final = 20_000_000
LEAST_SIDE_MM: Final = 0.5
MOST_MM: Final = 450.0
_MOST_NAME: Final = 200


class DraftState(StrEnum):
    """Where a draft stands."""

    EXAMINING = "examining"
    """The reader is looking at the blank."""
    UNREADABLE = "unreadable"
    """The blank cannot be opened."""
    POINTING = "pointing"
    DRAFTING = "drafting"
    """The reader is making a form of the fields."""
    PROPOSED = "proposed"
    """The form can be looked at, and taken into use."""
    KEPT = "kept"
    CANCELLED = "cancelled"


class WrongDraft(UsageError):
    """A draft cannot be begun, or not be taken into use; `fault` says why in a stable key."""

    code = "wrong_draft"

    def __init__(self, fault: str, about: str = "") -> None:
        super().__init__(f"{fault} {about}".strip())
        self.fault = fault
        self.about = about


class NoSuchDraft(UsageError):
    """There is no draft of that name."""

    code = "no_such_draft"


class DraftChanged(UsageError):
    """The draft is no longer as it was when it was shown: changed by somebody, or ended."""

    code = "draft_changed"


def state_of(draft: FormDraft) -> DraftState:
    """Where a draft stands, by what its row holds."""
    if draft.ended_at is not None:
        return DraftState.CANCELLED if draft.kept_as is None else DraftState.KEPT
    if draft.fault:
        return DraftState.UNREADABLE
    if draft.survey is None:
        return DraftState.EXAMINING
    if draft.question is not None:
        return DraftState.DRAFTING
    return DraftState.POINTING if draft.template is None else DraftState.PROPOSED


def drafts(session: Session) -> Sequence[FormDraft]:
    """Every draft that has not ended, the latest first."""
    return session.exec(
        select(FormDraft)
        .where(col(FormDraft.ended_at).is_(None))
        .order_by(col(FormDraft.begun_at).desc(), col(FormDraft.id))
    ).all()


def begin(
    database: Database,
    archive: Archive,
    initiative: str,
    blank: bytes,
    blank_name: str,
    *,
    who: str,
    at: datetime,
) -> str:
    """Keep a blank and have it looked at; return the draft's id. Raises WrongDraft."""
    if not blank:
        raise WrongDraft("empty")
    if b"%PDF-" not in blank[:1024]:
        raise WrongDraft("not_pdf")
    if len(blank) > MOST_BLANK_BYTES:
        raise WrongDraft("too_large")
    with database.read() as session:
        if session.get(Initiative, initiative) is None:
            raise WrongDraft("no_initiative")
    digest = archive.put(blank, Area.DERIVED)
    draft = FormDraft(
        id=uuid4().hex,
        initiative=initiative,
        blank=digest,
        blank_name=blank_name[:_MOST_NAME],
        begun_at=at,
        begun_by=who,
    )
    with database.write() as session:
        _ask_to_examine(session, draft, at)
        session.add(draft)
        note(session, at=at, who=who, what="form.draft_begun", after=_as_noted(draft))
    return draft.id


def point(database: Database, draft_id: str, seen: int, fields: Mapping[str, Rect | None]) -> None:
    """Say where fields are, in millimetres of the page; None takes one back.

    Raises NoSuchDraft and DraftChanged.
    """
    with database.write() as session:
        draft = _open(session, draft_id, seen, DraftState.POINTING, DraftState.PROPOSED)
        places = dict(draft.fields)
        for name, area in fields.items():
            if area is None:
                places.pop(name, None)
            else:
                places[name] = [area.left_mm, area.top_mm, area.width_mm, area.height_mm]
        draft.fields = places
        draft.faults = [fault for fault in draft.faults if fault["field"] not in fields]
        _forget_proposal(draft)


def turn_to(database: Database, draft_id: str, seen: int, page: int) -> None:
    """Say which page of the blank is the form; what was pointed at on another is forgotten."""
    with database.write() as session:
        draft = _open(session, draft_id, seen, DraftState.POINTING, DraftState.PROPOSED)
        if draft.page != page and 1 <= page <= len(draft.pages):
            draft.page, draft.fields, draft.faults = page, {}, []
            _forget_proposal(draft)


def ask(database: Database, draft_id: str, seen: int, *, at: datetime) -> None:
    """Have the reader make a form of the fields. Raises NoSuchDraft and DraftChanged."""
    with database.write() as session:
        draft = _open(session, draft_id, seen, DraftState.POINTING, DraftState.PROPOSED)
        _forget_proposal(draft)
        _ask_to_draft(session, draft, at)


def ask_again(database: Database, draft_id: str, seen: int, *, at: datetime) -> None:
    """Ask the reader once more what it has not answered. Raises NoSuchDraft and DraftChanged."""
    with database.write() as session:
        draft = _open(session, draft_id, seen, DraftState.EXAMINING, DraftState.DRAFTING)
        if draft.survey is None:
            _ask_to_examine(session, draft, at)
        else:
            _ask_to_draft(session, draft, at)


def cancel(database: Database, draft_id: str, seen: int, *, who: str, at: datetime) -> None:
    """End a draft; nothing of it comes into force. Raises NoSuchDraft and DraftChanged."""
    with database.write() as session:
        draft = _open(session, draft_id, seen, *DraftState)
        draft.ended_at, draft.ended_by, draft.question = at, who, None
        note(session, at=at, who=who, what="form.draft_cancelled", after=_as_noted(draft))


def naming_of(session: Session, draft: FormDraft) -> Naming:
    """Which initiatives a proposed form's print names."""
    names = {one.id: one.name for one in session.exec(select(Initiative))}
    return naming(FormTemplate.model_validate(draft.template), draft.initiative, names)


def confirm(
    database: Database, draft_id: str, seen: int, *, unnamed: bool, who: str, at: datetime
) -> int:
    """Take the form that was looked at into use; return its version.

    `unnamed` says that the blank may do without the initiative's name. Raises WrongDraft,
    WrongForm, NoSuchDraft and DraftChanged.
    """
    with database.write() as session:
        draft = _open(session, draft_id, seen, DraftState.PROPOSED)
        template = FormTemplate.model_validate(draft.template)
        found = naming_of(session, draft)
        if found.another:
            raise WrongDraft("another_name", ", ".join(found.others))
        if not (found.named or unnamed):
            raise WrongDraft("unnamed")
        assert template.print is not None
        refuse_one_blank_for_two(kept_in(session), template.print.picture, draft.initiative)
        # Another form may have been learned since this one was drawn.
        version = version_after(session, draft.initiative)
        keep_stored(
            session,
            initiative=draft.initiative,
            template=template.model_copy(update={"version": version}),
            blank=draft.blank,
            blank_name=draft.blank_name,
            fields=as_yaml(draft),
            who=who,
            now=at,
        )
        draft.ended_at, draft.ended_by, draft.kept_as = at, who, version
    return version


def as_yaml(draft: FormDraft) -> str:
    """What was pointed at, as `handslag form learn` takes it."""
    places = {name: {"mm": place} for name, place in draft.fields.items()}
    stamp = places.pop(STAMP, None)
    said: dict[str, object] = {"page": draft.page, "fields": places}
    if stamp is not None:
        said[STAMP] = stamp
    return yaml.safe_dump(said, sort_keys=False, allow_unicode=True)


def _open(session: Session, draft_id: str, seen: int, *states: DraftState) -> FormDraft:
    draft = session.exec(
        select(FormDraft).where(FormDraft.id == draft_id).with_for_update()
    ).one_or_none()
    if draft is None:
        raise NoSuchDraft(draft_id)
    if draft.revision != seen or draft.ended_at is not None or state_of(draft) not in states:
        raise DraftChanged(draft_id)
    draft.revision += 1
    return draft


def _forget_proposal(draft: FormDraft) -> None:
    draft.template, draft.preview = None, None


def _ask_to_examine(session: Session, draft: FormDraft, at: datetime) -> None:
    event = BlankUploaded(occurred_at=at, draft=UUID(draft.id), blank=draft.blank)
    draft.question, draft.asked_at = str(event.event_id), at
    emit(session, event)


def _ask_to_draft(session: Session, draft: FormDraft, at: datetime) -> None:
    assert draft.survey is not None
    initiative = session.get_one(Initiative, draft.initiative)
    event = FieldsPointed(
        occurred_at=at,
        draft=UUID(draft.id),
        survey=draft.survey,
        pictures=tuple(page["picture"] for page in draft.pages),
        fields=as_yaml(draft),
        options=tuple(initiative.options),
        names=(initiative.name,),
        signatories=initiative.signatories,
        version=version_after(session, draft.initiative),
    )
    draft.question, draft.asked_at = str(event.event_id), at
    emit(session, event)


def _as_noted(draft: FormDraft) -> dict[str, object]:
    return {
        "draft": draft.id,
        "initiative": draft.initiative,
        "blank": draft.blank,
        "blank_name": draft.blank_name,
    }
