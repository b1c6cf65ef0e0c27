"""Verdicts: all that a registrar can decide in the pages, by the same rules."""

from typing import Annotated, assert_never

from fastapi import Body
from sqlmodel import Session

from services.registry.amend import NoSuchAnswer
from services.registry.api import build, build_mails
from services.registry.api.call import Call, ThisCall
from services.registry.api.models.answers import Answer
from services.registry.api.models.verdicts import (
    AskAgainVerdict,
    AttachVerdict,
    CorrectRequest,
    DoneVerdict,
    DuplicateVerdict,
    GivenDetails,
    GivenVerdict,
    LeaveOutVerdict,
    Resolved,
    ToNeedsVerdict,
    ToQuestionsVerdict,
    VoidRequest,
)
from services.registry.api.objections import refused
from services.registry.api.problems import Problem
from services.registry.api.repeats import amended_already, resolved_already, undone_already
from services.registry.api.routes.queue import ItemNumber
from services.registry.api.routing import Routes
from services.registry.domain.amendment import Amendment, Correct, Said, Void
from services.registry.domain.answer import Pair
from services.registry.domain.resolution import (
    AsDuplicate,
    AskAgain,
    Attach,
    Details,
    Done,
    LeaveOut,
    ToNeeds,
    ToQuestions,
    Verdict,
)
from services.registry.resolve import NoSuchMatter, Refused
from services.registry.tables import Answer as AnswerRow
from services.registry.tables import CaseFile, Document, Resolution, ReviewItem
from services.registry.web.roles import Permission

routes = Routes("Beslut")


@routes.post("/queue/{item_id}/verdict", Permission.RESOLVE)
def resolve_item(
    call: ThisCall, item_id: ItemNumber, given: Annotated[GivenVerdict, Body()]
) -> Resolved:
    """Avgör ett ärende i kön: koppla, ersätt, dubblett, begär nytt svar, för över, registrera inte

    Ett anrop som görs om, med samma nyckel, revision och innehåll, får samma svar som första gången
    och ändrar inget mer.
    """
    verdict, who = _verdict(given), call.caller.name
    try:
        done = call.desk.resolver.resolve(item_id, given.revision, verdict, who)
    except NoSuchMatter:
        raise Problem("not_found") from None
    if isinstance(done, Refused):
        with call.database.read() as session:
            before = resolved_already(session, item_id, given.revision, verdict, who)
        if before is None:
            raise refused(done.objections)
        return _resolved(call, before)
    return _resolved(call, done.resolution)


@routes.post("/resolutions/{resolution_id}/undo", Permission.RESOLVE)
def undo_resolution(call: ThisCall, resolution_id: str) -> Resolved:
    """Ångra ett beslut: ärendet öppnas igen, och mejlet till avsändaren hålls inne"""
    try:
        done = call.desk.resolver.undo(resolution_id, call.caller.name)
    except NoSuchMatter:
        raise Problem("not_found") from None
    if isinstance(done, Refused):
        with call.database.read() as session:
            if not undone_already(session, resolution_id, call.caller.name):
                raise refused(done.objections)
    return _resolved(call, resolution_id)


@routes.post("/answers/{document_id}/void", Permission.RESOLVE)
def void_answer(call: ThisCall, document_id: str, given: VoidRequest) -> Answer:
    """Makulera ett svar"""
    return _amend(call, document_id, given.revision, Void(given.why.strip()))


@routes.post("/answers/{document_id}/correct", Permission.RESOLVE)
def correct_answer(call: ThisCall, document_id: str, given: CorrectRequest) -> Answer:
    """Rätta ett svar"""
    said = Said(given.answer, given.signature, _details(given.details))
    return _amend(call, document_id, given.revision, Correct(said, given.why.strip()))


def _amend(call: Call, document_id: str, seen: str, amendment: Amendment) -> Answer:
    who = call.caller.name
    try:
        done = call.desk.amender.amend(document_id, seen, amendment, who)
    except NoSuchAnswer:
        raise Problem("not_found") from None
    with call.database.read() as session:
        if isinstance(done, Refused) and not amended_already(session, document_id, amendment, who):
            raise refused(done.objections)
        return _answer(session, document_id)


def _resolved(call: Call, resolution_id: str) -> Resolved:
    with call.database.read() as session:
        row = session.get_one(Resolution, resolution_id)
        item = session.get_one(ReviewItem, row.item_id)
        has_answer = row.document_id and session.get(AnswerRow, row.document_id)
        return Resolved(
            resolution=build_mails.resolution(row),
            revision=item.revision,
            answer=_answer(session, row.document_id) if row.document_id and has_answer else None,
        )


def _answer(session: Session, document_id: str) -> Answer:
    row = session.get_one(AnswerRow, document_id)
    document = session.get_one(Document, document_id)
    return build.answer(row, session.get_one(CaseFile, document.case_id).dnr, document.handling)


def _verdict(given: GivenVerdict) -> Verdict:
    match given:
        case AttachVerdict():
            return Attach(
                Pair(given.initiative, given.municipality),
                given.answer,
                given.signature,
                _details(given.details),
                given.replaces,
            )
        case DuplicateVerdict(of=of):
            return AsDuplicate(of)
        case AskAgainVerdict():
            return AskAgain(tuple(dict.fromkeys(given.reasons)), given.message.strip())
        case ToNeedsVerdict():
            return ToNeeds()
        case ToQuestionsVerdict():
            return ToQuestions()
        case LeaveOutVerdict(why=why):
            return LeaveOut(why.strip())
        case DoneVerdict():
            return Done()
        case _:
            assert_never(given)


def _details(given: GivenDetails) -> Details:
    return Details(**{key: value.strip() for key, value in given.model_dump().items()})
