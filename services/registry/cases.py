"""Cases and their numbers: a dnr for each case, a handling number for each thing in it."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import Session, col, select

from services.registry.answers import municipality_name
from services.registry.domain.answer import Pair
from services.registry.domain.diary import diary_year, write_dnr
from services.registry.tables import CaseFile, DiaryCounter


class Diary:
    """The one generator of diarienummer. A number taken by work that fails is given again."""

    def __init__(self, format: str, zone: ZoneInfo) -> None:
        self._format = format
        self._zone = zone

    def open_case(
        self, session: Session, *, title: str, at: datetime, pair: Pair | None = None
    ) -> CaseFile:
        """Open a case with a dnr of its own.

        Raises IntegrityError if another has opened the case of this pair in the meantime.
        """
        year = diary_year(at, self._zone)
        case = CaseFile(
            dnr=write_dnr(self._format, year, _next_number(session, year)),
            title=title,
            initiative=pair.initiative if pair else None,
            municipality=pair.municipality if pair else None,
            opened_at=at,
        )
        session.add(case)
        session.flush()
        return case


def answer_title(initiative_name: str, pair: Pair) -> str:
    """What the case of one municipality's answer to one initiative is called."""
    return f"Svar om {initiative_name} från {municipality_name(pair.municipality)}"


def case_of(session: Session, pair: Pair) -> CaseFile | None:
    """Return the case of one municipality's answer to one initiative, if it is open already."""
    return session.exec(
        select(CaseFile).where(
            CaseFile.initiative == pair.initiative, CaseFile.municipality == pair.municipality
        )
    ).one_or_none()


def next_handling(session: Session, case: CaseFile) -> int:
    """Take the case's next handling number, from 1. Others wait until this work is committed."""
    number: int = (
        session.connection()
        .execute(
            update(CaseFile)
            .where(col(CaseFile.id) == case.id)
            .values(last_handling=col(CaseFile.last_handling) + 1)
            .returning(col(CaseFile.last_handling))
        )
        .scalar_one()
    )
    session.refresh(case)
    return number


def _next_number(session: Session, year: int) -> int:
    connection = session.connection()
    insert: Any = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    number: int = connection.execute(
        insert(DiaryCounter)
        .values(year=year, last_number=1)
        .on_conflict_do_update(
            index_elements=["year"], set_={"last_number": col(DiaryCounter.last_number) + 1}
        )
        .returning(col(DiaryCounter.last_number))
    ).scalar_one()
    return number
