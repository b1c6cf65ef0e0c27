"""The parts of automatic mails: what is refused, whose words are used, and what comes instead."""

from dataclasses import replace

import pytest

from shared.events import Fate, MailRegistered, Reason
from shared.letters.decision import decision
from shared.letters.letter import Letter, as_html, as_text
from shared.letters.parts import FAULT_PARTS, PARTS, Form, PartName, part_of, steps_in_order
from shared.letters.receipt import receipt
from shared.letters.template import FaultCode, Template
from shared.letters.wordings import FOR_ALL, Refused, Wordings, check_part, delivered_part
from tests.unit.notifier.builders import document, registered, resolved

NAMES = list(PartName)
KOMPETENS, MOLN = "kompetens-2024", "moln-2024"
OFFICE = {"send_to": "svar@skr.se", "signed_by": "Vi", "organisation": "SKR"}


def worded(name: PartName, text: str) -> Template:
    """The delivered part with another text."""
    return replace(delivered_part(name), text=text)


def told(event: MailRegistered, wordings: Wordings) -> str:
    return as_text(receipt(event, **OFFICE, wordings=wordings))


def two_answers() -> MailRegistered:
    return registered(
        document(1, initiative=KOMPETENS, initiative_name="Kompetens"),
        document(2, initiative=MOLN, initiative_name="Moln", answer_label="Nej"),
    )


def own(name: PartName, initiative: str, text: str) -> Wordings:
    return Wordings({(name, initiative): worded(name, text)})


# --- What is delivered ------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_part_is_delivered_without_fault(name: PartName) -> None:
    template = delivered_part(name)
    assert check_part(template, name) == ()
    assert "!" not in template.text
    assert bool(template.subject) == part_of(name).titled


def test_every_name_has_its_part_once() -> None:
    assert {part.name for part in PARTS} == set(NAMES)
    assert len(PARTS) == len(NAMES)


def test_every_fault_is_one_that_a_reason_or_nothing_else_leads_to() -> None:
    faults = {part.name for part in PARTS if part.form is Form.FAULT}
    other = {PartName.RESEND_NOT_READ, PartName.RESEND_NOT_CERTAIN}
    assert faults == set(FAULT_PARTS.values()) | other


def test_every_delivered_step_has_its_place_in_the_order() -> None:
    for name in (part.name for part in PARTS if part.form is Form.FAULT):
        steps = [
            line.partition(". ")[2]
            for line in delivered_part(name).text.splitlines()
            if line[:1].isdigit()
        ]
        places = [steps_in_order().index(step) for step in steps]
        assert places == sorted(places)


# --- What is refused --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "line", "code"),
    [
        (PartName.DOCUMENT_RECORDED, "Hej\n{{uppgifter}}\n{{x}}\n{{för_sent}}", 3,
         FaultCode.UNKNOWN_VARIABLE),
        (PartName.DOCUMENT_RECORDED, "Hej\n{{uppgifter}}", 2, FaultCode.LEFT_OUT),
        (PartName.RECEIPT_ONE, "Tack.\n{{förbehåll}}", 2, FaultCode.LEFT_OUT),
        (PartName.DOCUMENT_RETURNED,
         "{{uppgifter}}\nFel från {{kommun}}: {{vad_som_är_fel}}\n{{för_sent}}\n{{steg}}", 2,
         FaultCode.MAY_TAKE_WITH_IT),
        (PartName.DECISION_DUPLICATE,
         "{{tidigare_dnr}} blev {{dnr}} ({{filer}})\n{{meddelande}}\n{{uppgifter}}", 1,
         FaultCode.MAY_TAKE_WITH_IT),
        (PartName.DOCUMENT_RECORDED, "Se {{uppgifter}}\n{{för_sent}}", 1, FaultCode.NOT_ALONE),
        (PartName.RESEND_LOCKED_FILE, "Filen är låst.\nLås upp den.", 2, FaultCode.WRONG_FORM),
        (PartName.RESEND_LOCKED_FILE, "1. Lås upp den.", 1, FaultCode.WRONG_FORM),
        (PartName.RESEND_LOCKED_FILE, "Låst.\n\n1. Lås upp.\nKlart.", 4, FaultCode.WRONG_FORM),
        (PartName.NOTE_LATE, "Sent.\n\n# Rubrik", 3, FaultCode.WRONG_FORM),
        (PartName.NOTE_AUTOMATIC, "En rad.\nEn till.", 2, FaultCode.WRONG_FORM),
        (PartName.NOTE_AUTOMATIC, "Skickat automatiskt | svara gärna", 1, FaultCode.WRONG_FORM),
        (PartName.NOTE_BY_PERSON, "# Läst av en registrator", 1, FaultCode.WRONG_FORM),
        (PartName.NOTE_LATE, "", 1, FaultCode.EMPTY),
    ],
)  # fmt: skip
def test_a_part_that_would_mislead_is_refused_with_its_line(
    name: PartName, text: str, line: int, code: FaultCode
) -> None:
    (fault,) = check_part(worded(name, text), name)
    assert (fault.code, fault.line) == (code, line)


def test_a_subject_with_an_unknown_variable_is_refused() -> None:
    template = replace(delivered_part(PartName.DOCUMENT_RECORDED), subject="Tack, {{namn}}")
    (fault,) = check_part(template, PartName.DOCUMENT_RECORDED)
    assert fault.code is FaultCode.UNKNOWN_VARIABLE
    assert "{{namn}}" in fault.message


# --- Whose words are used ---------------------------------------------------------------------


def test_an_initiative_words_its_own_answer_and_no_other() -> None:
    text = "Välkomna till {{initiativ}}.\n\n{{uppgifter}}\n\n{{för_sent}}"
    said = told(two_answers(), own(PartName.DOCUMENT_RECORDED, KOMPETENS, text))
    first, second = said.split("\nMoln\n")
    assert "Välkomna till Kompetens." in first
    assert "Välkomna" not in second
    assert "Registrerat svar: Nej" in second


def test_the_frame_of_several_initiatives_is_the_one_for_all() -> None:
    text = "Egen ram.\n\n{{handlingar}}\n\n{{ytterligare}}\n\n{{förbehåll}}"
    assert "Egen ram." not in told(two_answers(), own(PartName.RECEIPT_ANSWERS, KOMPETENS, text))
    assert "Egen ram." in told(two_answers(), own(PartName.RECEIPT_ANSWERS, FOR_ALL, text))


def test_the_words_for_one_initiative_come_before_those_for_all() -> None:
    wordings = Wordings(
        {
            (PartName.NOTE_LATE, FOR_ALL): worded(PartName.NOTE_LATE, "Sent, sa vi."),
            (PartName.NOTE_LATE, MOLN): worded(PartName.NOTE_LATE, "Sent för molnet."),
        }
    )
    late = [document(n, initiative=i, late=True) for n, i in enumerate((KOMPETENS, MOLN), 1)]
    said = told(registered(*late), wordings)
    assert said.index("Sent, sa vi.") < said.index("Sent för molnet.")


def test_a_registrars_request_has_the_words_of_its_initiative() -> None:
    wordings = Wordings(
        {
            (PartName.RESEND_CONFLICT, MOLN): worded(
                PartName.RESEND_CONFLICT, "Två svar om molnet.\n\n1. Säg vilket som gäller."
            ),
            (PartName.NOTE_BY_PERSON, FOR_ALL): worded(PartName.NOTE_BY_PERSON, "Vi har läst."),
        }
    )
    for initiative in (MOLN, KOMPETENS):
        about = document(fate=Fate.RETURNED, initiative=initiative, reasons=(Reason.CONFLICT,))
        letter = decision(resolved(about, message="Ring 08-1"), **OFFICE, wordings=wordings)
        said = as_text(letter)
        assert ("Två svar om molnet." in said) is (initiative == MOLN)
        assert ("1. Säg vilket som gäller." in said) is (initiative == MOLN)
        assert "Ring 08-1" in said
        assert letter.signature == ("Vi", "SKR", "Vi har läst.")
    assert wordings.refused == []


def test_every_reason_is_told_however_many_and_long_they_are() -> None:
    words = {
        (name, FOR_ALL): worded(name, f"{'Läs noga. ' * 50}Skäl {name}.\n\n1. Gör om.")
        for name in FAULT_PARTS.values()
    }
    event = registered(document(fate=Fate.RETURNED, reasons=tuple(FAULT_PARTS)))
    said = " ".join(told(event, Wordings(words)).split())
    assert [name for name in FAULT_PARTS.values() if f"Skäl {name}." not in said] == []


def test_a_step_of_staffs_comes_where_they_put_it() -> None:
    text = "Låst.\n\n1. Ring oss.\n2. Spara om filen."
    wordings = own(PartName.RESEND_LOCKED_FILE, FOR_ALL, text)
    reasons = (Reason.SIGNATURE_MISSING, Reason.LOCKED_FILE)
    said = told(registered(document(fate=Fate.RETURNED, reasons=reasons)), wordings)
    assert said.index("Ring oss.") < said.index("Spara om filen.") < said.index("Skicka den till")
    assert "En underskrift saknas på blanketten. Låst." in " ".join(said.split())


def test_a_value_is_never_read_as_a_mark() -> None:
    text = "{{filer}}\n\n{{uppgifter}}\n\n{{för_sent}}"
    event = registered(document(files=("# Registrerat svar | Nej.pdf",)))
    letter = receipt(event, **OFFICE, wordings=own(PartName.DOCUMENT_RECORDED, FOR_ALL, text))
    assert [section.heading for section in letter.sections] == ["", "Så är handlingen registrerad"]
    assert "<p" in as_html(letter).partition("# Registrerat svar | Nej.pdf")[0][-40:]


def test_what_has_no_value_is_left_out_of_a_subject_with_its_comma() -> None:
    assert receipt(registered(), **OFFICE).subject == "Bekräftelse – mejl mottaget"
    assert receipt(registered(dnr="1"), **OFFICE).subject == "Bekräftelse – mejl mottaget, dnr 1"


# --- What cannot be used ----------------------------------------------------------------------


@pytest.mark.parametrize("text", ["Tack {{x}}.\n{{uppgifter}}\n{{för_sent}}", "Tack."])
def test_a_wording_that_has_a_fault_today_gives_way_to_the_delivered_one(text: str) -> None:
    wordings = own(PartName.DOCUMENT_RECORDED, KOMPETENS, text)
    letter = receipt(two_answers(), **OFFICE, wordings=wordings)
    assert letter == receipt(two_answers(), **OFFICE)
    (refused,) = wordings.refused
    assert (refused.name, refused.initiative) == (PartName.DOCUMENT_RECORDED, KOMPETENS)
    assert refused.why


@pytest.mark.parametrize(
    "text",
    [
        "Det framgår inte att svaret kommer från {{kommun}}.\n\n1. Skriv kommunens namn.",
        "Det framgår inte vem som svarar.\n\n1. Skriv kommunens namn i {{filer}}.",
    ],
)
def test_what_is_wrong_and_how_to_mend_it_are_told_whatever_lacks_a_value(text: str) -> None:
    name = PartName.RESEND_UNKNOWN_MUNICIPALITY
    unknown = document(
        fate=Fate.RETURNED,
        reasons=(Reason.UNKNOWN_MUNICIPALITY,),
        municipality=None,
        municipality_name=None,
        files=(),
    )
    wordings = own(name, FOR_ALL, text)
    assert told(registered(unknown), wordings) == as_text(receipt(registered(unknown), **OFFICE))
    assert [one.name for one in wordings.refused] == [name]


def test_a_value_that_must_be_told_and_is_not_keeps_a_wording_from_use() -> None:
    text = "{{meddelande}}\n\n{{uppgifter}}\n\n# Förr {{tidigare_dnr}}"
    wordings = own(PartName.DECISION_DUPLICATE, FOR_ALL, text)
    event = resolved(document(fate=Fate.DUPLICATE), former_dnr="SKR 2024/00099")
    said = as_text(decision(event, **OFFICE, wordings=wordings))
    assert "I vår bekräftelse stod diarienumret SKR 2024/00099." in " ".join(said.split())
    assert "{{tidigare_dnr}}" in wordings.refused[0].why


def test_the_wording_for_all_comes_before_the_delivered_one() -> None:
    wordings = Wordings(
        {
            (PartName.NOTE_LATE, FOR_ALL): worded(PartName.NOTE_LATE, "Sent, sa vi."),
            (PartName.NOTE_LATE, MOLN): worded(PartName.NOTE_LATE, "{{x}}"),
        }
    )
    assert "Sent, sa vi." in told(registered(document(initiative=MOLN, late=True)), wordings)
    assert [one.initiative for one in wordings.refused] == [MOLN]


def test_all_that_a_letter_was_written_with_is_refused_when_it_cannot_be_made() -> None:
    wordings = own(PartName.NOTE_LATE, FOR_ALL, "Sent.")
    told(registered(document(late=True)), wordings)
    assert wordings.without_own(ValueError("för lång")).own == {}
    assert wordings.refused == [Refused(PartName.NOTE_LATE, FOR_ALL, "för lång")]


def test_nothing_that_staff_write_becomes_html() -> None:
    text = "<script>x</script> https://x.se/a\n\n{{uppgifter}}\n\n{{för_sent}}"
    letter: Letter = receipt(
        registered(document()), **OFFICE, wordings=own(PartName.DOCUMENT_RECORDED, FOR_ALL, text)
    )
    html = as_html(letter)
    assert "<script" not in html
    assert '<a href="https://x.se/a"' in html
