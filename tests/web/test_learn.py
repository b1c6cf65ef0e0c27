"""Lär in en blankett: what a draft shows and takes; with a real reader in tests/flow."""

import pytest

from services.registry import drafts
from services.registry.tables import EventLog, FormDraft, LearnedForm, Role
from services.registry.web.field_words import BLANK_FAULTS, FIELD_FAULTS, field_fault, field_label
from shared.blank import Widget
from shared.events import BlankUploaded, FieldsPointed
from shared.forms import STAMP, TEXT_FIELDS, Rect
from shared.outbox import OutboxRow, now
from tests.bench.forms.other_form import drawn_blank
from tests.web.client import Answer, Client
from tests.web.conftest import logged_in
from tests.web.taught import answer_blank, answer_fields, begun, draft, point_all
from tests.web.test_matter import rows
from tests.web.world import World

PLACE = {"vanster": "24", "topp": "84,0", "bredd": "4.5", "hojd": "4,5"}


@pytest.fixture
def office_worker(fresh: World) -> Client:
    return logged_in(fresh, Role.PROGRAMME_OFFICE)


@pytest.fixture
def pointing(fresh: World) -> str:
    return begun(fresh.database, fresh.archive)


def press(world: World, client: Client, draft_id: str, button: str, **fields: str) -> Answer:
    here = f"/blanketter/utkast/{draft_id}"
    seen = str(draft(world.database, draft_id).revision)
    return client.submit(here, f"{here}/{button}", **({"sedd": seen} | fields))


def events(world: World, subject: str) -> int:
    return sum(row.subject == subject for row in rows(world, OutboxRow))


@pytest.mark.parametrize(
    ("fields", "files", "said"),
    [
        ({"initiativ": "moln-2024"}, {}, "Välj en fil först"),
        ({"initiativ": ""}, {"fil": ("b.pdf", b"%PDF-1.7")}, "Välj ett initiativ"),
        ({"initiativ": "moln-2024"}, {"fil": ("b.pdf", b"PK\x03\x04")}, "Filen är ingen PDF"),
        ({"initiativ": "moln-2024"}, {"fil": ("b.pdf", b"")}, "Filen är tom"),
    ],
)
def test_what_cannot_be_learned_is_told_at_once(
    office: Client, fields: dict[str, str], files: dict[str, tuple[str, bytes]], said: str
) -> None:
    page = office.upload("/blanketter/ny", fields, files)
    assert page.status == 422
    assert said in page.text


def test_a_blank_waits_for_the_reader_and_the_reader_can_be_asked_again(
    fresh: World, office_worker: Client
) -> None:
    file = {"fil": ("<b>blankett</b>.pdf", drawn_blank())}
    began = office_worker.upload("/blanketter/ny", {"initiativ": "kompetens-2024"}, file)
    [row] = rows(fresh, FormDraft)
    assert began.location == f"/blanketter/utkast/{row.id}"
    page = office_worker.get(began.location)
    assert "Läsaren öppnar blanketten" in page.text
    assert "Läsaren har inte svarat" not in page.text
    assert "<b>blankett" not in page.html
    with fresh.database.write() as session:
        session.get_one(FormDraft, row.id).asked_at = row.begun_at.replace(year=2024)
    assert "Läsaren har inte svarat" in office_worker.get(began.location).text
    assert press(fresh, office_worker, row.id, "igen").status == 303
    assert events(fresh, BlankUploaded.subject) == 2
    assert office_worker.get(f"{began.location}/lage").text == '{"revision":2}'
    answer_blank(fresh.database, fresh.archive, row.id)
    assert "Peka ut fälten" in office_worker.get(began.location).text


def test_a_field_is_pointed_at_by_a_place_that_was_found_or_in_millimetres(
    fresh: World, office_worker: Client, pointing: str
) -> None:
    done = press(fresh, office_worker, pointing, "falt", falt="answer.ja", plats="box-1")
    assert done.location.endswith("?falt=answer.nej#peka")
    press(fresh, office_worker, pointing, "falt", falt="answer.nej", **PLACE)
    press(fresh, office_worker, pointing, "falt", falt="signature", plats="line-3")
    kept = draft(fresh.database, pointing).fields
    assert kept["answer.nej"] == [24.0, 84.0, 4.5, 4.5]
    assert kept["answer.ja"] == pytest.approx([24, 84, 4.5, 4.5], abs=0.6)
    press(fresh, office_worker, pointing, "falt", ta_bort="signature")
    assert set(draft(fresh.database, pointing).fields) == {"answer.ja", "answer.nej"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"bredd": ""},
        {"vanster": "nära"},
        {"vanster": "-3"},
        {"topp": "296"},
        {"hojd": "nan"},
        {"plats": "box-99"},
    ],
)
def test_a_place_that_cannot_be_is_told_and_what_was_typed_stays(
    fresh: World, office_worker: Client, pointing: str, wrong: dict[str, str]
) -> None:
    page = press(fresh, office_worker, pointing, "falt", falt="answer.nej", **(PLACE | wrong))
    assert page.status == 422
    assert "innanför sidan" in page.text
    assert 'name="topp"' in page.html
    assert draft(fresh.database, pointing).fields == {}


def test_a_field_that_no_form_has_is_not_taken(
    fresh: World, office_worker: Client, pointing: str
) -> None:
    page = press(fresh, office_worker, pointing, "falt", falt="answer.kanske", **PLACE)
    assert page.status == 404


def test_what_others_changed_meanwhile_is_not_overwritten(
    fresh: World, office_worker: Client, pointing: str
) -> None:
    page = press(fresh, office_worker, pointing, "falt", falt="answer.ja", sedd="1", **PLACE)
    assert page.status == 409
    assert "har ändrats sedan du öppnade sidan" in page.text
    for button in ("las", "sida", "avbryt", "igen", "ta-i-bruk"):
        assert press(fresh, office_worker, pointing, button, sedd="1").status == 409


def test_the_blanks_own_form_fields_are_proposed_if_they_mean_something(
    fresh: World, office_worker: Client
) -> None:
    blank = drawn_blank()
    draft_id = drafts.begin(
        fresh.database, fresh.archive, "kompetens-2024", blank, "b.pdf", who="petra", at=now()
    )
    place = Rect(left_mm=40.04, top_mm=58, width_mm=90, height_mm=7)
    names = ("municipality.name", "answer.ja", "answer.kanske", "signature.2", "Text1")
    widgets = [Widget(name=name, area=place) for name in names]
    answer_blank(fresh.database, fresh.archive, draft_id, widgets=widgets)
    assert draft(fresh.database, draft_id).fields == {
        "municipality.name": [40.0, 58.0, 90.0, 7.0],
        "answer.ja": [40.0, 58.0, 90.0, 7.0],
    }
    assert "Ifyllbart fält" in office_worker.get(f"/blanketter/utkast/{draft_id}").text


def test_another_page_of_the_blank_is_chosen_and_begun_anew(
    fresh: World, office_worker: Client
) -> None:
    draft_id = drafts.begin(
        fresh.database, fresh.archive, "kompetens-2024", drawn_blank(), "b.pdf", who="p", at=now()
    )
    answer_blank(fresh.database, fresh.archive, draft_id, pages=2)
    press(fresh, office_worker, draft_id, "falt", falt="answer.ja", **PLACE)
    press(fresh, office_worker, draft_id, "sida", sida="2")
    kept = draft(fresh.database, draft_id)
    assert (kept.page, kept.fields) == (2, {})
    here = f"/blanketter/utkast/{draft_id}"
    assert "Sida 2 av 2" in office_worker.get(here).text
    assert office_worker.get(f"{here}/sida/2").body.startswith(b"\x89PNG")
    assert office_worker.get(f"{here}/sida/3").status == 404
    press(fresh, office_worker, draft_id, "sida", sida="7")
    assert draft(fresh.database, draft_id).page == 2


def test_a_form_comes_into_force_only_when_it_is_confirmed(
    fresh: World, office_worker: Client, pointing: str
) -> None:
    point_all(fresh.database, pointing)
    press(fresh, office_worker, pointing, "las")
    assert events(fresh, FieldsPointed.subject) == 1
    answer_fields(fresh.database, fresh.archive, pointing)
    assert rows(fresh, LearnedForm) == []
    # A field that is moved takes the proposal back: what is confirmed is what was looked at.
    press(fresh, office_worker, pointing, "falt", falt="stamp", **PLACE)
    assert press(fresh, office_worker, pointing, "ta-i-bruk").status == 409
    press(fresh, office_worker, pointing, "falt", ta_bort="stamp")
    press(fresh, office_worker, pointing, "las")
    answer_fields(fresh.database, fresh.archive, pointing)
    done = press(fresh, office_worker, pointing, "ta-i-bruk")
    assert done.location == "/blanketter/larda/kompetens-2024/1"
    assert "Blanketten togs i bruk" in office_worker.get(f"/blanketter/utkast/{pointing}").text
    assert rows(fresh, EventLog)[-1].what == "form.learned"


def test_a_blank_that_names_another_initiative_cannot_come_into_force(
    fresh: World, office_worker: Client
) -> None:
    draft_id = drafts.begin(
        fresh.database, fresh.archive, "moln-2024", drawn_blank(), "b.pdf", who="petra", at=now()
    )
    answer_blank(fresh.database, fresh.archive, draft_id)
    point_all(fresh.database, draft_id)
    press(fresh, office_worker, draft_id, "las")
    answer_fields(fresh.database, fresh.archive, draft_id)
    page = office_worker.get(f"/blanketter/utkast/{draft_id}").text
    assert "Blanketten nämner kompetens-2024 och inte Gemensam molntjänst" in page
    assert press(fresh, office_worker, draft_id, "ta-i-bruk", utan_namn="ja").status == 422
    assert rows(fresh, LearnedForm) == []


def test_several_drafts_go_on_side_by_side_and_one_is_cancelled(
    fresh: World, office_worker: Client, pointing: str
) -> None:
    other = begun(fresh.database, fresh.archive)
    assert press(fresh, office_worker, pointing, "avbryt").location == "/blanketter"
    page = office_worker.get("/blanketter").html
    assert other in page
    assert pointing not in page
    assert "Inlärningen avbröts" in office_worker.get(f"/blanketter/utkast/{pointing}").text
    assert press(fresh, office_worker, pointing, "falt", falt="answer.ja", **PLACE).status == 409


def test_every_field_and_fault_has_words() -> None:
    for name in (*TEXT_FIELDS, STAMP, "signature", "signature.2", "answer.ja"):
        assert field_label(name, {"ja": "Ja"}) != name
    for said in (*FIELD_FAULTS.values(), *BLANK_FAULTS.values()):
        assert said.endswith(".")
    assert "(odd)" in field_fault({"fault": "other", "said": "odd"})
