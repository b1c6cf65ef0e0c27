"""From an uploaded blank to a recorded answer: pointed at in the pages, read in real children."""

from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from services.console.demo.scans import Channel, Filling, Stroke, as_pdf, blank_page, fill, scan
from services.intake.sandbox.client import Sandbox
from services.registry.admin.municipalities import import_csv
from services.registry.tables import Answer, EventLog, LearnedForm, Role
from shared.forms import FormTemplate
from shared.outbox import now
from tests.bench.forms.other_form import drawn_blank
from tests.intake import USER, sandbox
from tests.teaching import PLACES, Teaching, intake_beside
from tests.web.client import Client
from tests.web.conftest import logged_in
from tests.web.test_matter import rows
from tests.web.world import World, add_people, build, quick, served

DOMAINS = b"municipality;registrar_address;domains\n2480;umea.kommun@umea.se;umea.se\n"


@pytest.fixture(scope="module")
def children() -> Iterator[Sandbox]:
    made = sandbox()
    yield made
    made.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("teaching")
    made = build(folder, quick(f"sqlite:///{folder / 'registry.sqlite3'}"))
    add_people(made)
    import_csv(made.database, DOMAINS, who="test", now=now())
    with served(made):
        yield made
    made.database.close()


@pytest.fixture(scope="module")
def teaching(world: World, children: Sandbox) -> Teaching:
    return Teaching(world, intake_beside(world.archive.root.parent), children)


@pytest.fixture(scope="module")
def office(world: World) -> Client:
    return logged_in(world, Role.PROGRAMME_OFFICE)


def letter(template: FormTemplate) -> bytes:
    """An answer on that form, filled in by hand and scanned, from Umeå's registrar."""
    texts = {
        "municipality.name": "Umeå kommun",
        "place_date": "Umeå 2024-09-12",
        "contact.email": "eva.sjostrom@umea.se",
    }
    filling = Filling(marks={"ja": Stroke.CROSS}, texts=texts)
    page = fill(blank_page(drawn_blank()), template, filling, seed=5)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = "Eva Sjöström <eva.sjostrom@umea.se>"
    mail["To"] = USER
    mail["Subject"] = "Svar"
    mail["Message-ID"] = "<svar@umea.se>"
    mail.set_content("Hej, här kommer vårt svar.")
    scanned = as_pdf([scan(page, Channel.SCANNER, seed=5)])
    mail.add_attachment(scanned, maintype="application", subtype="pdf", filename="svar.pdf")
    return mail.as_bytes()


async def test_a_blank_is_uploaded_pointed_at_taken_into_use_and_its_scan_recorded(
    world: World, teaching: Teaching, office: Client, children: Sandbox
) -> None:
    began = teaching.begin(office, drawn_blank())
    assert began.location == teaching.here
    assert "Läsaren öppnar blanketten" in office.get(teaching.here).text
    await teaching.carry()
    page = office.get(teaching.here).text
    assert "Ruta vid ”Ja, vi ansluter oss till Kompetensgemenskaper”" in page
    for field, place in PLACES.items():
        assert teaching.point(office, field, place).status == 303
    assert teaching.press(office, "las").status == 303
    assert "Läsaren gör ett formulär" in office.get(teaching.here).text
    await teaching.carry()
    page = office.get(teaching.here)
    assert "Stämmer det?" in page.text
    shown = page.html.split("/forhandsbild/")[1].split('"')[0]
    assert office.get(f"{teaching.here}/forhandsbild/{shown}").body.startswith(b"\x89PNG")
    assert rows(world, LearnedForm) == []

    done = teaching.press(office, "ta-i-bruk")
    assert done.location == "/blanketter/larda/kompetens-2024/1"
    assert "Inskannade svar på blanketten läses" in office.get(done.location).text
    [kept] = rows(world, LearnedForm)
    assert (kept.learned_by, kept.blank_name) == ("petra", "svarsblankett.pdf")
    noted = [row.what for row in rows(world, EventLog)]
    assert noted[-2:] == ["form.draft_begun", "form.learned"]

    await teaching.carry()
    template = FormTemplate.model_validate(kept.template)
    read = await teaching.intake.read(children, letter(template))
    world.recorder.record(read.model_copy(update={"sender_authentic": True}))
    [answer] = rows(world, Answer)
    assert (answer.municipality, answer.answer) == ("2480", "ja")


async def test_what_is_wrong_is_told_field_by_field_and_mended(
    teaching: Teaching, office: Client
) -> None:
    teaching.begin(office, drawn_blank())
    await teaching.carry()
    wrong = PLACES | {
        "answer.nej": (24, 84, 4.5, 4.5),
        "municipality.name": (40, 58, 90, 2),
        "contact.email": (50, 178, 50, 7),
    }
    for field, place in wrong.items():
        teaching.point(office, field, place)
    teaching.press(office, "las")
    await teaching.carry()
    page = office.get(teaching.here).text
    assert "Två alternativ har samma ruta" in page
    assert "Stämmer det?" not in page
    for field in ("answer.nej", "contact.email"):
        teaching.point(office, field, PLACES[field])
    teaching.press(office, "las")
    await teaching.carry()
    assert "Fältet är för litet" in office.get(teaching.here).text
    teaching.press(office, "falt", ta_bort="municipality.name")
    teaching.press(office, "las")
    await teaching.carry()
    assert "Stämmer det?" in office.get(teaching.here).text


@pytest.mark.parametrize(
    ("blank", "said"),
    [
        (b"%PDF-1.7 damaged", "Filen är skadad"),
        (drawn_blank()[:900], "Filen"),
    ],
)
async def test_a_blank_that_cannot_be_opened_is_told(
    teaching: Teaching, office: Client, blank: bytes, said: str
) -> None:
    teaching.begin(office, blank)
    await teaching.carry()
    page = office.get(teaching.here).text
    assert "Blanketten kan inte läras in" in page
    assert said in page


async def test_an_answer_that_comes_twice_or_too_late_changes_nothing(
    world: World, teaching: Teaching, office: Client
) -> None:
    before = len(rows(world, LearnedForm))
    teaching.begin(office, drawn_blank())
    late = teaching.draft()
    # Asked again before the first answer came: only the second counts.
    teaching.press(office, "igen")
    assert teaching.draft().question != late.question
    await teaching.carry()
    revision = teaching.draft().revision
    assert teaching.draft().survey is not None
    assert revision == 3
    teaching.press(office, "avbryt")
    assert "avbröts" in office.get(teaching.here).text
    await teaching.carry()
    assert len(rows(world, LearnedForm)) == before
