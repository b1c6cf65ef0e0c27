"""Behov: the list, and what the template says on a need's own page."""

from tests.web.client import Client
from tests.web.world import EVIL, World


def test_the_list_names_a_need_by_its_own_title_and_who_proposes_it(
    world: World, office: Client
) -> None:
    text = office.get("/behov").text
    assert "Gemensam tjänst för bokning av lokaler" in text
    assert "Håbo kommun" in text


def test_the_list_says_what_came_without_the_template_and_what_is_missing(
    world: World, office: Client
) -> None:
    text = office.get("/behov").text
    assert "Utan mall" in text
    assert "Mallen är inte helt ifylld" in text
    assert "Inte besvarat: Vilket är behovet eller problemet? · Vem berörs?" in text


def test_the_page_of_a_need_shows_each_question_with_its_answer_and_its_place(
    world: World, office: Client
) -> None:
    text = office.get(f"/handlingar/{world.ids['described-document']}").text
    assert text.index("Vem berörs?") < text.index("Vilken effekt hoppas ni på?")
    assert "Ingen ser vilka tider som är lediga." in text
    assert 'id="yta-need-problem"' in text
    assert "tolkad bild" in text


def test_personal_numbers_in_a_need_are_masked(world: World, office: Client) -> None:
    text = office.get(f"/handlingar/{world.ids['described-document']}").text
    assert "811218-9876" not in text
    assert "811218-••••" in text


def test_a_need_in_somebodys_own_words_says_that_the_file_must_be_read(
    world: World, office: Client
) -> None:
    text = office.get(f"/handlingar/{world.ids['own-words-document']}").text
    assert "Utan mall" in text
    assert "Behovet är inte beskrivet i mallen. Läs filen." in text


def test_hostile_words_in_a_need_are_shown_as_words(world: World, office: Client) -> None:
    page = office.get(f"/handlingar/{world.ids['half-document']}")
    assert EVIL in page.text
    assert "<script>document.title" not in page.html
    assert "Inte besvarat i mallen" in page.text
    assert "<script>document.title" not in office.get("/behov").html
