"""Initiatives, municipalities, and what they have answered."""

from sqlmodel import col, select

from services.registry.api import build
from services.registry.api.call import ThisCall
from services.registry.api.cursor import Cursor, Limit, decoded_place, encoded
from services.registry.api.models.answers import (
    Answer,
    AnswerHistory,
    AnswerLinePage,
    Initiative,
    InitiativePage,
    MunicipalityDetail,
    MunicipalityPage,
)
from services.registry.api.problems import Problem
from services.registry.api.routing import Routes
from services.registry.store.answers import AnswerState, answer_lines, summaries
from services.registry.tables import Answer as AnswerRow
from services.registry.tables import (
    AnswerStatus,
    CaseFile,
    Document,
    MunicipalityContact,
    MunicipalityDomain,
)
from services.registry.tables import Initiative as InitiativeRow
from services.registry.web.roles import Permission
from shared.municipalities import all_municipalities, by_code

routes = Routes("Svar")

_LINES = "answers"


@routes.get("/initiatives", Permission.SEE_ANSWERS)
def list_initiatives(call: ThisCall) -> InitiativePage:
    """Alla initiativ, med hur långt svaren har kommit"""
    with call.database.read() as session:
        found = [build.initiative(one) for one in summaries(session)]
    return InitiativePage(items=found, next_cursor=None)


@routes.get("/initiatives/{initiative_id}", Permission.SEE_ANSWERS)
def get_initiative(call: ThisCall, initiative_id: str) -> Initiative:
    """Ett initiativ"""
    with call.database.read() as session:
        found = [one for one in summaries(session) if one.id == initiative_id]
    if not found:
        raise Problem("not_found")
    return build.initiative(found[0])


@routes.get("/initiatives/{initiative_id}/municipalities/{code}/answers", Permission.SEE_ANSWERS)
def list_answer_history(call: ThisCall, initiative_id: str, code: str) -> AnswerHistory:
    """Allt som en kommun har svarat om ett initiativ: det gällande svaret först, sedan de tidigare

    Ersatta och makulerade svar finns kvar, med vem, när och varför.
    """
    with call.database.read() as session:
        if session.get(InitiativeRow, initiative_id) is None or by_code(code) is None:
            raise Problem("not_found")
        rows = session.exec(
            select(AnswerRow, CaseFile, Document)
            .join(Document, col(Document.document_id) == col(AnswerRow.document_id))
            .join(CaseFile, col(CaseFile.id) == col(Document.case_id))
            .where(AnswerRow.initiative == initiative_id, AnswerRow.municipality == code)
            .order_by(col(AnswerRow.recorded_at).desc(), col(AnswerRow.document_id))
        ).all()
    found = [build.answer(row, case.dnr, document.handling) for row, case, document in rows]
    found.sort(key=lambda one: one.status is not AnswerStatus.CURRENT)
    return AnswerHistory(items=found, next_cursor=None)


@routes.get("/municipalities", Permission.SEE_ANSWERS)
def list_municipalities(call: ThisCall) -> MunicipalityPage:
    """Alla 290 kommuner"""
    return MunicipalityPage(
        items=[build.municipality(one) for one in all_municipalities()], next_cursor=None
    )


@routes.get("/municipalities/{code}", Permission.SEE_ANSWERS)
def get_municipality(call: ThisCall, code: str) -> MunicipalityDetail:
    """En kommun, med registratorns adress och kommunens mejldomäner"""
    one = by_code(code)
    if one is None:
        raise Problem("not_found")
    with call.database.read() as session:
        registrar = session.get(MunicipalityContact, code)
        domains = session.exec(
            select(MunicipalityDomain.domain)
            .where(MunicipalityDomain.municipality == code)
            .order_by(col(MunicipalityDomain.domain))
        ).all()
    return MunicipalityDetail(
        **vars(build.municipality(one)),
        registrar_address=registrar.registrar_address if registrar else None,
        domains=list(domains),
    )


@routes.get("/answers", Permission.SEE_ANSWERS)
def list_answers(
    call: ThisCall,
    initiative: str = "",
    municipality: str = "",
    status: AnswerState | None = None,
    limit: Limit = 100,
    cursor: Cursor = "",
) -> AnswerLinePage:
    """En rad per initiativ och kommun, även de som inte har svarat"""
    after = decoded_place(cursor, _LINES, (str, str))
    with call.database.read() as session:
        if initiative and session.get(InitiativeRow, initiative) is None:
            raise Problem("not_found")
        lines = answer_lines(session, initiative or None, (municipality,) if municipality else None)
    wanted = sorted(
        (line for line in lines if status in (None, line.state)),
        key=lambda line: (line.initiative, line.municipality),
    )
    if after is not None:
        wanted = [line for line in wanted if (line.initiative, line.municipality) > after]
    page = wanted[:limit]
    return AnswerLinePage(
        items=[build.answer_line(line) for line in page],
        next_cursor=encoded(_LINES, page[-1].initiative, page[-1].municipality)
        if len(wanted) > limit
        else None,
    )


@routes.get("/answers/{document_id}", Permission.SEE_ANSWERS)
def get_answer(call: ThisCall, document_id: str) -> Answer:
    """Svaret som registrerades ur en handling, vad som än har hänt med det sedan dess"""
    with call.database.read() as session:
        row = session.get(AnswerRow, document_id)
        if row is None:
            raise Problem("not_found")
        document = session.get_one(Document, document_id)
        case = session.get_one(CaseFile, document.case_id)
    return build.answer(row, case.dnr, document.handling)
