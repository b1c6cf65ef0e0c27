"""Fetches what the decision about one mail must know, and no more."""

from collections.abc import Sequence
from functools import cache

from sqlmodel import Session, col, select

from services.registry.domain.answer import Pair, Scan, Statement, Values
from services.registry.domain.match import SenderEvidence, domains_to_look_up, sender_evidence
from services.registry.domain.review import Known, Offered
from services.registry.domain.witnesses import Evidence, WitnessRule, weigh
from services.registry.tables import (
    Answer,
    AnswerStatus,
    Document,
    Initiative,
    LearnedForm,
    MunicipalityDomain,
)
from shared.events import Correspondence, DocumentReading, MailRead, Reason, WitnessKind
from shared.municipalities import all_municipalities


def look_up(
    session: Session, event: MailRead, *, unknown_sender_is_doubt: bool
) -> tuple[Known, dict[Pair, Statement]]:
    """Return what is known, and the current answers that the mail's documents may meet."""
    named = {reading.initiative.text for reading in event.documents if reading.initiative}
    initiatives = session.exec(select(Initiative).where(col(Initiative.id).in_(named))).all()
    known = Known(
        initiatives={
            one.id: Offered(tuple(one.options), one.last_answer_day, one.signatories)
            for one in initiatives
        },
        municipalities=_codes(),
        sender=sender_of(session, event.correspondence),
        unknown_sender_is_doubt=unknown_sender_is_doubt,
    )
    return known, _standing(session, event)


def sender_of(session: Session, about: Correspondence) -> SenderEvidence:
    """Return whose the domains of a mail's sender are."""
    sender = (about.from_address, about.return_path)
    return sender_evidence(sender, _domains(session, sender))


def weighed(session: Session, event: MailRead, rule: WitnessRule) -> MailRead:
    """Return the mail with the municipality of each form without a code, where that is proven.

    One that was read by a form withdrawn since is left to a person.
    """
    if not any(Reason.MUNICIPALITY_UNPROVEN in reading.reasons for reading in event.documents):
        return event
    about = event.correspondence
    senders = (about.from_address, about.return_path) if event.sender_authentic else ()
    hosts = tuple(address.rpartition("@")[2] for address in senders if "@" in address)
    return event.model_copy(
        update={
            "documents": tuple(
                reading
                if _was_withdrawn(session, reading)
                else weigh(reading, what_bears_on(session, reading, hosts), rule)
                for reading in event.documents
            )
        }
    )


def what_bears_on(
    session: Session, reading: DocumentReading, sender_hosts: Sequence[str]
) -> Evidence:
    """Return what is known about the domains that a document's witnesses name."""
    named = [
        witness.text for witness in reading.witnesses if witness.kind is WitnessKind.CONTACT_DOMAIN
    ]
    addresses = tuple(f"@{host}" for host in (*named, *sender_hosts))
    return Evidence(domains=_domains(session, addresses), sender_hosts=sender_hosts)


def _was_withdrawn(session: Session, reading: DocumentReading) -> bool:
    if reading.initiative is None or reading.form_version is None:
        return False
    form = session.get(LearnedForm, (reading.initiative.text, reading.form_version))
    return form is not None and form.withdrawn_at is not None


def _standing(session: Session, event: MailRead) -> dict[Pair, Statement]:
    named = {
        (reading.initiative.text, reading.municipality.text)
        for reading in event.documents
        if reading.initiative and reading.municipality
    }
    rows = session.exec(
        select(Answer, Document)
        .join(Document, col(Document.document_id) == col(Answer.document_id))
        .where(
            col(Answer.status) == AnswerStatus.CURRENT,
            col(Answer.initiative).in_({initiative for initiative, _ in named}),
            col(Answer.municipality).in_({municipality for _, municipality in named}),
        )
    ).all()
    return {
        Pair(answer.initiative, answer.municipality): _statement(answer, document)
        for answer, document in rows
    }


def _statement(answer: Answer, document: Document) -> Statement:
    """What stands: the values as recorded, which a registrar may have corrected since."""
    return Statement(
        document_id=document.document_id,
        mail_id=document.mail_id,
        scan=Scan(
            document.content, tuple(page["source_page"] for page in document.reading["pages"])
        ),
        values=Values(
            answer=answer.answer,
            signature=answer.signature,
            signatory_name=answer.signatory_name,
            signatory_title=answer.signatory_title,
            place_date=answer.place_date,
            contact_name=answer.contact_name,
            contact_email=answer.contact_email,
            contact_phone=answer.contact_phone,
            their_reference=answer.their_reference,
        ),
    )


def _domains(session: Session, addresses: tuple[str, ...]) -> list[tuple[str, str]]:
    wanted = domains_to_look_up(addresses)
    imported = session.exec(
        select(MunicipalityDomain).where(col(MunicipalityDomain.domain).in_(wanted))
    ).all()
    return [*_well_known(), *((row.domain, row.municipality) for row in imported)]


@cache
def _codes() -> frozenset[str]:
    return frozenset(municipality.code for municipality in all_municipalities())


@cache
def _well_known() -> tuple[tuple[str, str], ...]:
    return tuple(
        (domain, municipality.code)
        for municipality in all_municipalities()
        for domain in municipality.known_domains
    )
