"""Writes one mail of the demo as a municipality's clerk would: prints, fills in, signs, scans."""

import random
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from typing import Any

from services.console.demo import scans
from services.console.demo.offer import OPTIONS, Initiative, demo_round, domain_of
from services.console.demo.scans import Channel, Filling, Scan, Stroke
from services.registry.forms.print import print_form
from shared.municipalities import Municipality, all_municipalities, display_name
from shared.outbox import now
from shared.own_form import own_form

ANSWERS = "registratur@skr.se"
NEEDS = "handslaget@skr.se"

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


@dataclass
class Sheet:
    """One filled form."""

    truth: Answer
    scan: Scan


@dataclass
class Draft:
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


class Writer:
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
        draft = Draft(self.next_municipality())
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
        draft: Draft,
        *,
        step: int = 0,
        channel: Channel = Channel.SCANNER,
        quarter_turns: int = 0,
        answer: str | None = None,
        key: bytes | None = None,
        initiative: Initiative | None = None,
        **filling: Any,
    ) -> Sheet:
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
        return Sheet(
            truth=Answer(chosen.id, draft.municipality.code, answer),
            scan=scans.scan(paper, channel, seed=seed + 1, quarter_turns=quarter_turns),
        )


Scenario = Callable[[Writer, Draft], None]
