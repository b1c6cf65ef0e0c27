"""Everything about an answer as files: originals, what was made of them, mails, and metadata."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from services.registry.api import build, build_mails
from services.registry.exports.erms import File, erms_xml
from services.registry.exports.erms_case import case_of, sent_about
from services.registry.exports.zipped import Member, safe_name, zipped
from services.registry.store.answers import former_answers
from services.registry.store.contacts import contacts_of_answer
from services.registry.store.details import (
    DocumentDetail,
    MailDetail,
    document_detail,
    mail_detail,
    searchable_copy,
)
from services.registry.tables import Answer, AnswerStatus, CaseFile, Document
from shared.archive import Archive, Area, DamagedInArchive, NotInArchive
from shared.database import Database

_STATES: Final = {AnswerStatus.REPLACED: " (ersatt)", AnswerStatus.VOIDED: " (makulerad)"}
_PICTURES: Final = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpg", b"RIFF": "webp"}
_ABOUT: Final = """\
Så är paketet ordnat. Varje svar har en mapp.

mejl/          mejlet som svaret kom i, byte för byte, och de filer som svaret står i
kopia/         en sökbar kopia, och sidorna som bilder, som registret har gjort
utskick/       de mejl som har skickats om svaret, byte för byte
metadata.json  allt som registret vet om svaret, med samma namn som i gränssnittet för program
erms.xml       ärendet enligt E-ARK CITS ERMS 2.1.3 (FGS Ärendehantering)

manifest-sha256.txt har en kontrollsumma för varje fil. Prova dem med: sha256sum --check
Finns saknas.txt kunde något inte hämtas ur arkivet, och där står vad.
"""


@dataclass
class Office:
    """What a package is made from. `missing` tells afterwards what the archive did not have."""

    database: Database
    archive: Archive
    zone: ZoneInfo
    organisation: str
    missing: list[str] = field(default_factory=list)


def package(office: Office, documents: Sequence[str], at: datetime) -> Iterator[bytes]:
    """Yield a zip with the answers recorded from these documents, piece by piece."""
    return zipped(_members(office, documents, at), at.astimezone(office.zone))


def answers_of(session: Session, initiative: str) -> list[str]:
    """The documents of all answers to an initiative, by municipality; also former answers."""
    return list(
        session.exec(
            select(Answer.document_id)
            .where(Answer.initiative == initiative)
            .order_by(col(Answer.municipality), col(Answer.recorded_at), col(Answer.document_id))
        )
    )


def answer_numbered(session: Session, number: str) -> str | None:
    """The document of an answer by its dnr, with or without handling number.

    Without, it is the answer that stands in the case, or else the last that did.
    """
    rows = session.exec(
        select(Answer, CaseFile.dnr, Document.handling)
        .join(Document, col(Document.document_id) == col(Answer.document_id))
        .join(CaseFile, col(CaseFile.id) == col(Document.case_id))
        .where(col(CaseFile.dnr).in_((number, number.rpartition("-")[0])))
        .order_by(col(Answer.recorded_at).desc())
    ).all()
    exact = [answer for answer, dnr, handling in rows if f"{dnr}-{handling}" == number]
    cases = [answer for answer, dnr, _ in rows if dnr == number]
    found = exact or sorted(cases, key=lambda one: one.status is not AnswerStatus.CURRENT)
    return found[0].document_id if found else None


def _members(office: Office, documents: Sequence[str], at: datetime) -> Iterator[Member]:
    yield Member("om-paketet.txt", _ABOUT.encode())
    for document_id in documents:
        yield from _answer(office, document_id, at)
    if office.missing:
        lines = "".join(f"{line}\n" for line in office.missing)
        yield Member("saknas.txt", lines.encode())


def _answer(office: Office, document_id: str, at: datetime) -> Iterator[Member]:
    with office.database.read() as session:
        found = document_detail(session, document_id)
        assert found is not None
        assert found.answer is not None
        mail = mail_detail(session, found.mail.mail_id)
        assert mail is not None
        answer = found.answer
        copy = searchable_copy(session, document_id)
        former = former_answers(session, answer.initiative, answer.municipality, document_id)
        metadata = {
            "document": build.document_detail(found).model_dump(mode="json"),
            "mail": build_mails.mail_detail(mail).model_dump(mode="json"),
            "contacts": [
                build.contact(line).model_dump(mode="json")
                for line in contacts_of_answer(session, document_id)
            ],
            "log": [build_mails.log_line(line).model_dump(mode="json") for line in found.log],
        }
    name = build.name_of(answer.municipality)
    folder = safe_name(f"{found.case.dnr}-{found.document.handling} {name}")
    folder += _STATES.get(answer.status, "")
    files: list[File] = []
    for member, file in _files(office, found, mail, copy):
        files.append(file)
        yield Member(f"{folder}/{file.path}", member)
    case = case_of(found, mail, files, former, office.zone)
    text = json.dumps(metadata, ensure_ascii=False, indent=1) + "\n"
    yield Member(f"{folder}/metadata.json", text.encode())
    made_at = at.astimezone(office.zone)
    yield Member(f"{folder}/erms.xml", erms_xml(case, office.organisation, made_at))


def _files(
    office: Office, found: DocumentDetail, mail: MailDetail, copy: str | None
) -> Iterator[tuple[bytes, File]]:
    """Each file with its bytes, fetched when it is asked for; what cannot be had is noted."""
    about = f"{found.case.dnr}-{found.document.handling}"
    eml = File(f"{mail.mail.mail_id}.eml", f"mejl/{mail.mail.mail_id}.eml", "message/rfc822",
               "Mejlet som det kom")  # fmt: skip
    yield from _fetched(office, about, mail.mail.digest, Area.ORIGINALS, eml)
    for part in found.parts:
        name = f"{part.number:02} {safe_name(part.filename)}"
        file = File(part.filename, f"mejl/{name}", part.content_type, "Fil i mejlet")
        yield from _fetched(office, about, part.digest or "", Area.DERIVED, file)
    if copy is not None:
        pdf = File("sökbar.pdf", "kopia/sokbar.pdf", "application/pdf", "Sökbar kopia")
        yield from _fetched(office, about, copy, Area.DERIVED, pdf)
    for page in found.reading.pages:
        if page.image is not None:
            path = f"kopia/sida-{page.number:02}"
            picture = File(f"Sida {page.number}", path, "image", "Bild av sidan")
            yield from _fetched(office, about, page.image, Area.DERIVED, picture)
    for path, message in sent_about(mail):
        sent = File(path.rpartition("/")[2], path, "message/rfc822", "Mejl som skickades")
        yield from _fetched(office, about, message.content or "", Area.DERIVED, sent)


def _fetched(
    office: Office, about: str, digest: str, area: Area, file: File
) -> Iterator[tuple[bytes, File]]:
    try:
        content = office.archive.get(digest, area)
    except (NotInArchive, DamagedInArchive) as error:
        office.missing.append(f"{about}: {file.path} ({error.code})")
        return
    if file.format == "image":
        ending = next((end for start, end in _PICTURES.items() if content.startswith(start)), "bin")
        file = File(file.name, f"{file.path}.{ending}", f"image/{ending}", file.description)
    yield content, file
