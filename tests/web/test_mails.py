"""Mejl: the list, one mail, its original and its parts."""

from tests.web.client import Client
from tests.web.world import EVIL, World


def test_every_mail_is_in_the_list(registrar: Client) -> None:
    assert "Visar 1–50 av" in registrar.get("/mejl").text


def test_a_search_looks_in_subject_and_sender(world: World, registrar: Client) -> None:
    assert f"/mejl/{world.ids['question']}" in registrar.get("/mejl?sok=sista+svarsdag").text
    assert f"/mejl/{world.ids['doubtful']}" in registrar.get("/mejl?sok=REG%40UMEA").text


def test_a_mail_shows_its_parts_with_their_fates(world: World, registrar: Client) -> None:
    text = registrar.get(f"/mejl/{world.ids['doubtful']}").text
    assert "Mejlets text" in text
    assert "Läst som handling" in text
    assert f"/handlingar/{world.ids['doubtful-document']}" in text
    assert "Mejlet registrerades" in text


def test_what_was_skipped_says_why(world: World, registrar: Client) -> None:
    assert "Inte läst: bild i mejlets text" in registrar.get(f"/mejl/{world.ids['logo']}").text


def test_hostile_text_is_shown_as_text(world: World, registrar: Client) -> None:
    answer = registrar.get(f"/mejl/{world.ids['evil']}")
    assert EVIL in answer.text
    assert "<script>document" not in answer.html
    assert "<img src=x" not in answer.html
    assert "\u202e" not in answer.html


def test_the_original_is_handed_over_byte_for_byte(world: World, registrar: Client) -> None:
    answer = registrar.get(f"/mejl/{world.ids['original']}/original")
    assert answer.body == b"original"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment;")


def test_a_part_is_handed_over_to_be_saved(world: World, registrar: Client) -> None:
    answer = registrar.get(f"/mejl/{world.ids['evil']}/delar/1")
    assert answer.body == b"%PDF-1.7 hostile"
    assert answer.headers["content-disposition"].startswith("attachment;")


def test_a_part_that_was_not_read_is_had_with_the_original_only(
    world: World, registrar: Client
) -> None:
    page = f"/mejl/{world.ids['logo']}"
    assert f'href="{page}/delar/2"' not in registrar.get(page).html
    assert registrar.get(f"{page}/delar/2").status == 404


def test_an_unknown_mail_is_not_there(registrar: Client) -> None:
    assert registrar.get("/mejl/m" + "0" * 23).status == 404
    assert registrar.get("/mejl/m" + "0" * 23 + "/original").status == 404
