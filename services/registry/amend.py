"""The flow from a registrar's change of a recorded answer to the register: makulera and rätta.

One transaction holds the change, the händelselogg and the event. An answer that has changed since
it was shown is left as it is, and the registrar is told.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, assert_never

import structlog
from sqlmodel import Session

from services.registry.answers import plain, record_answer
from services.registry.contact_letters import Confirming
from services.registry.contacts import addressees_of
from services.registry.domain.amendment import (
    Amendment,
    Correct,
    Said,
    Standing,
    Void,
    objections,
)
from services.registry.domain.answer import Pair, Values
from services.registry.domain.resolution import Details
from services.registry.eventlog import note
from services.registry.resolve import Refused
from services.registry.store.search_index import index_mail
from services.registry.tables import Answer, AnswerStatus, CaseFile, Document, Initiative
from shared.database import Database
from shared.events import AnswerVoided
from shared.failpoint import failpoint
from shared.outbox import emit

log = structlog.get_logger()


@dataclass(frozen=True)
class Amended:
    """The answer is changed."""


class NoSuchAnswer(Exception):
    """No answer was recorded from a document of this name."""


class Amender:
    """Carries out registrars' changes of recorded answers."""

    def __init__(
        self,
        database: Database,
        now: Callable[[], datetime],
        stir: Callable[[], None],
        confirming: Confirming | None = None,
    ) -> None:
        """`stir` tells the outbox's relay, from any thread, that there is something to publish.

        `confirming` tells contact persons that another took their place.
        """
        self._database = database
        self._confirming = confirming
        self._now = now
        self._stir = stir

    def amend(
        self, document_id: str, seen: str, amendment: Amendment, who: str
    ) -> Amended | Refused:
        """Change the answer as it was when its mark was `seen`, or say what forbids it.

        Raises NoSuchAnswer.
        """
        with self._database.write() as session:
            answer = session.get(Answer, document_id, with_for_update=True)
            if answer is None:
                raise NoSuchAnswer
            options = session.get_one(Initiative, answer.initiative).options
            against = objections(
                amendment,
                Standing(
                    is_current=answer.status is AnswerStatus.CURRENT,
                    state=mark_of(answer),
                    seen=seen,
                    said=said_in(answer),
                    options=options,
                ),
            )
            if against:
                return Refused(against)
            at, contacts = self._now(), addressees_of(session, document_id)
            _write(session, answer, amendment, who, at)
            if isinstance(amendment, Correct) and self._confirming is not None:
                now = addressees_of(session, document_id)
                self._confirming.replaced(session, document_id, contacts, now, who=who, at=at)
        failpoint("registry.amend.committed")
        log.info("answer_amended", document=document_id, how=type(amendment).__name__)
        self._stir()
        return Amended()


def said_in(answer: Answer) -> Said:
    """What an answer says, as far as it may be corrected."""
    return Said(
        answer.answer,
        answer.signature,
        Details(
            signatory_name=answer.signatory_name,
            signatory_title=answer.signatory_title,
            place_date=answer.place_date,
            contact_name=answer.contact_name,
            contact_email=answer.contact_email,
            contact_phone=answer.contact_phone,
            their_reference=answer.their_reference,
        ),
    )


def mark_of(answer: Answer) -> str:
    """A mark of the answer as it stands: 32 hexadecimal digits, another once it has changed."""
    row = json.dumps(answer.model_dump(mode="json"), sort_keys=True)
    return sha256(row.encode()).hexdigest()[:32]


def _write(session: Session, answer: Answer, amendment: Amendment, who: str, at: datetime) -> None:
    document = session.get_one(Document, answer.document_id)
    before: dict[str, Any] = {"status": answer.status.value, **asdict(said_in(answer))}
    match amendment:
        case Void(why):
            answer.status, answer.ended_at = AnswerStatus.VOIDED, at
            answer.ended_by, answer.ended_why = who, plain(why)
            what, after = "answer.voided", {"status": answer.status.value, "why": plain(why)}
            emit(
                session,
                AnswerVoided(
                    occurred_at=at,
                    initiative=answer.initiative,
                    municipality=answer.municipality,
                    document_id=answer.document_id,
                    by=who,
                ),
            )
        case Correct(said, why):
            what, after = "answer.corrected", {**asdict(said), "why": plain(why)}
            values = Values(
                answer=said.answer, signature=said.signature.value, **asdict(said.details)
            )
            pair = Pair(answer.initiative, answer.municipality)
            dnr = session.get_one(CaseFile, document.case_id).dnr
            emit(session, record_answer(session, document, pair, values, dnr=dnr, by=who, at=at))
        case _:
            assert_never(amendment)
    note(
        session,
        at=at,
        who=who,
        what=what,
        mail_id=document.mail_id,
        document_id=document.document_id,
        case_id=document.case_id,
        before=before,
        after=after,
    )
    index_mail(session, document.mail_id)
