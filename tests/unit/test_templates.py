"""Templates of letters: what they may say, where a fault stands, and what a value cannot do."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.letters.kinds import KINDS, TemplateName, examples_of, source_of
from shared.letters.letter import Shape, as_html, as_text
from shared.letters.template import (
    FaultCode,
    Part,
    Template,
    ValueMissing,
    check,
    parse,
    render,
)
from shared.letters.written import written

NAMES = list(TemplateName)


def reminder(text: str, subject: str = "Påminnelse", heading: str = "Svara") -> Template:
    return Template(subject, heading, text)


def filled(text: str, **values: str) -> str:
    known = examples_of(TemplateName.REMINDER) | values
    return render(reminder(text), TemplateName.REMINDER, known).text


@pytest.mark.parametrize("name", NAMES)
def test_what_is_delivered_has_no_fault_and_can_be_rendered(name: TemplateName) -> None:
    template = parse(source_of(name))
    assert check(template, name) == ()
    worded = render(template, name, examples_of(name))
    everything = f"{worded.subject}{worded.heading}{worded.text}"
    assert "{{" not in everything
    assert "!" not in everything


@pytest.mark.parametrize("name", NAMES)
def test_what_is_delivered_holds_without_its_optional_values(name: TemplateName) -> None:
    kind = next(kind for kind in KINDS if kind.name is name)
    needed = {each.name: each.example for each in kind.variables if not each.optional}
    text = render(parse(source_of(name)), name, needed).text
    letter = written(subject="x", heading="x", text=text)
    assert all(section.blocks for section in letter.sections)
    assert "\n\n\n" not in text


def test_an_unknown_variable_is_refused_with_its_line_and_its_name() -> None:
    template = reminder("Hej {{kommun}}.\n\nSvara {{sista_dag}} till {{ kommun.namn }}.")
    first, second = check(template, TemplateName.REMINDER)
    assert (first.code, first.part, first.line) == (FaultCode.UNKNOWN_VARIABLE, Part.TEXT, 3)
    assert first.name == "sista_dag"
    assert second.name == "kommun.namn"
    assert "Rad 3" in first.message
    assert "sista_svarsdag" in first.message


@pytest.mark.parametrize(
    "text",
    ["{{", "{{ kommun", "kommun }}", "{% if x %}", "{# x #}", "{{ {{kommun}} }}"],
)
def test_what_looks_like_a_variable_and_is_none_is_refused(text: str) -> None:
    codes = {fault.code for fault in check(reminder(text), TemplateName.REMINDER)}
    assert FaultCode.STRAY_BRACES in codes


def test_several_paragraphs_stand_alone_on_their_line() -> None:
    (fault,) = check(reminder("Se {{initiativen}}"), TemplateName.REMINDER)
    assert fault.code is FaultCode.NOT_ALONE
    assert check(reminder("  {{initiativen}}"), TemplateName.REMINDER) == ()


def test_a_subject_needs_all_that_it_says() -> None:
    (fault,) = check(reminder("x", subject="Läs {{länk}}"), TemplateName.REMINDER)
    assert (fault.code, fault.part) == (FaultCode.MAY_BE_EMPTY, Part.SUBJECT)
    with pytest.raises(ValueMissing, match="kommun"):
        render(reminder("x", subject="Till {{kommun}}"), TemplateName.REMINDER, {})


@pytest.mark.parametrize(
    ("template", "code"),
    [
        (reminder("  \n "), FaultCode.EMPTY),
        (reminder("x", subject=" "), FaultCode.EMPTY),
        (reminder("x", subject="a\nBcc: b"), FaultCode.SEVERAL_LINES),
        (reminder("x", subject="a" * 300), FaultCode.TOO_LONG),
        (reminder("x" * 40_000), FaultCode.TOO_LONG),
    ],
)
def test_an_empty_or_endless_template_is_refused(template: Template, code: FaultCode) -> None:
    assert code in {fault.code for fault in check(template, TemplateName.REMINDER)}


def test_a_line_without_its_value_is_left_out_and_so_is_a_heading_without_lines() -> None:
    text = filled("Först.\n\n# Mer\n\nLäs mer: {{länk}}\n\n# Sist\n\nSlut.", länk="")
    assert "Läs mer" not in text
    letter = written(subject="x", heading="x", text=text)
    assert [section.heading for section in letter.sections] == ["", "Sist"]


def test_a_value_is_one_line_and_no_variable() -> None:
    assert filled("Till {{kommun}}.", kommun="A\n\n# {{länk}}\u202e") == "Till A # {{länk}}."


def test_an_a_with_a_ring_in_two_pieces_is_the_same_variable() -> None:
    assert filled("Läs: {{la\u0308nk}}", länk="https://x.se") == "Läs: https://x.se"


# --- Marks -----------------------------------------------------------------------------------


def test_marks_become_headings_lists_and_tables() -> None:
    text = "Hej.\nRad två.\n\n# Steg\n1. Ett\n2. Två\n- Sak\n\nTid | kl. 13\nPlats | Umeå"
    letter = written(subject="x", heading="x", text=text)
    shapes = [
        (section.heading, block.shape) for section in letter.sections for block in section.blocks
    ]
    assert shapes == [
        ("", Shape.PARAGRAPH),
        ("Steg", Shape.STEPS),
        ("Steg", Shape.ITEMS),
        ("Steg", Shape.FACTS),
    ]
    plain = as_text(letter)
    assert "Hej.\nRad två." in plain
    assert "1. Ett\n2. Två" in plain
    assert "Tid: kl. 13\nPlats: Umeå" in plain


def test_only_an_address_that_is_shown_becomes_a_link() -> None:
    html = as_html(
        written(subject="x", heading="x", text="Se https://x.se/a?b=1&c=2. <a href='javascript:1'>")
    )
    assert '<a href="https://x.se/a?b=1&amp;c=2"' in html
    assert "&lt;a href=" in html


@given(text=st.text(max_size=300))
def test_nothing_written_becomes_html(text: str) -> None:
    html = as_html(written(subject=text, heading=text, text=text, addressed_to=(text,)))
    empty = as_html(written(subject="x", heading="x", text="x", addressed_to=("x",)))
    assert html.count("<script") == 0
    assert set(_tags(html)) <= set(_tags(empty)) | {
        "ul",
        "ol",
        "li",
        "h2",
        "tr",
        "th",
        "td",
        "a",
        "br",
    }


def _tags(html: str) -> list[str]:
    return re.findall(r"<([a-z0-9]+)", html)
