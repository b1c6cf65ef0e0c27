"""The demo's mails: as varied as what municipalities send, each with where it should end.

Everything follows from the seed. A `Letter` knows its truth, so that the demo can check afterwards
that every mail ended where it should, and that nothing was recorded that nobody wrote.
"""

import io
import random
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from typing import Any

import pikepdf

from services.console.demo import scans
from services.console.demo.needs import WORD, example_answers, filled_template, letter
from services.console.demo.scans import Channel, Filling, Hand, Scan, Stroke
from services.registry.forms.needs_template import TemplateKind
from services.registry.forms.print import print_form
from shared.errors import UsageError
from shared.municipalities import Municipality, all_municipalities, display_name
from shared.outbox import now
from shared.own_form import own_form

ANSWERS = "registratur@skr.se"
NEEDS = "handslaget@skr.se"
OPTIONS = {"ja": "Ja, kommunen ansluter sig", "nej": "Nej, kommunen avstår"}
MOST_MAILS = 500

_FIRST_NAMES = (
    "Anna",
    "Björn",
    "Camilla",
    "Åsa",
    "Göran",
    "Märta",
    "Örjan",
    "Sofia",
    "Lars",
    "Ylva",
)
_LAST_NAMES = ("Åkerlund", "Östberg", "Sjögren", "Nyström", "Hägg", "Lindqvist", "Ek", "Bäckström")
_TITLES = ("Kommundirektör", "Kommunstyrelsens ordförande", "Digitaliseringschef")


@dataclass(frozen=True)
class Initiative:
    """One initiative of the demo's round."""

    id: str
    name: str
    last_answer_day: date


@dataclass(frozen=True)
class Answer:
    """What a municipality really wrote."""

    initiative: str
    municipality: str
    answer: str


@dataclass(frozen=True)
class Letter:
    """One mail, and where it should end.

    `fates` names, for each of its documents or for the mail itself, the fates that are right:
    recorded, duplicate, review, returned, need or set_aside.
    """

    scenario: str
    sender: str
    recipient: str
    message_id: str
    raw: bytes
    fates: tuple[frozenset[str], ...]
    truths: tuple[Answer, ...] = ()


def demo_round(today: date) -> tuple[Initiative, ...]:
    """Four initiatives; the last day of one was yesterday, so that some answers are late."""
    year = today.year
    soon = today + timedelta(days=30)
    return (
        Initiative(f"kompetens-{year}", "Kompetensgemenskaper", soon),
        Initiative(f"e-arkiv-{year}", "Gemensamt e-arkiv", soon),
        Initiative(f"valfard-{year}", "Välfärdsteknik som tjänst", soon),
        Initiative(f"bistand-{year}", "Digitalt ekonomiskt bistånd", today - timedelta(days=1)),
    )


def round_file(today: date) -> str:
    """The demo's round, as the round file that `handslag initiative load` takes."""
    lines = [f'round: "{today.year}"', "initiatives:"]
    for initiative in demo_round(today):
        lines += [
            f"  - id: {initiative.id}",
            f"    name: {initiative.name}",
            f"    last_answer_day: {initiative.last_answer_day.isoformat()}",
            f'    options: {{ja: "{OPTIONS["ja"]}", nej: "{OPTIONS["nej"]}"}}',
            "    start_when: {yes_count: 100}",
        ]
    return "\n".join(lines) + "\n"


def municipality_file() -> str:
    """Registrar addresses and domains for the demo, as `handslag municipality import` takes.

    They are made up from the names, which is right for many and wrong for some: a real
    installation imports the official list.
    """
    lines = ["municipality;registrar_address;domains"]
    for municipality in all_municipalities():
        domain = domain_of(municipality)
        lines.append(f"{municipality.code};registrator@{domain};{domain}")
    return "\n".join(lines) + "\n"


def domain_of(municipality: Municipality) -> str:
    """A mail domain for the demo: a documented one, else the name in plain letters."""
    if municipality.known_domains:
        return municipality.known_domains[0]
    plain = unicodedata.normalize("NFKD", municipality.name).encode("ascii", "ignore").decode()
    return plain.lower().replace(" ", "") + ".se"


def letters(count: int, seed: int, *, key: bytes, today: date) -> Iterator[Letter]:
    """Yield `count` mails: every scenario once in forty, plain good answers in between."""
    if not 1 <= count <= MOST_MAILS:
        raise UsageError(f"--mails: between 1 and {MOST_MAILS}, not {count}.")
    writer = _Writer(seed, key, today)
    for number in range(count):
        scenario = _SCENARIOS[number % len(_SCENARIOS)]
        yield writer.write(scenario, number)


@dataclass
class _Sheet:
    """One filled form."""

    truth: Answer
    scan: Scan


@dataclass
class _Draft:
    """A mail being written; what is not said otherwise is as an ordinary clerk would have it."""

    municipality: Municipality
    subject: str = "Svar på erbjudande"
    text: str = "Hej,\n\nhär kommer vårt svar.\n\nVänliga hälsningar\n"
    recipient: str = ANSWERS
    sender: str = ""
    attachments: list[tuple[str, str, bytes]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    fates: list[frozenset[str]] = field(default_factory=list)
    truths: list[Answer] = field(default_factory=list)
    null_sender: bool = False

    def attach(self, name: str, kind: str, data: bytes) -> None:
        self.attachments.append((name, kind, data))

    def expect(self, *fates: str, truth: Answer | None = None) -> None:
        self.fates.append(frozenset(fates))
        if truth is not None:
            self.truths.append(truth)


class _Writer:
    """Writes the mails, giving each pair of municipality and initiative to one answer only."""

    def __init__(self, seed: int, key: bytes, today: date) -> None:
        self.random = random.Random(seed)
        self.seed = seed
        self.key = key
        self.initiatives = demo_round(today)
        self.template = own_form(tuple(OPTIONS))
        municipalities = list(all_municipalities())
        self.random.shuffle(municipalities)
        self._municipalities = municipalities
        self._given = 0
        self.sent_good: list[tuple[Municipality, Answer, tuple[str, str, bytes]]] = []

    def write(self, scenario: "Scenario", number: int) -> Letter:
        name = scenario.__name__.strip("_")
        draft = _Draft(self.next_municipality())
        scenario(self, draft)
        sender = draft.sender or f"registrator@{domain_of(draft.municipality)}"
        mail = EmailMessage(policy=SMTP)
        mail["From"] = formataddr((display_name(draft.municipality), sender))
        mail["To"] = draft.recipient
        mail["Subject"] = draft.subject
        mail["Date"] = format_datetime(now())
        message_id = f"<demo.{self.seed}.{number}.{name}@{sender.rpartition('@')[2]}>"
        mail["Message-ID"] = message_id
        for header, value in draft.headers.items():
            mail[header] = value
        mail.set_content(draft.text + display_name(draft.municipality) + "\n")
        for filename, kind, data in draft.attachments:
            maintype, _, subtype = kind.partition("/")
            mail.add_attachment(data, maintype=maintype, subtype=subtype, filename=filename)
        return Letter(
            scenario=name,
            sender="" if draft.null_sender else sender,
            recipient=draft.recipient,
            message_id=message_id,
            raw=mail.as_bytes(),
            fates=tuple(draft.fates),
            truths=tuple(draft.truths),
        )

    def next_municipality(self) -> Municipality:
        """Municipalities take turns; the second turn answers other initiatives."""
        municipality = self._municipalities[self._given % len(self._municipalities)]
        self._given += 1
        return municipality

    def initiative(self, step: int = 0) -> Initiative:
        turn = (self._given - 1) // len(self._municipalities)
        place = (self._given - 1) % len(self._municipalities)
        return self.initiatives[(place + 2 * turn + step) % len(self.initiatives)]

    def blank(self, municipality: Municipality, initiative: Initiative, key: bytes) -> bytes:
        return print_form(
            initiative=initiative.id,
            initiative_name=initiative.name,
            round_name=str(initiative.last_answer_day.year),
            last_answer_day=initiative.last_answer_day,
            options=OPTIONS,
            municipality=municipality.code,
            municipality_name=display_name(municipality),
            key=key,
        )

    def texts(self, municipality: Municipality) -> Mapping[str, str]:
        first, last = self.random.choice(_FIRST_NAMES), self.random.choice(_LAST_NAMES)
        local = unicodedata.normalize("NFKD", f"{first}.{last}").encode("ascii", "ignore").decode()
        return {
            "signatory.name": " ".join(map(self.random.choice, (_FIRST_NAMES, _LAST_NAMES))),
            "signatory.title": self.random.choice(_TITLES),
            "place_date": f"{municipality.name} 2026-09-{self.random.randint(1, 28):02d}",
            "contact.name": f"{first} {last}",
            "contact.email": f"{local.lower()}@{domain_of(municipality)}",
            "contact.phone": f"070-{self.random.randint(100, 999)} {self.random.randint(10, 99)} "
            f"{self.random.randint(10, 99)}",
        }

    def sheet(
        self,
        draft: _Draft,
        *,
        step: int = 0,
        channel: Channel = Channel.SCANNER,
        quarter_turns: int = 0,
        answer: str | None = None,
        key: bytes | None = None,
        initiative: Initiative | None = None,
        **filling: Any,
    ) -> _Sheet:
        """Print, fill in, sign and scan one form."""
        chosen = initiative or self.initiative(step)
        answer = answer or self.random.choice(("ja", "ja", "ja", "nej"))
        stroke = self.random.choice((Stroke.TICK, Stroke.CROSS))
        arguments: dict[str, Any] = {
            "marks": {answer: stroke},
            "texts": self.texts(draft.municipality),
            **filling,
        }
        pdf = self.blank(draft.municipality, chosen, key or self.key)
        seed = self.random.randrange(1 << 30)
        paper = scans.fill(
            scans.blank_page(pdf),
            self.template,
            Filling(**arguments),
            seed=seed,
        )
        return _Sheet(
            truth=Answer(chosen.id, draft.municipality.code, answer),
            scan=scans.scan(paper, channel, seed=seed + 1, quarter_turns=quarter_turns),
        )


Scenario = Callable[[_Writer, _Draft], None]


def good_scan(writer: _Writer, draft: _Draft) -> None:
    sheet = writer.sheet(draft)
    file = ("Svarsformulär.pdf", "application/pdf", scans.as_pdf([sheet.scan]))
    draft.attach(*file)
    draft.expect("recorded", truth=sheet.truth)
    writer.sent_good.append((draft.municipality, sheet.truth, file))


def rough_scan(writer: _Writer, draft: _Draft) -> None:
    sheet = writer.sheet(draft, channel=Channel.ROUGH_SCANNER)
    draft.attach("scan0001.pdf", "application/pdf", scans.as_pdf([sheet.scan]))
    draft.expect("recorded", "review", truth=sheet.truth)


def fax(writer: _Writer, draft: _Draft) -> None:
    sheet = writer.sheet(draft, channel=Channel.FAX)
    draft.attach("fax.tif", "image/tiff", scans.as_tiff([sheet.scan]))
    draft.expect("recorded", "review", truth=sheet.truth)


def phone_photo(writer: _Writer, draft: _Draft) -> None:
    sheet = writer.sheet(draft, channel=Channel.PHONE)
    draft.text = "Hej, jag är inte på kontoret i dag så här kommer en bild.\n\n"
    draft.attach("IMG_2041.jpg", "image/jpeg", scans.as_jpeg(sheet.scan))
    draft.expect("recorded", "review", truth=sheet.truth)


def upside_down(writer: _Writer, draft: _Draft) -> None:
    sheet = writer.sheet(draft, quarter_turns=2)
    draft.attach("Skannat dokument.pdf", "application/pdf", scans.as_pdf([sheet.scan]))
    draft.expect("recorded", truth=sheet.truth)


def picture(writer: _Writer, draft: _Draft) -> None:
    sheet = writer.sheet(draft)
    draft.attach("svar.png", "image/png", scans.as_png(sheet.scan))
    draft.expect("recorded", truth=sheet.truth)


def two_files(writer: _Writer, draft: _Draft) -> None:
    for step in (0, 1):
        sheet = writer.sheet(draft, step=step)
        draft.attach(f"svar {step + 1}.pdf", "application/pdf", scans.as_pdf([sheet.scan]))
        draft.expect("recorded", truth=sheet.truth)


def two_in_one_file(writer: _Writer, draft: _Draft) -> None:
    sheets = [writer.sheet(draft, step=step) for step in (0, 1)]
    pages = [sheet.scan for sheet in sheets]
    draft.attach("alla svar.pdf", "application/pdf", scans.as_pdf(pages))
    for sheet in sheets:
        draft.expect("recorded", truth=sheet.truth)


def resend(writer: _Writer, draft: _Draft) -> None:
    municipality, _, file = writer.sent_good[-1]
    draft.municipality = municipality
    draft.subject = "Påminnelse: svar på erbjudande"
    draft.text = "Hej,\n\njag är osäker på om ni fick detta, så jag skickar det igen.\n\n"
    draft.attach(*file)
    draft.expect("duplicate")


def changed_answer(writer: _Writer, draft: _Draft) -> None:
    municipality, before, _ = writer.sent_good[-1]
    draft.municipality = municipality
    initiative = next(each for each in writer.initiatives if each.id == before.initiative)
    answer = "nej" if before.answer == "ja" else "ja"
    sheet = writer.sheet(draft, answer=answer, initiative=initiative)
    draft.subject = "Ändrat svar"
    draft.attach("nytt svar.pdf", "application/pdf", scans.as_pdf([sheet.scan]))
    draft.expect("review")


def unsigned(writer: _Writer, draft: _Draft) -> None:
    sheet = writer.sheet(draft, hand=Hand.NOTHING)
    draft.attach("svar.pdf", "application/pdf", scans.as_pdf([sheet.scan]))
    draft.expect("returned")


def both_boxes(writer: _Writer, draft: _Draft) -> None:
    sheet = writer.sheet(draft, marks={"ja": Stroke.CROSS, "nej": Stroke.CROSS})
    draft.attach("svar.pdf", "application/pdf", scans.as_pdf([sheet.scan]))
    draft.expect("returned")


def no_box(writer: _Writer, draft: _Draft) -> None:
    sheet = writer.sheet(draft, marks={})
    draft.attach("svar.pdf", "application/pdf", scans.as_pdf([sheet.scan]))
    draft.expect("returned")


def crossed_out(writer: _Writer, draft: _Draft) -> None:
    sheet = writer.sheet(draft, marks={"ja": Stroke.CROSSED_OUT, "nej": Stroke.CROSS})
    draft.attach("svar.pdf", "application/pdf", scans.as_pdf([sheet.scan]))
    draft.expect("review", "returned")


def note_beside(writer: _Writer, draft: _Draft) -> None:
    sheet = writer.sheet(draft, note="ja, men från 2027")
    draft.attach("svar.pdf", "application/pdf", scans.as_pdf([sheet.scan]))
    draft.expect("review")


def locked_file(writer: _Writer, draft: _Draft) -> None:
    sheet = writer.sheet(draft)
    file = io.BytesIO()
    with pikepdf.open(io.BytesIO(scans.as_pdf([sheet.scan]))) as pdf:
        pdf.save(file, encryption=pikepdf.Encryption(owner="hemligt", user="hemligt", R=6))
    draft.attach("svar (låst).pdf", "application/pdf", file.getvalue())
    draft.expect("returned", "review")


def broken_file(writer: _Writer, draft: _Draft) -> None:
    data = scans.as_pdf([writer.sheet(draft).scan])
    draft.attach("svar.pdf", "application/pdf", data[: len(data) // 3])
    draft.expect("returned", "review")


def empty_file(writer: _Writer, draft: _Draft) -> None:
    draft.attach("svar.pdf", "application/pdf", b"")
    draft.expect("returned", "review")


def forgotten_attachment(writer: _Writer, draft: _Draft) -> None:
    draft.text = "Hej,\n\nbifogat finner ni vårt svar.\n\n"
    draft.expect("review")


def question(writer: _Writer, draft: _Draft) -> None:
    draft.recipient = NEEDS
    draft.subject = "Fråga om erbjudandet"
    draft.text = "Hej,\n\nmåste svaret vara beslutat i kommunstyrelsen?\n\n"
    draft.expect("review")


def need(writer: _Writer, draft: _Draft) -> None:
    draft.recipient = NEEDS
    draft.subject = "Förslag på gemensamt initiativ"
    draft.text = "Hej,\n\nhär kommer ett behov enligt er mall.\n\n"
    answers = example_answers(draft.municipality)
    draft.attach("behovsmall.docx", WORD, filled_template(TemplateKind.DOCX, answers))
    draft.expect("need")


def need_in_own_words(writer: _Writer, draft: _Draft) -> None:
    draft.recipient = NEEDS
    draft.subject = "Ett förslag"
    draft.text = "Hej,\n\nse vår skrivelse.\n\n"
    draft.attach("skrivelse.docx", WORD, letter(draft.municipality))
    draft.expect("need")


def autoreply(writer: _Writer, draft: _Draft) -> None:
    draft.subject = "Autosvar: Semester"
    draft.text = "Jag är tillbaka den 7 augusti.\n\n"
    draft.headers = {"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All"}
    draft.expect("set_aside")


def newsletter(writer: _Writer, draft: _Draft) -> None:
    draft.sender = "nyhetsbrev@digitalnytt.example"
    draft.subject = "Veckans nyheter om digitalisering"
    draft.headers = {
        "List-Id": "<veckobrev.digitalnytt.example>",
        "List-Unsubscribe": "<https://digitalnytt.example/avsluta>",
        "Precedence": "bulk",
    }
    draft.expect("set_aside")


def spam(writer: _Writer, draft: _Draft) -> None:
    draft.sender = "vinnare@lotteri.example"
    draft.subject = "Ni har vunnit"
    draft.text = "Klicka här för att hämta er vinst.\n\n"
    draft.headers = {"X-Spam-Flag": "YES"}
    draft.expect("set_aside")


def answer_among_junk(writer: _Writer, draft: _Draft) -> None:
    sheet = writer.sheet(draft)
    draft.headers = {"X-Spam-Flag": "YES"}
    draft.attach("svar.pdf", "application/pdf", scans.as_pdf([sheet.scan]))
    draft.expect("recorded", truth=sheet.truth)


def somebody_elses_form(writer: _Writer, draft: _Draft) -> None:
    sheet = writer.sheet(draft)
    other = writer.next_municipality()
    draft.sender = f"registrator@{domain_of(other)}"
    draft.attach("svar.pdf", "application/pdf", scans.as_pdf([sheet.scan]))
    draft.expect("review")


def forged_code(writer: _Writer, draft: _Draft) -> None:
    sheet = writer.sheet(draft, key=b"not the key of this installation")
    draft.attach("svar.pdf", "application/pdf", scans.as_pdf([sheet.scan]))
    draft.expect("review")


def bounce(writer: _Writer, draft: _Draft) -> None:
    draft.null_sender = True
    draft.sender = f"mailer-daemon@{domain_of(draft.municipality)}"
    draft.subject = "Undelivered Mail Returned to Sender"
    draft.text = "Mottagaren finns inte.\n\n"
    draft.headers = {"Auto-Submitted": "auto-replied"}
    draft.expect("set_aside")


_SPECIAL: tuple[Scenario, ...] = (
    two_files,
    resend,
    unsigned,
    both_boxes,
    phone_photo,
    need,
    question,
    autoreply,
    spam,
    changed_answer,
    fax,
    two_in_one_file,
    no_box,
    crossed_out,
    note_beside,
    rough_scan,
    upside_down,
    picture,
    locked_file,
    broken_file,
    empty_file,
    forgotten_attachment,
    newsletter,
    answer_among_junk,
    need_in_own_words,
    somebody_elses_form,
    forged_code,
    bounce,
)


def _mixed(count: int) -> tuple[Scenario, ...]:
    """`count` scenarios: a good scan first, then the special ones spread among good scans."""
    plain = count - len(_SPECIAL)
    mixed: list[Scenario] = []
    special = list(_SPECIAL)
    for number in range(count):
        due = (number + 1) * plain // count
        if mixed.count(good_scan) < max(due, 1):
            mixed.append(good_scan)
        else:
            mixed.append(special.pop(0))
    return tuple(mixed)


_SCENARIOS = _mixed(40)
