"""En handling: its page, its images, its files."""

import re

from shared.events import Reason
from tests.web.client import Client
from tests.web.world import World, scan_png


def image_of(client: Client, page: str) -> str:
    found = re.search(r'<img src="(/sidbilder/[^"]+)"', client.get(page).html)
    assert found
    return found[1]


def test_the_page_shows_what_was_read_and_where(world: World, registrar: Client) -> None:
    text = registrar.get(f"/handlingar/{world.ids['answer-document']}").text
    for shown in (
        "Upplands Väsby kommun",
        "SKR 2024/00001",
        "handling 1",
        "Åsa Öberg",
        "Underskrivet för hand",
        "säkerhet 100",
        ">Mottagningsbekräftelse</a> till registrator@kommun0.example",
        "Mejlet är skickat av en maskin",
        "Svaret registrerades",
    ):
        assert shown in text
    assert 'href="#yta-mark-ja"' in text


def test_each_place_on_the_page_has_a_name_and_says_what_it_did(
    world: World, registrar: Client
) -> None:
    html = registrar.get(f"/handlingar/{world.ids['doubtful-document']}").html
    looks = {place: look for look, place in re.findall(
        r'class="evidence ([a-z -]+)" id="yta-([a-z0-9-]+)"', html
    )}  # fmt: skip
    assert looks["mark-ja"] == "box counts"
    assert looks["mark-nej"] == "box empty"
    assert looks["signature"] == "signature counts"
    assert looks["stray-ink-1"] == "stray-ink doubt"
    assert looks["code-1"] == "code guide"
    for name in (
        "Ruta Ja: kryss, bläck 21,0 %, runt om 1,0 %",
        "Ruta Nej: tom, bläck 0,0 %, runt om 1,0 %",
        "Underskrift: Underskrivet för hand",
        "Skrivet utanför fälten",
    ):
        assert f'aria-label="{name}"' in html


def test_what_was_read_can_be_hidden_from_the_page_without_a_script(
    world: World, registrar: Client
) -> None:
    html = registrar.get(f"/handlingar/{world.ids['answer-document']}").html
    assert re.search(r'<input class="show-found" type="checkbox" id="([a-z-]+)" checked>', html)
    assert '<label class="show-found-label" for="visa-ytor">' in html


def test_electronic_signatures_are_shown_with_what_was_found_of_them(
    world: World, registrar: Client
) -> None:
    text = registrar.get(f"/handlingar/{world.ids['doubtful-document']}").text
    for shown in (
        "Elektronisk underskrift",
        "Eva Ek, Umeå kommun",
        "enligt betrodd tidsstämpel",
        "Utfärdare AB",
        "nummer 1f2e",
        "Per Al",
        "Gäller inte.",
        "Filen har ändrats efter underskriften.",
    ):
        assert shown in text
    without = registrar.get(f"/handlingar/{world.ids['answer-document']}").text
    assert "Elektronisk underskrift" not in without


def test_what_speaks_for_which_municipality_is_shown(world: World, registrar: Client) -> None:
    page = registrar.get(f"/handlingar/{world.ids[Reason.MUNICIPALITY_UNPROVEN + '-document']}")
    words = " ".join(re.sub(r"<[^>]+>", " ", page.text).split())
    for shown in (
        "Kommunens namn på sidan Lunds kommun talar för Lunds kommun",
        "Organisationsnummer på sidan 21200? går inte att läsa säkert",
        "example.com är inte knuten till någon kommun i registret",
        "samregistratur.se talar för Stockholms stad eller Umeå kommun",
    ):
        assert shown in words
    assert 'class="evidence witness doubt" id="yta-witness-name"' in page.html
    without = registrar.get(f"/handlingar/{world.ids['answer-document']}").text
    assert "talar för" not in without


def test_the_three_moments_stand_apart(world: World, registrar: Client) -> None:
    text = registrar.get(f"/handlingar/{world.ids['doubtful-document']}").text
    assert "2 sep. 2024 kl. 09.13" in text.replace("\N{NO-BREAK SPACE}", " ")
    assert "Registrerades" in text
    assert "Inte ännu" in text


def test_a_duplicate_leads_to_the_answer_that_stands(world: World, registrar: Client) -> None:
    text = registrar.get(f"/handlingar/{world.ids['again-document']}").text
    assert "Samma svar finns redan registrerat" in text


def test_a_late_answer_is_recorded_and_flagged(world: World, registrar: Client) -> None:
    text = registrar.get(f"/handlingar/{world.ids['late-document']}").text
    assert "För sent inkommet" in text


def test_a_page_image_is_shown_and_kept(world: World, registrar: Client) -> None:
    answer = registrar.get(image_of(registrar, f"/handlingar/{world.ids['answer-document']}"))
    assert answer.status == 200
    assert answer.body == scan_png("ja")
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"


def test_an_image_of_another_document_is_not_had_through_this_one(
    world: World, registrar: Client
) -> None:
    address = image_of(registrar, f"/handlingar/{world.ids['answer-document']}")
    digest = address.rpartition("/")[2]
    other = world.ids["need-document"].replace("-1", "-2")
    assert registrar.get(f"/sidbilder/{other}/{digest}").status == 404
    assert registrar.get(f"{address.rpartition('/')[0]}/{'0' * 64}").status == 404


def test_an_image_that_is_lost_is_explained(world: World, registrar: Client) -> None:
    lost = registrar.get(image_of(registrar, f"/handlingar/{world.ids['damaged-document']}"))
    assert lost.status == 404
    assert "Filen kan inte visas" in lost.text


def test_a_file_is_handed_over_to_be_saved_and_never_opened(
    world: World, registrar: Client
) -> None:
    answer = registrar.get(f"/handlingar/{world.ids['evil-document']}/filer/1")
    assert answer.status == 200
    assert answer.body == b"%PDF-1.7 hostile"
    assert answer.headers["content-type"] == "application/octet-stream"
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith('attachment; filename="')
    assert disposition.count('"') == 2
    assert "<" not in disposition
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_file_that_the_document_does_not_stand_in_is_not_had(
    world: World, registrar: Client
) -> None:
    assert registrar.get(f"/handlingar/{world.ids['answer-document']}/filer/0").status == 404
    assert registrar.get(f"/handlingar/{world.ids['answer-document']}/filer/9").status == 404


def test_a_reader_sees_answers_and_their_scans_but_not_the_queue_nor_needs(
    world: World, reader: Client, registrar: Client
) -> None:
    page = f"/handlingar/{world.ids['answer-document']}"
    text = reader.get(page).text
    assert "Upplands Väsby kommun" in text
    assert "Mejlet är skickat" not in text
    assert reader.get(image_of(reader, page)).status == 200
    for name in ("doubtful-document", "need-document", "unsigned-document"):
        hidden = f"/handlingar/{world.ids[name]}"
        assert reader.get(hidden).status == 403
        assert reader.get(f"{hidden}/filer/1").status == 403
        assert reader.get(image_of(registrar, hidden)).status == 403


def test_a_personal_number_is_covered(world: World, registrar: Client) -> None:
    text = registrar.get(f"/handlingar/{world.ids['evil-document']}").text
    assert "19811218••••" in text
    assert "198112189876" not in text
