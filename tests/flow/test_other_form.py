"""An office's own form without a code: learned, filled in, mailed, read and recorded."""

import json
import os
import subprocess
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from uuid import uuid4

import pytest

from services.console.demo.scans import Channel, Filling, Stroke, as_pdf, fill, scan
from services.intake import forms
from services.intake.sandbox.client import Sandbox
from services.registry.admin.forms import keep, next_version, told_in_force
from services.registry.admin.municipalities import import_csv
from services.registry.tables import Answer, EventLog, LearnedForm, ReviewItem
from shared.database import Database
from shared.events import (
    AnswerRecorded,
    FormLearned,
    InitiativeDefined,
    MailRead,
    Reason,
    SignatureState,
    Source,
)
from shared.identifiers import document_id_of
from tests import forked
from tests.bench.forms.other_form import DRAWN_FIELDS, Blank, OtherForm, learned
from tests.intake import USER, Intake, sandbox
from tests.unit.registry.builders import KOMPETENS, MOLN, NOW, ROUND, UMEA, Register, open_register

DOMAINS = """municipality;registrar_address;domains
2480;umea.kommun@umea.se;umea.se
1281;lunds.kommun@lund.se;lund.se
"""
TEXTS = {
    "municipality.name": "Umeå kommun",
    "place_date": "Umeå 2024-09-12",
    "contact.email": "eva.sjostrom@umea.se",
}


@pytest.fixture(scope="module")
def children() -> Iterator[Sandbox]:
    made = sandbox()
    yield made
    made.close()


@pytest.fixture
def intake(database_url: str, tmp_path: Path) -> Intake:
    return Intake(database_url, tmp_path)


@pytest.fixture
def register(database_url: str, intake: Intake, tmp_path: Path) -> Iterator[Register]:
    # Two services never share a file of SQLite; on PostgreSQL each has a schema.
    own = f"sqlite:///{tmp_path}/registry.sqlite3"
    database = Database(
        own if database_url.startswith("sqlite") else database_url, schema="registry"
    )
    made = open_register(database)
    import_csv(database, DOMAINS.encode(), who="test", now=NOW)
    yield made
    database.close()


def teach(register: Register, intake: Intake, form: OtherForm) -> None:
    """Learn a form as the command does, and carry what is told to intake."""
    keep(
        register.database,
        intake.archive,
        initiative=form.initiative,
        template=form.template,
        blank=form.pdf,
        blank_name="svarsblankett.pdf",
        picture=form.picture,
        fields="fields: …",
        who="karin",
        now=NOW,
    )
    for event in register.emitted(InitiativeDefined):
        intake.define(event)
    for event in register.emitted(FormLearned):
        with intake.database.write() as session:
            forms.learn(session, event)


def letter(form: OtherForm, texts: dict[str, str], name: str = "svar") -> bytes:
    filling = Filling(marks={"ja": Stroke.CROSS}, texts=texts)
    page = fill(form.paper, form.template, filling, seed=5)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = "Eva Sjöström <eva.sjostrom@umea.se>"
    mail["To"] = USER
    mail["Subject"] = "Svar"
    mail["Message-ID"] = f"<{name}@umea.se>"
    mail.set_content("Hej, här kommer vårt svar.")
    scanned = as_pdf([scan(page, Channel.SCANNER, seed=5)])
    mail.add_attachment(scanned, maintype="application", subtype="pdf", filename="svar.pdf")
    return mail.as_bytes()


async def test_a_learned_form_comes_in_by_mail_and_is_recorded(
    register: Register, intake: Intake, children: Sandbox
) -> None:
    form = learned(Blank.LIBREOFFICE)
    teach(register, intake, form)
    read = await intake.read(children, letter(form, TEXTS))
    [document] = read.documents
    assert document.reasons == (Reason.MUNICIPALITY_UNPROVEN,)
    register.record(read)
    # All that stands on the paper may be by one hand.
    assert register.all(Answer) == []
    register.record(another_mail(read).model_copy(update={"sender_authentic": True}))
    [answer] = register.all(Answer)
    assert (answer.initiative, answer.municipality, answer.answer) == (KOMPETENS, UMEA, "ja")
    assert answer.signature is SignatureState.HANDWRITTEN
    assert answer.contact_email == "eva.sjostrom@umea.se"
    [told] = register.emitted(AnswerRecorded)
    assert told.by == "machine"
    [kept] = [one for one in register.documents() if one.document_id == answer.document_id]
    assert kept.reading["municipality"]["source"] == Source.WITNESSES
    assert {one["kind"] for one in kept.reading["witnesses"]} == {
        "name", "contact_domain", "sender_domain",
    }  # fmt: skip


async def test_what_speaks_for_another_municipality_holds_it_back(
    register: Register, intake: Intake, children: Sandbox
) -> None:
    form = learned(Blank.DRAWN)
    teach(register, intake, form)
    wrong = await intake.read(
        children, letter(form, {**TEXTS, "municipality.name": "Lunds kommun"})
    )
    unnamed = {name: text for name, text in TEXTS.items() if name != "municipality.name"}
    empty = await intake.read(children, letter(form, unnamed, "tom"))
    # Another's clerk sends it: authentic, and against what the form says.
    right = await intake.read(children, letter(form, TEXTS, "annan"))
    register.record(wrong, empty.model_copy(update={"sender_authentic": True}))
    register.record(from_lund(right))
    assert register.all(Answer) == []
    waiting = register.all(ReviewItem)
    assert len(waiting) == 3
    for item in waiting:
        assert Reason.MUNICIPALITY_UNPROVEN in item.reasons


async def test_the_authentic_sender_is_a_witness_where_the_contact_is_not_read(
    register: Register, intake: Intake, children: Sandbox
) -> None:
    form = learned(Blank.DRAWN)
    teach(register, intake, form)
    named = {"municipality.name": "Umeå kommun"}
    read = await intake.read(children, letter(form, named))
    register.record(read)
    assert register.all(Answer) == []
    register.record(another_mail(read).model_copy(update={"sender_authentic": True}))
    [answer] = register.all(Answer)
    assert answer.municipality == UMEA


@pytest.mark.parametrize("taught", [None, Blank.LIBREOFFICE], ids=["none learned", "none alike"])
async def test_a_form_that_was_never_learned_is_a_page_without_a_code(
    register: Register, intake: Intake, children: Sandbox, taught: Blank | None
) -> None:
    if taught is not None:
        teach(register, intake, learned(taught))
    read = await intake.read(children, letter(learned(Blank.DRAWN), TEXTS))
    register.record(read.model_copy(update={"sender_authentic": True}))
    assert register.all(Answer) == []
    [item] = register.all(ReviewItem)
    assert item.reasons == [Reason.NO_CODE]


def test_every_version_is_kept_and_a_blank_learned_anew_replaces_itself(
    register: Register, intake: Intake
) -> None:
    first = learned(Blank.DRAWN)
    teach(register, intake, first)
    assert next_version(register.database, KOMPETENS) == 2
    teach(register, intake, learned(Blank.LIBREOFFICE))
    teach(register, intake, learned(Blank.DRAWN, version=3))
    assert [row.version for row in register.all(LearnedForm)] == [1, 2, 3]
    assert [event.template.version for event in told_in_force(register.database)] == [2, 3]
    with intake.database.read() as session:
        assert set(forms.known_templates(session)) == {(KOMPETENS, 2), (KOMPETENS, 3)}
    noted = [row for row in register.all(EventLog) if row.what == "form.learned"]
    assert [row.who for row in noted] == ["karin"] * 3


def another_mail(read: MailRead) -> MailRead:
    """The same, as if it had come in a mail of its own."""
    mail_id = "m" + "1" * 23
    documents = tuple(
        one.model_copy(update={"document_id": document_id_of(mail_id, number)})
        for number, one in enumerate(read.documents, start=1)
    )
    return read.model_copy(update={"event_id": uuid4(), "mail_id": mail_id, "documents": documents})


def from_lund(read: MailRead) -> MailRead:
    about = read.correspondence.model_copy(
        update={"from_address": "registrator@lund.se", "return_path": "registrator@lund.se"}
    )
    return read.model_copy(update={"correspondence": about, "sender_authentic": True})


def test_from_the_command_line_a_blank_is_learned_and_its_scan_is_read(tmp_path: Path) -> None:
    clean = {name: value for name, value in os.environ.items() if "HANDSLAG" not in name}

    def handslag(*arguments: str) -> subprocess.CompletedProcess[str]:
        return forked.run(
            *arguments, env={**clean, "HANDSLAG_HOME": str(tmp_path / "home")}, cwd=tmp_path
        )

    (tmp_path / "round.yaml").write_bytes(ROUND)
    (tmp_path / "municipalities.csv").write_text(DOMAINS)
    (tmp_path / "blank.pdf").write_bytes(learned(Blank.DRAWN).pdf)
    (tmp_path / "fields.yaml").write_text(DRAWN_FIELDS)
    (tmp_path / "wrong.yaml").write_text(DRAWN_FIELDS.replace("Befattning:", "Titel:"))
    page = fill(
        learned(Blank.DRAWN).paper,
        learned(Blank.DRAWN).template,
        Filling(marks={"nej": Stroke.TICK}, texts=TEXTS),
        seed=3,
    )
    (tmp_path / "svar.pdf").write_bytes(as_pdf([scan(page, Channel.SCANNER, seed=3)]))
    assert handslag("initiative", "load", "round.yaml").returncode == 0
    assert handslag("municipality", "import", "municipalities.csv").returncode == 0

    refused = handslag(
        "form", "learn", "blank.pdf", "--fields", "wrong.yaml", "--initiative", KOMPETENS
    )
    assert refused.returncode == 1
    assert refused.stderr.startswith("handslag: line 9: signatory.title: “Titel:” is not printed")
    assert len(refused.stderr.strip().splitlines()) == 1
    done = handslag(
        "form", "learn", "blank.pdf", "--fields", "fields.yaml", "--initiative", KOMPETENS,
        "--preview", "preview.png",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "form 1 learned: answer.ja, answer.nej, signature" in done.stdout
    assert (tmp_path / "preview.png").read_bytes().startswith(b"\x89PNG")
    twin = handslag("form", "learn", "blank.pdf", "--fields", "fields.yaml", "--initiative", MOLN)
    assert twin.returncode == 1
    assert "prints the name of kompetens-2024" in twin.stderr

    read = handslag("read", "svar.pdf", "--json")
    assert read.returncode == 0, read.stderr
    line = json.loads(read.stdout)
    assert (line["outcome"], line["reasons"]) == ("review", ["municipality_unproven"])
    assert [(one["kind"], one["text"], one["municipalities"]) for one in line["witnesses"]] == [
        ("name", "Umeå kommun", [UMEA]),
        ("contact_domain", "umea.se", [UMEA]),
    ]
    clean["HANDSLAG_REGISTRY__MUNICIPALITY_OUTSIDE_WITNESS"] = "false"
    line = json.loads(handslag("read", "svar.pdf", "--json").stdout)
    assert (line["outcome"], line["reasons"]) == ("auto", [])
    assert (line["initiative"], line["municipality"], line["answer"]) == (KOMPETENS, UMEA, "nej")
