"""Initiativ: what is offered, changed only after one has seen what it does."""

from html import unescape

import pytest

from services.registry.domain.initiative import RoundFault
from services.registry.tables import Answer, EventLog, Initiative, Role
from services.registry.web.round_words import ROUND_FAULTS, round_fault
from shared.archive import Area as ArchiveArea
from shared.events import InitiativeDefined
from shared.outbox import OutboxRow
from tests.web.client import Answer as Page
from tests.web.client import Client
from tests.web.conftest import logged_in
from tests.web.test_matter import rows
from tests.web.world import World, answered, arrived, scan_png

EDIT = "/initiativ/sakerhet-2024/andra"
FIELDS = {
    "namn": "Informationssäkerhet tillsammans med grannkommuner och regioner",
    "omgang": "2024",
    "dag": "2024-10-31",
    "underskrifter": "1",
    "ja_antal": "",
    "nyckel.1": "hela",
    "text.1": "Ja, hela erbjudandet",
    "nyckel.2": "delar",
    "text.2": "Ja, delar av erbjudandet",
    "nyckel.3": "nej",
    "text.3": "Nej",
}
NEW = FIELDS | {"id": "ai-2025", "namn": "AI-stöd", "omgang": "2025", "dag": "2025-03-31"}
ROUND = """round: "2025"
initiatives:
  - id: ai-2025
    name: AI-stöd i förvaltningen
    last_answer_day: 2025-03-31
"""


@pytest.fixture
def office_worker(fresh: World) -> Client:
    return logged_in(fresh, Role.PROGRAMME_OFFICE)


def confirmed(client: Client, seen: Page, path: str) -> Page:
    """Press the button of the page that shows what will happen."""
    fields = {}
    for piece in seen.html.split('<input type="hidden" ')[1:]:
        name = piece.split('name="')[1].split('"')[0]
        fields[name] = unescape(piece.split('value="')[1].split('"')[0])
    if "<textarea" in seen.html:
        text = seen.html.split("<textarea")[1].split(">", 1)[1].split("</textarea>")[0]
        fields["innehall"] = unescape(text).lstrip("\n")
    return client.post(path, fields)


def load(client: Client, text: str | bytes) -> Page:
    data = text.encode() if isinstance(text, str) else text
    return client.upload("/las-in-omgang", {}, {"fil": ("omgang.yaml", data)})


def test_everybody_sees_what_is_offered_and_how_many_have_answered(reader: Client) -> None:
    page = reader.get("/initiativ").text
    assert "Omgång 2024" in page
    assert "110 av 290" in page
    assert "/nytt-initiativ" not in page
    assert "Vårt och 1 inlärt" in page
    assert "svarsblankett från länet.pdf" in reader.get("/initiativ/kompetens-2024").text
    one = reader.get("/initiativ/sakerhet-2024").text
    assert "Ja, delar av erbjudandet" in one
    assert "5 av 290" in one
    assert "/andra" not in one


def test_an_initiative_that_nobody_has_defined_is_not_found(office: Client) -> None:
    assert office.get("/initiativ/finns-inte").status == 404
    assert office.get("/initiativ/finns-inte/andra").status == 404


def test_a_new_initiative_is_seen_before_it_is_defined(fresh: World, office_worker: Client) -> None:
    seen = office_worker.submit("/nytt-initiativ", "/nytt-initiativ", **NEW)
    assert seen.status == 200
    assert "Inget är ändrat ännu" in seen.text
    assert len(rows(fresh, Initiative)) == 4
    done = confirmed(office_worker, seen, "/nytt-initiativ")
    assert done.location == "/initiativ/ai-2025"
    [made] = [one for one in rows(fresh, Initiative) if one.id == "ai-2025"]
    assert list(made.options) == ["hela", "delar", "nej"]
    [told] = [one for one in rows(fresh, OutboxRow) if "ai-2025" in one.body]
    assert told.subject == InitiativeDefined.subject
    noted = rows(fresh, EventLog)[-1]
    assert (noted.who, noted.what) == ("petra", "initiative.defined")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"id": "AI 2025"}, "Id: Använd små bokstäver"),
        ({"id": "kompetens-2024"}, "Det finns redan ett initiativ med det id:t"),
        ({"namn": ""}, "Namn: Här behöver det stå något"),
        ({"omgang": ""}, "Omgång: Här behöver det stå något"),
        ({"dag": "2025-02-30"}, "Sista svarsdag: Här ska det stå en dag"),
        ({"ja_antal": "många"}, "börja: Här ska det stå ett heltal"),
        ({"ja_antal": "291"}, "börja: Talet är för stort"),
        ({"nyckel.2": "hela"}, "Alternativ (hela): Två alternativ har samma nyckel"),
        ({"text.2": ""}, "Alternativ (delar): Här behöver det stå något"),
        ({"nyckel.1": "JA"}, "Använd små bokstäver"),
    ],
)
def test_what_is_wrong_with_a_new_initiative_is_told_and_nothing_typed_is_lost(
    office: Client, wrong: dict[str, str], said: str
) -> None:
    page = office.submit("/nytt-initiativ", "/nytt-initiativ", **(NEW | wrong))
    assert page.status == 422
    assert said in page.text
    assert 'value="Ja, hela erbjudandet"' in page.html
    assert "Inget har ändrats" in page.text


def test_a_moved_day_tells_first_who_turns_late_and_in_time(
    fresh: World, office_worker: Client
) -> None:
    scan = fresh.archive.put(scan_png("ja"), ArchiveArea.DERIVED)
    for minutes, code in ((60, "2480"), (60 * 24 * 10, "1281")):
        reading = answered("delar", "sakerhet-2024", code, scan)
        fresh.record(arrived(reading, name=code, minutes=minutes))
    seen = office_worker.submit(EDIT, EDIT, **(FIELDS | {"dag": "2024-09-05"}))
    assert "1 som är i tid blir för sent inkomna" in seen.text
    assert not any(answer.late for answer in rows(fresh, Answer))
    assert confirmed(office_worker, seen, EDIT).location == "/initiativ/sakerhet-2024"
    assert {one.municipality for one in rows(fresh, Answer) if one.late} == {"1281"}
    back = office_worker.submit(EDIT, EDIT, **FIELDS)
    assert "1 som är för sent inkomna räknas som i tid" in back.text
    noted = rows(fresh, EventLog)[-1]
    assert noted.before is not None
    assert noted.after is not None
    assert (noted.before["last_answer_day"], noted.after["last_answer_day"]) == (
        "2024-10-31",
        "2024-09-05",
    )


def test_options_of_a_defined_initiative_stay_whatever_a_form_sends(office: Client) -> None:
    page = office.submit(EDIT, EDIT, **(FIELDS | {"nyckel.1": "allt"}))
    assert page.status == 422
    assert "formulär kan redan vara utskrivna" in page.text


def test_what_changes_nothing_is_told(office: Client) -> None:
    assert "lika med det som redan gäller" in office.submit(EDIT, EDIT, **FIELDS).text


def test_one_may_go_back_to_the_form_with_what_was_typed(office: Client) -> None:
    page = office.submit(EDIT, EDIT, **FIELDS, tillbaka="ja", sedd="x")
    assert page.status == 422
    changed = FIELDS | {"namn": "Informationssäkerhet"}
    page = office.submit(EDIT, EDIT, **changed, tillbaka="ja", sedd="x")
    assert page.status == 200
    assert 'name="namn" value="Informationssäkerhet"' in page.html


def test_what_somebody_else_changed_meanwhile_is_shown_and_not_overwritten(
    fresh: World, office_worker: Client
) -> None:
    seen = office_worker.submit(EDIT, EDIT, **(FIELDS | {"namn": "Säkerhet"}))
    other = logged_in(fresh, Role.ADMINISTRATOR)
    theirs = other.submit(EDIT, EDIT, **(FIELDS | {"dag": "2024-11-15"}))
    assert confirmed(other, theirs, EDIT).status == 303
    late = confirmed(office_worker, seen, EDIT)
    assert late.status == 409
    assert "Någon annan har ändrat initiativet" in late.text
    [kept] = [one for one in rows(fresh, Initiative) if one.id == "sakerhet-2024"]
    assert kept.last_answer_day.isoformat() == "2024-11-15"
    assert kept.name != "Säkerhet"


def test_a_round_file_is_shown_then_loaded(fresh: World, office_worker: Client) -> None:
    seen = load(office_worker, ROUND)
    assert seen.status == 200
    assert "AI-stöd i förvaltningen" in seen.text
    assert len(rows(fresh, Initiative)) == 4
    assert confirmed(office_worker, seen, "/las-in-omgang").location == "/initiativ"
    assert len(rows(fresh, Initiative)) == 5


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("last_answer_day: 2025-03-31", "last_answer_day: snart", "Rad 5, initiatives[1].last"),
        ("    name:", "    nmae:", "Rad 4, initiatives[1].nmae: Nyckeln finns inte"),
        ("id: ai-2025", "id: AI", "Rad 3, initiatives[1].id: Använd små bokstäver"),
        ("    name: AI", "    name: AI\n    name: AI", "Rad 5, name: Nyckeln står två gånger"),
        ('round: "2025"', "round: [", ": Filen går inte att läsa som YAML"),
        (ROUND, "hej", "Filen är ingen omgång"),
        (ROUND, "", "Välj en fil först"),
        (ROUND, ROUND + ROUND[ROUND.index("  - id") :], "Samma id står två gånger: ai-2025"),
    ],
)
def test_what_is_wrong_with_a_round_file_is_told_by_line_and_key(
    office: Client, old: str, new: str, said: str
) -> None:
    assert old in ROUND
    page = load(office, ROUND.replace(old, new))
    assert page.status == 422
    assert said in page.text
    assert "Inget har lästs in" in page.text


def test_a_round_file_in_another_encoding_is_refused(office: Client) -> None:
    page = load(office, ROUND.encode("latin-1"))
    assert "inte text i UTF-8" in page.text


def test_a_file_too_large_is_refused(office: Client) -> None:
    assert load(office, b"#" * 400_000).status == 413


def test_a_strangers_file_is_not_even_received(stranger: Client) -> None:
    stranger.get("/logga-in")
    body = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = stranger.post("/las-in-omgang", {}, **body)
    assert answer.status == 303
    assert answer.location == "/logga-in?till=%2Flas-in-omgang"


def test_every_fault_has_words() -> None:
    for kind, said in ROUND_FAULTS.items():
        assert round_fault(RoundFault(kind)) == said
        assert said.endswith(".")
    assert "(odd)" in round_fault(RoundFault("another", said="odd"))
