"""From the register's rows to the case that is delivered as ERMS XML."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from services.registry.api.build import name_of
from services.registry.exports.erms import Agent, Case, File, Record
from services.registry.exports.zipped import safe_name
from services.registry.store.answers import FormerAnswer
from services.registry.store.details import DocumentDetail, MailDetail
from services.registry.tables import Answer, AnswerStatus, Message
from shared.events import MessageFate, SignatureState

_SENT = "utskick/"


def case_of(
    found: DocumentDetail,
    mail: MailDetail,
    files: Sequence[File],
    others: Sequence[FormerAnswer],
    zone: ZoneInfo,
) -> Case:
    """Return the case with the answer and the mails that were sent about it.

    `files` are all of the package's, by their paths in it; `others` the former answers of the pair.
    """
    answer = found.answer
    assert answer is not None
    name = name_of(answer.municipality)
    own = [file for file in files if not file.path.startswith(_SENT)]
    by_path = {file.path: file for file in files}
    return Case(
        dnr=found.case.dnr,
        title=found.case.title,
        opened_at=found.case.opened_at.astimezone(zone),
        municipality=name,
        records=[
            _answer(found, answer, name, own, others, zone),
            *(_letter(message, by_path.get(path), zone) for path, message in sent_about(mail)),
        ],
    )


def _answer(
    found: DocumentDetail,
    answer: Answer,
    name: str,
    files: Sequence[File],
    others: Sequence[FormerAnswer],
    zone: ZoneInfo,
) -> Record:
    document, signed = found.document, answer.signature is SignatureState.ELECTRONIC
    agents = [
        Agent("sender", found.mail.from_name or found.mail.from_address or name, organisation=name),
        Agent("main_signatory", answer.signatory_name, name, answer.signatory_title),
        Agent("other:kontaktperson", answer.contact_name, name, municipality=name,
              email=answer.contact_email, phone=answer.contact_phone),
    ]  # fmt: skip
    dates = [("received", document.received_at), ("captured", document.registered_at),
             ("decision", answer.recorded_at)]  # fmt: skip
    if document.handled_at is not None:
        dates.append(("reviewed", document.handled_at))
    if answer.ended_at is not None:
        dates.append(("closed", answer.ended_at))
    theirs = answer.their_reference
    return Record(
        id=f"{found.case.dnr}-{document.handling}",
        title=f"Svar från {name}",
        kind="svar",
        incoming=True,
        number=document.handling,
        identifications=[("Er beteckning", theirs)] if theirs else [],
        relations=[
            ("replaces", f"{one.case.dnr}-{one.document.handling}")
            for one in others
            if one.answer.status is AnswerStatus.REPLACED
        ]
        if answer.status is AnswerStatus.CURRENT
        else [],
        dates=[(kind, moment.astimezone(zone)) for kind, moment in dates],
        agents=[agent for agent in agents if agent.name],
        files=[
            File(one.name, one.path, one.format, one.description, signed and _is_scan(one))
            for one in files
        ],
        notes=[answer.ended_why] if answer.ended_why else [],
        facts=[
            ("initiativ", answer.initiative),
            ("kommunkod", answer.municipality),
            ("svar", answer.answer),
            ("status", answer.status.value),
            ("underskrift", answer.signature.value),
            ("för sent inkommet", "ja" if answer.late else "nej"),
        ],
    )


def _is_scan(file: File) -> bool:
    return file.path.startswith("mejl/") and not file.path.endswith(".eml")


def sent_about(mail: MailDetail) -> list[tuple[str, Message]]:
    """Our mails that were sent about one, each with its path in the package."""
    return [
        (f"{_SENT}{number:02} {safe_name(message.kind)}.eml", message)
        for number, message in enumerate(mail.messages, start=1)
        if message.fate is MessageFate.SENT and message.content is not None
    ]


def _letter(message: Message, file: File | None, zone: ZoneInfo) -> Record:
    return Record(
        id=message.message_id,
        title=f"Utgående mejl: {message.kind}",
        kind=message.kind,
        incoming=False,
        dates=[("sent", message.settled_at.astimezone(zone))],
        agents=[Agent("receiver", message.recipient)],
        files=[file] if file is not None else [],
    )
