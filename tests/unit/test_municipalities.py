"""The 290 municipalities: that the list is whole, and that no name is taken for another."""

import time
import unicodedata
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.municipalities import (
    Municipality,
    all_municipalities,
    by_code,
    confusable_with,
    counties,
    display_name,
    domain_belongs,
    exact,
    suggest,
)

UNICODE_FORMS: st.SearchStrategy[Literal["NFC", "NFD"]] = st.sampled_from(("NFC", "NFD"))
MUNICIPALITIES = st.sampled_from(all_municipalities())


def municipality(code: str) -> Municipality:
    found = by_code(code)
    assert found is not None
    return found


def names_of(one: Municipality) -> tuple[str, ...]:
    names = (one.name, one.formal_name, one.own_designation)
    return tuple(name for name in names if name is not None)


# The list


def test_there_are_290_municipalities_and_no_code_or_name_occurs_twice() -> None:
    everyone = all_municipalities()
    assert len(everyone) == 290
    assert len({one.code for one in everyone}) == 290
    assert len({one.name for one in everyone}) == 290
    assert len({one.formal_name for one in everyone}) == 290


def test_a_code_is_four_digits_and_90_of_them_start_with_0() -> None:
    codes = [one.code for one in all_municipalities()]
    assert all(len(code) == 4 and code.isdecimal() for code in codes)
    assert sum(code.startswith("0") for code in codes) == 90


def test_the_list_is_in_the_order_of_the_codes() -> None:
    codes = [one.code for one in all_municipalities()]
    assert codes == sorted(codes)


def test_a_code_without_its_leading_0_is_no_code() -> None:
    assert municipality("0180").name == "Stockholm"
    assert by_code("180") is None
    assert by_code("9999") is None


def test_every_municipality_lies_in_one_of_21_counties_and_every_county_has_one() -> None:
    assert len(counties()) == 21
    assert {one.county for one in all_municipalities()} == set(counties())
    assert all(one.code.startswith(one.county) for one in all_municipalities())
    assert municipality("2480").county_name == "Västerbottens län"


def test_a_caller_who_changes_the_counties_changes_only_their_own_copy() -> None:
    counties().clear()
    assert len(counties()) == 21


def test_no_name_has_stray_white_space_or_letters_in_parts() -> None:
    for one in all_municipalities():
        for name in names_of(one):
            assert name == " ".join(name.split())
            assert unicodedata.is_normalized("NFC", name)


def test_no_name_of_one_municipality_is_also_a_name_of_another() -> None:
    for one in all_municipalities():
        for name in names_of(one):
            assert exact(name) == one


# Formal names and own designations


@pytest.mark.parametrize(
    ("code", "formal_name"),
    [
        ("0117", "Österåkers kommun"),
        ("0139", "Upplands-Bro kommun"),
        ("0840", "Mörbylånga kommun"),
        ("0880", "Kalmar kommun"),
        ("1267", "Höörs kommun"),
        ("1421", "Orust kommun"),
        ("1438", "Dals-Eds kommun"),
        ("1462", "Lilla Edets kommun"),
        ("1490", "Borås kommun"),
        ("1960", "Kungsörs kommun"),
        ("2023", "Malung-Sälens kommun"),
        ("2080", "Falu kommun"),
        ("2480", "Umeå kommun"),
        ("2513", "Överkalix kommun"),
        ("2560", "Älvsbyns kommun"),
    ],
)
def test_the_formal_name_has_the_genitive_that_the_name_takes(code: str, formal_name: str) -> None:
    assert municipality(code).formal_name == formal_name


def test_every_formal_name_is_the_name_with_or_without_s_except_falu() -> None:
    for one in all_municipalities():
        allowed = {f"{one.name} kommun", f"{one.name}s kommun"}
        assert one.formal_name in allowed or one.name == "Falun"


def test_25_names_that_end_in_a_consonant_take_no_s_and_no_name_that_ends_in_a_vowel_does() -> None:
    without_s = {
        one.name for one in all_municipalities() if one.formal_name == f"{one.name} kommun"
    }
    on_a_vowel = {one.name for one in all_municipalities() if one.name[-1] in "aeiouyåäö"}
    assert on_a_vowel <= without_s
    assert len(without_s - on_a_vowel) == 25
    assert {name[-1] for name in without_s - on_a_vowel} == {"r", "s", "t", "x"}


def test_fifteen_call_themselves_something_else_and_are_shown_so() -> None:
    fifteen = {display_name(one) for one in all_municipalities() if one.own_designation}
    assert fifteen == {
        "Borås Stad",
        "Göteborgs Stad",
        "Haparanda stad",
        "Helsingborgs stad",
        "Landskrona stad",
        "Lidingö stad",
        "Malmö stad",
        "Mölndals stad",
        "Region Gotland",
        "Solna stad",
        "Stockholms stad",
        "Sundbybergs stad",
        "Trollhättans Stad",
        "Vaxholms stad",
        "Västerås stad",
    }


def test_the_others_are_shown_by_their_formal_name() -> None:
    assert display_name(municipality("2080")) == "Falu kommun"


# Names that decide


@given(one=MUNICIPALITIES, data=st.data())
def test_a_name_is_known_in_any_case_white_space_and_unicode_form(
    one: Municipality, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(names_of(one)))
    form = data.draw(UNICODE_FORMS)
    change_case = data.draw(st.sampled_from([str.lower, str.upper, str.title, str.swapcase]))
    gap = data.draw(st.sampled_from([" ", "  ", "\t", "\n", "\u00a0"]))
    written = unicodedata.normalize(form, change_case(name)).replace(" ", gap)
    assert exact(f" {written}\n") == one


@given(text=st.text())
def test_the_unicode_form_of_a_text_changes_neither_verdict_nor_suggestions(text: str) -> None:
    composed, decomposed = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    assert exact(composed) == exact(decomposed)
    assert suggest(composed, 5) == suggest(decomposed, 5)


def test_habo_is_never_håbo() -> None:
    habo, håbo = municipality("0643"), municipality("0305")
    assert exact("Habo") == exact("HABO KOMMUN") == habo
    assert exact("Håbo") == exact("Ha\u030abo kommun") == håbo


@given(one=MUNICIPALITIES)
def test_a_name_that_lost_its_rings_and_dots_names_nobody_else_unless_it_is_habo(
    one: Municipality,
) -> None:
    bare = one.name.translate(str.maketrans("åäöÅÄÖ", "aaoAAO"))
    found = exact(bare)
    if bare == one.name:
        assert found == one
    else:
        assert (found and found.name) == ("Habo" if one.name == "Håbo" else None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "kommun",
        "Ange kommun",  # the printed prompt, not Ånge
        "Falu",
        "Stockholms",
        "Upplands Bro",
        "Lunds kommunn",
        "Lund, Habo",
        "Eßunga",
        "0180",
        "Stockholms län",
    ],
)
def test_what_is_only_like_a_name_is_no_name(text: str) -> None:
    assert exact(text) is None


# Names that only suggest


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Malmo stad", "Malmö"),
        ("GOTEBORGS STAD", "Göteborg"),
        ("Ornskoldsviks kommun", "Örnsköldsvik"),
        ("Falu", "Falun"),
        ("Dals Ed", "Dals-Ed"),
        ("Upplands\u2013Bro", "Upplands-Bro"),
        ("Lnköpings kommun", "Linköping"),
        ("Skeleftea", "Skellefteå"),
        ("Gotlands region", "Gotland"),
        ("Ange kommun", "Ånge"),
    ],
)
def test_a_damaged_name_suggests_the_municipality_first(text: str, first: str) -> None:
    assert suggest(text, 3)[0].municipality.name == first


def test_intact_letters_rank_above_folded_ones() -> None:
    assert [one.municipality.name for one in suggest("Habo kommun", 2)] == ["Habo", "Håbo"]
    assert [one.municipality.name for one in suggest("Håbo kommun", 2)] == ["Håbo", "Habo"]
    best, second = suggest("Håbo", 2)
    assert best.score == 1.0 > second.score


@given(one=MUNICIPALITIES)
def test_every_municipality_is_the_first_suggestion_for_its_own_names(one: Municipality) -> None:
    for name in names_of(one):
        best = suggest(name, 2)[0]
        assert (best.municipality, best.score) == (one, 1.0)


@given(text=st.text(alphabet="abehklmnorsuåäö -", max_size=15), limit=st.integers(-1, 6))
def test_suggestions_are_ranked_few_and_none_is_unlike(text: str, limit: int) -> None:
    found = suggest(text, limit)
    scores = [one.score for one in found]
    assert len(found) <= max(0, limit)
    assert scores == sorted(scores, reverse=True)
    assert all(0.6 <= score <= 1.0 for score in scores)


@pytest.mark.parametrize("text", ["", "   ", "kommun", "Region", "12345", "Socialförvaltningen"])
def test_a_text_that_resembles_no_name_suggests_nothing(text: str) -> None:
    assert suggest(text, 5) == ()


def test_a_text_of_a_million_letters_costs_no_time() -> None:
    began = time.perf_counter()
    for text in ("ö" * 1_000_000, "o" + "\u0308\u0323" * 500_000):
        assert suggest(text, 5) == ()
        assert exact(text) is None
    assert time.perf_counter() - began < 1.0


# Names to warn a registrar about


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Habo", "Håbo"),
        ("Alvesta", "Avesta"),
        ("Lidköping", "Linköping"),
        ("Malå", "Sala"),
        ("Mora", "Nora"),
        ("Ale", "Åre"),
        ("Köping", "Enköping"),
        ("Strömstad", "Strömsund"),
        ("Vallentuna", "Sollentuna"),
    ],
)
def test_near_names_warn_of_each_other(one: str, other: str) -> None:
    first, second = exact(one), exact(other)
    assert first is not None
    assert second is not None
    assert second in confusable_with(first.code)
    assert first in confusable_with(second.code)


def test_the_nearest_name_comes_first() -> None:
    assert confusable_with("0580")[0].name == "Lidköping"


def test_few_municipalities_are_warned_about_and_none_about_itself() -> None:
    warned = [one for one in all_municipalities() if confusable_with(one.code)]
    assert len(warned) < 40
    assert all(one not in confusable_with(one.code) for one in warned)
    assert confusable_with("2584") == ()
    assert confusable_with("9999") == ()


# Mail domains


def test_only_domains_that_cannot_be_derived_from_the_name_are_known_beforehand() -> None:
    known = {one.name: one.known_domains for one in all_municipalities() if one.known_domains}
    assert known == {
        "Dals-Ed": ("dalsed.se",),
        "Falun": ("falun.se",),
        "Gotland": ("gotland.se",),
        "Göteborg": ("stadshuset.goteborg.se",),
        "Habo": ("habokommun.se",),
        "Hällefors": ("hellefors.se",),
        "Härjedalen": ("herjedalen.se",),
        "Håbo": ("habo.se",),
        "Mora": ("morakommun.se",),
        "Ängelholm": ("engelholm.se",),
    }


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("lund.se", "lund.se"),
        ("stadshuset.goteborg.se", "goteborg.se"),
        ("a.b.c.upplands-bro.se", "upplands-bro.se"),
        ("LUND.SE.", "lund.se"),
        ("mail_1.lund.se", "lund.se"),
        ("håbo.se", "xn--hbo-ula.se"),
        ("post.XN--HBO-ULA.se", "HÅBO.SE"),
        ("ha\u030abo.se", "håbo.se"),
        ("håbo\u3002se", "håbo.se"),
        ("localhost", "localhost"),
    ],
)
def test_a_host_belongs_to_the_domain_that_its_last_labels_are(host: str, domain: str) -> None:
    assert domain_belongs(host, domain)


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("xlund.se", "lund.se"),
        ("lund.se.example.com", "lund.se"),
        ("goteborg.se", "stadshuset.goteborg.se"),
        ("habokommun.se", "habo.se"),
        ("habo.se", "håbo.se"),
        ("haßleholm.se", "hassleholm.se"),
        ("lund.se", "se"),
        ("lund.se", ""),
        ("", ""),
        ("", "lund.se"),
        (".lund.se", "lund.se"),
        ("a..lund.se", "lund.se"),
        ("someone@lund.se", "lund.se"),
        ("a b.lund.se", "lund.se"),
        ("x\n.lund.se", "lund.se"),
        ("\ud800.lund.se", "lund.se"),
        ("\u0301x.lund.se", "lund.se"),
        ("a" * 64 + ".lund.se", "lund.se"),
        ("a." * 200 + "lund.se", "lund.se"),
        ("ö" * 70 + ".lund.se", "lund.se"),
    ],
)
def test_a_host_that_only_looks_like_the_domain_or_is_no_host_does_not(
    host: str, domain: str
) -> None:
    assert not domain_belongs(host, domain)


@given(host=st.text(), domain=st.sampled_from(["lund.se", "håbo.se", "stadshuset.goteborg.se"]))
def test_any_text_as_a_host_gets_an_answer_and_one_label_glued_in_front_never_belongs(
    host: str, domain: str
) -> None:
    domain_belongs(host, domain)
    assert not domain_belongs(f"x{domain}", domain)
    assert domain_belongs(f"x.{domain}", domain)
