"""A register as an office has it in the middle of a round, with its pages served on loopback.

Everything goes in by the front door: mails through the recorder, outgoing mails through the
settler, accounts through the command's function. Some of it is hostile.
"""

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path

import pypdfium2
import uvicorn
from argon2 import PasswordHasher
from fastapi import FastAPI
from jinja2.bccache import Bucket, BytecodeCache
from PIL import Image, ImageDraw
from sqlalchemy import event

from services.registry.admin import users
from services.registry.contacts import change_contact
from services.registry.domain.contact import Named
from services.registry.forms.print import print_form
from services.registry.record import Recorder
from services.registry.settings import RegistrySettings, WebSection
from services.registry.settle import Settler
from services.registry.tables import Role, UserAccount
from services.registry.web.app import create_app
from shared.archive import Area as ArchiveArea
from shared.archive import FolderArchive
from shared.database import Database
from shared.events import (
    Area,
    DeliveryFailed,
    Disposition,
    DocumentKind,
    DocumentReading,
    ElectronicSignature,
    MailboxRole,
    MailRead,
    Mark,
    MessageFate,
    MessageSettled,
    NeedReading,
    Outcome,
    PageImage,
    PartFate,
    PartSummary,
    Reason,
    Signatory,
    SignatureFault,
    SignatureFound,
    SignatureState,
    Source,
    Value,
    Witness,
    WitnessKind,
)
from shared.forms import Rect
from shared.identifiers import digest_of
from shared.municipalities import all_municipalities, by_code, display_name
from shared.needs import LABELS, NeedField, missing
from shared.own_form import own_form
from shared.settings import DEFAULT_ORGANISATION
from tests.unit.registry.builders import form, mail, open_register, skipped_part, text_part, typed

START = datetime(2024, 9, 2, 7, 3, tzinfo=UTC)
REGISTERED = START + timedelta(days=20)
OPTIONS = {"ja": "Ja, kommunen ansluter sig", "nej": "Nej, kommunen avstår"}
ROUND = """
round: "2024"
initiatives:
  - {id: kompetens-2024, name: Kompetensgemenskaper, last_answer_day: 2024-09-30}
  - {id: moln-2024, name: Gemensam molntjänst för skolan, last_answer_day: 2024-09-30}
  - {id: valfard-2024, name: Välfärdsteknik som tjänst, last_answer_day: 2024-09-30}
  - id: sakerhet-2024
    name: Informationssäkerhet tillsammans med grannkommuner och regioner
    last_answer_day: 2024-10-31
    options: {hela: "Ja, hela erbjudandet", delar: "Ja, delar av erbjudandet", nej: "Nej"}
""".encode()

EVIL = '"><script>document.title="intrång"</script><img src=x onerror="document.title=`intrång`">'
EVIL_FILE = '<img src=x onerror=alert(1)>\u202efdp.exe"; filename="x.html'
PDF = b"%PDF-1.7 hostile"
PASSWORD = "en lugn dag i registraturen"
NAMES = {
    Role.REGISTRAR: "rut",
    Role.PROGRAMME_OFFICE: "petra",
    Role.READER: "lars",
    Role.ADMINISTRATOR: "adam",
}


@dataclass
class World:
    """The register, and where its pages are served. Ids of what the tests look for by name."""

    database: Database
    archive: FolderArchive
    recorder: Recorder
    settler: Settler
    app: FastAPI
    address: str = ""
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def host(self) -> str:
        return self.address.removeprefix("http://")

    def record(self, read: MailRead, name: str = "") -> None:
        """Register a mail; `name` remembers it, and its first document with `-document`."""
        self.recorder.record(read)
        if name:
            self.ids[name] = read.mail_id
            if read.documents:
                self.ids[f"{name}-document"] = read.documents[0].document_id


def quick(url: str) -> Database:
    """A SQLite database that does not wait for the disk: what is tested here is not durability."""
    database = Database(url)
    event.listen(database.engine, "connect", lambda link, _: link.execute("PRAGMA synchronous=OFF"))
    return database


def build(folder: Path, database: Database) -> World:
    """An empty register with one round and no accounts."""
    open_register(database, round_file=ROUND, now=REGISTERED)
    return open_world(folder, database)


def open_world(
    folder: Path,
    database: Database,
    organisation: str = DEFAULT_ORGANISATION,
    **web: object,
) -> World:
    """A register that has its tables and its round; `web` are settings of the pages."""
    archive = FolderArchive(folder / "archive")
    settings = RegistrySettings(
        home=folder, organisation=organisation, web=WebSection.model_validate(web)
    )
    faults: dict[str, str] = {}
    app = create_app(settings, database, archive, {"bus": lambda: faults.get("bus")}, lambda: None)
    app.state.test_faults = faults
    app.state.site.renderer._environment.bytecode_cache = _compiled()
    recorder = Recorder(database, settings.registry, lambda: REGISTERED, lambda: None)
    return World(database, archive, recorder, Settler(database, lambda: START), app)


def add_people(world: World) -> None:
    """One person in each role, past their first password."""
    kept = _kept_password()
    for role, name in NAMES.items():
        users.add(world.database, name, role, who="command", now=START)
        with world.database.write() as session:
            account = session.get_one(UserAccount, name)
            account.password_hash, account.must_change_password = kept, False


def fill(world: World) -> None:
    """Answers in all states, a queue, needs, mails set aside, and outgoing mails."""
    scan = world.archive.put(scan_png("ja"), ArchiveArea.DERIVED)
    world.archive.put(PDF, ArchiveArea.DERIVED)
    world.archive.put(b"original")
    refused = world.archive.put(scan_png("nej"), ArchiveArea.DERIVED)
    for place, municipality in enumerate(all_municipalities()[:110]):
        chosen = "nej" if place % 5 == 3 else "ja"
        reading = answered(
            chosen, "kompetens-2024", municipality.code, scan if chosen == "ja" else refused
        )
        world.record(
            arrived(
                reading,
                name=f"answer {place}",
                sender=f"registrator@kommun{place}.example",
                minutes=place * 190,
            )
        )
    for place, code in enumerate(("1281", "0180", "2480", "0305", "0643")):
        reading = answered("delar" if place % 2 else "hela", "sakerhet-2024", code, scan)
        world.record(arrived(reading, name=f"wide {place}", minutes=30_000 + place))
    _add_queue(world, scan)
    _add_rest(world, scan)


_WITNESSES = (
    Witness(
        kind=WitnessKind.NAME,
        text="Lunds kommun",
        area=Area(page=1, left=0.2, top=0.2, right=0.6, bottom=0.23),
        names=("1281",),
    ),
    Witness(kind=WitnessKind.NUMBER, text="21200?", legible=False),
    Witness(kind=WitnessKind.CONTACT_DOMAIN, text="example.com", names=()),
    Witness(kind=WitnessKind.SENDER_DOMAIN, text="samregistratur.se", names=("0180", "2480")),
)


def _add_queue(world: World, scan: str) -> None:
    doubtful = answered("ja", "kompetens-2024", "2480", scan).model_copy(
        update={
            "outcome": Outcome.REVIEW,
            "reasons": (Reason.UNEXPLAINED_INK, Reason.MARK_DOUBTFUL, Reason.LOW_RESOLUTION),
            "electronic_signatures": (
                ElectronicSignature(
                    signatory=1,
                    name="Eva Ek",
                    organisation="Umeå kommun",
                    issuer="Utfärdare AB",
                    certificate="1f2e",
                    signed_at=START,
                    timestamped=True,
                ),
                ElectronicSignature(
                    signatory=2, name="Per Al", fault=SignatureFault.CHANGED_AFTERWARDS
                ),
            ),
            "stray_ink": (Area(page=1, left=0.5, top=0.32, right=0.7, bottom=0.35),),
        }
    )
    world.record(arrived(doubtful, name="doubtful", sender="reg@umea.se", minutes=10), "doubtful")
    uncoded = form(
        None,
        initiative=None,
        municipality=None,
        outcome=Outcome.REVIEW,
        reasons=(Reason.NO_CODE,),
        signature=None,
        scan="uncoded",
    ).model_copy(update={"pages": (_page(None), _page(scan, number=2))})
    world.record(arrived(uncoded, name="uncoded", subject="Svar från oss", minutes=20), "uncoded")
    for place, reason in enumerate(Reason):
        reading = answered("ja", "moln-2024", all_municipalities()[place].code, scan)
        heard = _WITNESSES if reason is Reason.MUNICIPALITY_UNPROVEN else ()
        more = {"outcome": Outcome.REVIEW, "reasons": (reason,), "witnesses": heard}
        world.record(
            arrived(reading.model_copy(update=more), name=f"reason {reason}", minutes=100 + place),
            reason,
        )
    conflicting = answered("nej", "kompetens-2024", "0114", scan)
    world.record(arrived(conflicting, name="conflict", minutes=29_000), "conflict")
    evil = answered("ja", "valfard-2024", "0305", scan)
    evil = evil.model_copy(
        update={
            "outcome": Outcome.REVIEW,
            "reasons": (Reason.UNEXPLAINED_INK,),
            "signatory": Signatory(name=_value(EVIL), title=_value("198112189876")),
        }
    )
    world.record(
        arrived(evil, name="evil", subject=EVIL, filename=EVIL_FILE, text=EVIL, minutes=5), "evil"
    )
    world.record(
        arrived(
            name="question",
            disposition=Disposition.QUESTION,
            reasons=(Reason.QUESTION,),
            subject="Fråga om sista svarsdag",
            text="Hej,\n\nkan vi svara efter den 30 september?\nJag är född 811218-9876.\n\n/Eva",
            minutes=400,
        ),
        "question",
    )


def _add_rest(world: World, scan: str) -> None:
    unsigned = answered("ja", "valfard-2024", "1281", scan).model_copy(
        update={
            "outcome": Outcome.RETURN,
            "reasons": (Reason.SIGNATURE_MISSING,),
            "signature": SignatureState.MISSING,
        }
    )
    world.record(arrived(unsigned, name="unsigned", sender="reg@lund.se", minutes=700), "unsigned")
    again = answered("ja", "kompetens-2024", "0115", scan)
    world.record(arrived(again, name="again", minutes=29_100), "again")
    world.record(arrived(name="original", disposition=Disposition.QUESTION, minutes=9), "original")
    lost = answered("ja", "sakerhet-2024", "0114", "f" * 64)
    world.record(arrived(lost, name="damaged", logo=True, minutes=30_100), "damaged")
    world.ids["logo"] = world.ids["damaged"]
    late = answered("ja", "valfard-2024", "0180", scan)
    world.record(arrived(late, name="late", minutes=60 * 24 * 40), "late")
    need = form(
        None, initiative=None, municipality=None, kind=DocumentKind.NEED, signature=None, scan="n"
    ).model_copy(update={"pages": (_page(scan),)})
    needs = {"disposition": Disposition.NEED, "role": MailboxRole.NEEDS}
    world.record(arrived(need, name="need", subject="Behov: e-arkiv", minutes=800, **needs), "need")
    for name, subject, found, notes in (
        ("described", "Behov", described(LABELS), ()),
        ("half", EVIL, described((NeedField.TITLE,), EVIL), (Reason.NEED_INCOMPLETE,)),
        ("own-words", "Förslag", NeedReading(with_template=False), (Reason.NEED_WITHOUT_TEMPLATE,)),
    ):
        one = need.model_copy(
            update={"need": found, "reasons": notes, "content": digest_of(name.encode())}
        )
        world.record(arrived(one, name=name, subject=subject, minutes=810, **needs), name)
    world.record(
        arrived(
            name="need mail",
            reasons=(Reason.NEED_WITHOUT_TEMPLATE,),
            subject="Ett förslag",
            text="Vi behöver e-arkiv.",
            minutes=801,
            **needs,
        ),
        "need-mail",
    )
    for place in range(55):
        world.record(
            arrived(
                name=f"aside {place}",
                subject="Frånvaro: åter på måndag" if place else EVIL,
                disposition=Disposition.SET_ASIDE,
                disposition_reason="autoreply",
                minutes=900 + place,
            ),
            "" if place else "aside",
        )
    first = arrived(name="answer 0").mail_id
    world.ids["answer"], world.ids["answer-document"] = first, f"{first}-1"
    for fate, kind, reason in (
        (MessageFate.SENT, "receipt", ""),
        (MessageFate.HELD_BACK, "reminder", "auto_submitted"),
    ):
        world.settler.settle(
            MessageSettled(
                occurred_at=START,
                mail_id=first,
                message_id=f"<{kind}.{first}@skr.example>",
                kind=kind,
                recipient="registrator@kommun0.example",
                fate=fate,
                reason=reason,
                settled_at=START + timedelta(minutes=1),
            )
        )
    _add_bounces(world)


def _add_bounces(world: World) -> None:
    """A contact's address that is wrong, one that nobody has, and a bounce that names none."""
    named = Named("Åsa Öberg-Lindqvist", "asa.oberg-lindqvist@vallentuna.example", "08-587 850 00")
    change_contact(world.database, 2, 1, named, who="rut", at=REGISTERED)
    world.settler.settle(
        MessageSettled(
            occurred_at=START,
            mail_id=world.ids["answer"],
            message_id=f"<decision.{world.ids['answer']}@skr.example>",
            kind="decision",
            recipient=named.email,
            fate=MessageFate.FAILED,
            reason="came_back 5.1.1",
            settled_at=START + timedelta(days=2),
        )
    )
    for recipient, status, said in (
        (named.email, "5.1.1", "550 5.1.1 User unknown"),
        ("ingen@kommun.example", "4.2.2", f"452 4.2.2 Mailbox full {EVIL}"),
        ("", "", ""),
    ):
        world.settler.bounce(
            DeliveryFailed(
                occurred_at=START + timedelta(days=2, seconds=len(recipient)),
                mail_id=world.ids["aside"],
                token="0" * 24,
                recipient=recipient,
                status=status,
                diagnostic=said,
            )
        )


def answered(answer: str, initiative: str, municipality: str, scan: str) -> DocumentReading:
    """A form filled in as it should be, read with its places on the page."""
    template = own_form(tuple(OPTIONS))
    code = Value(
        text=municipality,
        confidence=1.0,
        source=Source.CODE,
        area=_area(template.codes[0].symbol),
    )
    known = by_code(municipality)
    return form(
        answer,
        initiative=initiative,
        municipality=municipality,
        scan=f"{initiative} {municipality} {answer}",
        marks=tuple(
            Mark(
                option=box.option,
                ink=0.21 if box.option == answer else 0.0,
                ring_ink=0.01,
                area=_area(box.area),
            )
            for box in template.boxes
        ),
        signature_confidence=0.973,
        signature_area=_area(template.signatures[0].area),
        signatures=tuple(
            SignatureFound(
                state=SignatureState.HANDWRITTEN, confidence=0.973, area=_area(each.area)
            )
            for each in template.signatures
        ),
        codes=tuple(_area(each.symbol) for each in template.codes),
        anchors=tuple(_area(each) for each in template.corner_marks),
        **typed(name="Åsa Öberg", place_date=f"{known.name if known else ''} 2024-09-10"),
    ).model_copy(update={"pages": (_page(scan),), "municipality": code})


def described(answered: Iterable[NeedField], text: str = "") -> NeedReading:
    """The needs template with these questions answered, each with its place on the page."""
    said = {
        NeedField.TITLE: "Gemensam tjänst för bokning av lokaler",
        NeedField.PROPOSER: "Håbo kommun",
        NeedField.CONTACT_NAME: "Märta Åkerlund, 811218-9876",
        NeedField.CONTACT_EMAIL: "marta.akerlund@habo.example",
        NeedField.CONTACT_PHONE: "0171-525 00",
    }
    long = "Föreningar bokar lokaler i många olika system.\nIngen ser vilka tider som är lediga."
    fields = {
        field.value: Value(
            text=text or said.get(field, long),
            confidence=0.96,
            source=Source.OCR,
            area=Area(page=1, left=0.1, top=0.1 + row / 14, right=0.6, bottom=0.14 + row / 14),
        )
        for row, field in enumerate(answered)
    }
    lacking = missing([NeedField(key) for key in fields])
    return NeedReading(
        with_template=True, fields=fields, missing=tuple(field.value for field in lacking)
    )


def arrived(
    *documents: DocumentReading,
    name: str,
    minutes: int = 0,
    text: str = "Hej, här kommer vårt svar.",
    filename: str = "svar.pdf",
    logo: bool = False,
    **more: object,
) -> MailRead:
    """A mail, so many minutes into the round."""
    parts = [text_part(0)]
    if documents:
        parts.append(
            PartSummary(
                index=1,
                filename=filename,
                content_type="application/pdf",
                size_bytes=512_340,
                digest=digest_of(PDF),
                fate=PartFate.DOCUMENT,
            )
        )
    if logo:
        parts.append(skipped_part(2, "inline_image"))
    found = mail(
        *documents,
        name=name,
        received_at=START + timedelta(minutes=minutes),
        parts=tuple(parts),
        **more,  # type: ignore[arg-type]
    )
    return found.model_copy(update={"text": text})


class _Compiled(BytecodeCache):
    """The templates as they were compiled for another world of this process."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


@cache
def _compiled() -> BytecodeCache:
    return _Compiled()


@cache
def _kept_password() -> str:
    # Kept lightly: a log-in costs a fifth of a second by design, which is not what is tested.
    return PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)


@cache
def scan_png(answer: str) -> bytes:
    """Our form, filled in: a cross, and something like a signature."""
    printed = print_form(
        initiative="kompetens-2024",
        initiative_name="Kompetensgemenskaper",
        round_name="2024",
        last_answer_day=date(2024, 9, 30),
        options=OPTIONS,
        municipality="0114",
        municipality_name=display_name(all_municipalities()[0]),
        key=b"k" * 32,
    )
    page = pypdfium2.PdfDocument(printed)[0].render(scale=110 / 72, grayscale=True).to_pil()
    pen, per_mm = ImageDraw.Draw(page), 110 / 25.4
    template = own_form(tuple(OPTIONS))
    box = next(box.area for box in template.boxes if box.option == answer)
    left, top, right, bottom = (
        side * per_mm for side in (box.left_mm, box.top_mm, box.right_mm, box.bottom_mm)
    )
    pen.line((left + 3, top + 3, right - 3, bottom - 3), fill=40, width=3)
    pen.line((left + 3, bottom - 3, right - 3, top + 3), fill=40, width=3)
    place = template.signatures[0].area
    pen.line(
        [
            ((place.left_mm + 8 + step * 2) * per_mm, (place.top_mm + 14 + lift) * per_mm)
            for step, lift in enumerate((0, -8, 6, -3, 4, -5, 3, -1, 2, -4, 5, -2, 1, 0, -6, 4, 0))
        ],
        fill=50,
        width=3,
        joint="curve",
    )
    file = BytesIO()
    _small(page).save(file, "PNG", optimize=True)
    return file.getvalue()


def _small(page: Image.Image) -> Image.Image:
    return page.quantize(16)


@contextmanager
def served(world: World) -> Iterator[World]:
    """Serve the pages on a free port of loopback, as the service does."""
    config = uvicorn.Config(
        world.app, host="127.0.0.1", port=0, log_config=None, access_log=False, lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    world.address = f"http://127.0.0.1:{port}"
    try:
        yield world
    finally:
        world.app.state.site.live.close()
        server.should_exit = True
        thread.join()


def _page(image: str | None, number: int = 1) -> PageImage:
    with Image.open(BytesIO(scan_png("ja"))) as picture:
        width, height = picture.size
    return PageImage(
        number=number, part=1, source_page=number, image=image, width_px=width, height_px=height
    )


def _area(rect: Rect) -> Area:
    return Area(
        page=1,
        left=rect.left_mm / 210,
        top=rect.top_mm / 297,
        right=rect.right_mm / 210,
        bottom=rect.bottom_mm / 297,
    )


def _value(text: str) -> Value:
    return Value(text=text, confidence=0.61, source=Source.OCR)
