"""Forms that somebody else made, as a register has them: one in force, and drafts under way."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from services.intake.learn import Surveyed, learned_from
from services.intake.learning.fields import read_fields
from services.intake.learning.preview import preview
from services.intake.learning.survey import survey
from services.intake.pages.page import Limits
from services.registry import drafts
from services.registry.admin.forms import keep
from services.registry.draft_answers import DraftKeeper
from services.registry.tables import FormDraft
from shared.archive import Archive, Area
from shared.blank import BlankSurveyed, Widget
from shared.database import Database
from shared.events import BlankExamined, BlankPage, FormDrafted
from shared.forms import Rect
from shared.outbox import now
from tests.bench.forms.other_form import Blank, drawn_blank, learned
from tests.teaching import PLACES

WHO = "petra"


@dataclass(frozen=True)
class Taught:
    """The ids of two drafts: one to point at, one to be confirmed."""

    pointing: str
    proposed: str


def teach(database: Database, archive: Archive) -> Taught:
    """Keep a learned form, and begin two drafts of another; the reader answers in process."""
    form = learned(Blank.LIBREOFFICE)
    keep(
        database,
        archive,
        initiative=form.initiative,
        template=form.template.model_copy(update={"version": 1}),
        blank=form.pdf,
        blank_name="svarsblankett från länet.pdf",
        picture=form.picture,
        fields="fields: …",
        who=WHO,
        now=now(),
    )
    pointing = begun(database, archive)
    proposed = begun(database, archive)
    point_all(database, proposed)
    drafts.ask(database, proposed, draft(database, proposed).revision, at=now())
    answer_fields(database, archive, proposed)
    return Taught(pointing, proposed)


def begun(database: Database, archive: Archive) -> str:
    """A draft of the drawn blank that can be pointed at."""
    draft_id = drafts.begin(
        database, archive, "kompetens-2024", drawn_blank(), "blankett.pdf", who=WHO, at=now()
    )
    answer_blank(database, archive, draft_id)
    return draft_id


def draft(database: Database, draft_id: str) -> FormDraft:
    with database.read() as session:
        return session.get_one(FormDraft, draft_id)


def point_all(database: Database, draft_id: str) -> None:
    """Say where its fields are."""
    places = {
        name: Rect(left_mm=left, top_mm=top, width_mm=width, height_mm=height)
        for name, (left, top, width, height) in PLACES.items()
    }
    drafts.point(database, draft_id, draft(database, draft_id).revision, places)


def answer_blank(
    database: Database,
    archive: Archive,
    draft_id: str,
    *,
    pages: int = 1,
    widgets: Sequence[Widget] = (),
) -> None:
    """Answer as intake does what stands on the drawn blank: on so many pages, with form fields."""
    found = draft(database, draft_id)
    surveyed = _surveyed()
    [first], [picture] = surveyed.blank.pages, surveyed.pictures
    page = first.model_copy(update={"widgets": tuple(widgets)})
    blank = BlankSurveyed(pages=(page,) * pages)
    DraftKeeper(database, archive).examined(
        BlankExamined(
            occurred_at=now(),
            draft=found.id,
            answers=found.question,
            pages=(
                BlankPage(
                    picture=archive.put(picture, Area.DERIVED),
                    width_mm=page.width_mm,
                    height_mm=page.height_mm,
                ),
            )
            * pages,
            survey=archive.put(blank.model_dump_json().encode(), Area.DERIVED),
        )
    )


def answer_fields(database: Database, archive: Archive, draft_id: str) -> None:
    """Answer as intake does with the form that the fields make."""
    found = draft(database, draft_id)
    made = learned_from(
        _surveyed(),
        read_fields(drafts.as_yaml(found).encode()),
        options=("ja", "nej"),
        names=("Kompetensgemenskaper",),
        version=2,
    )
    DraftKeeper(database, archive).drafted(
        FormDrafted(
            occurred_at=now(),
            draft=found.id,
            answers=found.question,
            template=made.template,
            preview=archive.put(preview(made.template, made.picture), Area.DERIVED),
        )
    )


@cache
def _surveyed() -> Surveyed:
    blank, pictures = survey(drawn_blank(), Limits())
    return Surveyed(blank, tuple(pictures))
