"""En handling: makulera and rätta, and the answers that no longer count; both databases."""

import re

import pytest

from services.registry.domain.resolution import Objection
from services.registry.tables import Answer, AnswerStatus
from services.registry.web.words import OBJECTIONS
from shared.archive import Area as ArchiveArea
from tests.web.client import Answer as Page
from tests.web.client import Client
from tests.web.test_matter import ATTACH, UMEA, decide, doubtful, rows
from tests.web.world import World, answered, arrived, scan_png

WHY = "Kommunen skickade fel papper."


@pytest.fixture
def page(fresh: World) -> str:
    """The page of a recorded Ja from Umeå."""
    scan = fresh.archive.put(scan_png("ja"), ArchiveArea.DERIVED)
    fresh.record(arrived(answered("ja", "kompetens-2024", UMEA, scan), name="one"), "one")
    return f"/handlingar/{fresh.ids['one-document']}"


def fields_of(client: Client, page: str) -> dict[str, str]:
    """The correction's form as it stands on the page."""
    form = client.get(page).text.split('/ratta">')[1].split("</form>")[0]
    found = dict(re.findall(r'name="([a-z_]+)" value="([^"]*)"[^>]*? checked', form))
    return found | dict(re.findall(r'<input (?:type="hidden"|id="[^"]+") name="([a-z_]+)" value="([^"]*)"', form))  # fmt: skip  # noqa: E501


def correct(client: Client, page: str, **changed: str) -> Page:
    return client.post(f"{page}/ratta", fields_of(client, page) | changed)


def void(client: Client, page: str, **fields: str) -> Page:
    return client.post(f"{page}/makulera", fields_of(client, page) | fields)


def test_a_voided_answer_says_so_with_who_when_and_why(
    fresh: World, fresh_registrar: Client, page: str
) -> None:
    done = void(fresh_registrar, page, varfor=WHY)
    assert (done.status, done.location) == (303, page)
    text = fresh_registrar.get(page).text
    assert '<span class="state voided">Makulerat</span>' in text
    assert re.search(rf"Makulerat .* av rut: {WHY}", text)
    assert "Svaret makulerades" in text
    assert "/makulera" not in text
    assert "Svar saknas" in fresh_registrar.get("/svar/kompetens-2024?kommun=2480").text
    municipality = fresh_registrar.get(f"/kommuner/{UMEA}").text
    assert '<span class="state voided">Makulerat</span>' in municipality


def test_a_corrected_answer_shows_what_is_recorded_beside_what_was_read(
    fresh: World, fresh_registrar: Client, page: str
) -> None:
    assert fields_of(fresh_registrar, page)["svar"] == "ja"
    done = correct(fresh_registrar, page, svar="nej", kontakt_namn="Bo Ek", varfor=WHY)
    assert (done.status, done.location) == (303, page)
    (answer,) = rows(fresh, Answer)
    assert (answer.answer, answer.contact_name) == ("nej", "Bo Ek")
    text = fresh_registrar.get(page).text
    assert '<p class="verdict"><span class="state option-2">Nej</span></p>' in text
    assert "<dd>Bo Ek</dd>" in text
    assert "Svaret rättades" in text


@pytest.mark.parametrize(
    ("changed", "objection"),
    [
        ({"varfor": " ", "svar": "nej"}, Objection.NO_REASON),
        ({"varfor": WHY}, Objection.UNCHANGED),
        ({"varfor": WHY, "svar": "kanske"}, Objection.UNKNOWN_ANSWER),
        ({"varfor": WHY, "underskrift": "missing"}, Objection.NOT_SIGNED),
        ({"varfor": WHY, "kontakt_epost": "bo at umea"}, Objection.BAD_ADDRESS),
    ],
)
def test_a_correction_that_cannot_be_is_explained_and_nothing_typed_is_lost(
    fresh: World,
    fresh_registrar: Client,
    page: str,
    changed: dict[str, str],
    objection: Objection,
) -> None:
    refused = correct(fresh_registrar, page, **changed)
    assert refused.status == 422
    assert OBJECTIONS[objection] in refused.text
    assert "Inget har ändrats" in refused.text
    if "kontakt_epost" in changed:
        assert 'value="bo at umea"' in refused.text
    (answer,) = rows(fresh, Answer)
    assert answer.answer == "ja"


def test_a_stale_form_changes_nothing_and_keeps_what_was_typed(
    fresh: World, fresh_registrar: Client, page: str
) -> None:
    seen = fields_of(fresh_registrar, page)
    correct(fresh_registrar, page, kontakt_namn="Bo Ek", varfor=WHY)
    refused = fresh_registrar.post(f"{page}/makulera", seen | {"varfor": "Mitt skäl"})
    assert refused.status == 409
    assert OBJECTIONS[Objection.STALE] in refused.text
    assert 'value="Mitt skäl"' in refused.text
    (answer,) = rows(fresh, Answer)
    assert answer.status is AnswerStatus.CURRENT


def test_voiding_twice_is_told(fresh: World, fresh_registrar: Client, page: str) -> None:
    seen = fields_of(fresh_registrar, page) | {"varfor": WHY}
    assert fresh_registrar.post(f"{page}/makulera", seen).status == 303
    again = fresh_registrar.post(f"{page}/makulera", seen)
    assert again.status == 409
    assert OBJECTIONS[Objection.NOT_CURRENT] in again.text


def test_what_a_person_types_as_reason_is_only_text(
    fresh: World, fresh_registrar: Client, page: str
) -> None:
    void(fresh_registrar, page, varfor="<b>fel</b> 19811218-9876")
    html = fresh_registrar.get(page).html
    assert "&lt;b&gt;fel" in html
    assert "9876" not in html


def test_a_replaced_answer_stands_on_the_page_of_the_one_that_replaced_it(
    fresh: World, fresh_registrar: Client, page: str
) -> None:
    item = doubtful(fresh, "two", answer="nej")
    decide(fresh_registrar, item, **(ATTACH | {"gor": "ersatt", "svar": "kompetens-2024:nej"}))
    newer = fresh_registrar.get(f"/handlingar/{fresh.ids['two-document']}").text
    section = newer.split('id="ersatta"')[1].split("</section>")[0]
    assert f'href="{page}"' in section
    assert re.search(r"Ersatt .* av rut", section)
    older = fresh_registrar.get(page).text
    assert '<span class="state replaced">Ersatt</span>' in older
    assert "Svaret var Ja" in older
    assert "/ratta" not in older


def test_only_who_may_decide_sees_the_forms(
    world: World, reader: Client, office: Client, registrar: Client
) -> None:
    page = f"/handlingar/{world.ids['answer-document']}"
    assert "Makulera svaret" in registrar.get(page).text
    for other in (reader, office):
        assert "Makulera svaret" not in other.get(page).text


def test_a_document_without_an_answer_has_none_to_change(world: World, registrar: Client) -> None:
    page = f"/handlingar/{world.ids['doubtful-document']}"
    assert "Makulera svaret" not in registrar.get(page).text
    token = registrar.token("/")
    assert registrar.post(f"{page}/makulera", {"_csrf": token, "varfor": WHY}).status == 404
