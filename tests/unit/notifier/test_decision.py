"""What a sender is told of a decision, kind by kind and reason by reason."""

import re

import pytest

from services.notifier.compose import compose_decision
from shared.events import MENDABLE, MENDABLE_FILES, DocumentResolved, Fate, Reason
from shared.letters.decision import KINDS
from shared.letters.document import NOT_REVIEWED
from shared.letters.mending import Fault, fault_of, faults_of, steps_for
from shared.letters.parts import FAULT_PARTS, PartName, steps_in_order
from shared.letters.wordings import Wordings, delivered_part
from tests.unit.notifier.builders import (
    correspondence,
    document,
    house,
    parsed,
    resolved,
    text_of,
)

ASKED_AGAIN_FOR = (
    Reason.MARK_DOUBTFUL, Reason.SIGNATURE_UNCLEAR, Reason.UNEXPLAINED_INK,
    Reason.UNKNOWN_INITIATIVE, Reason.UNKNOWN_MUNICIPALITY, Reason.MUNICIPALITY_UNPROVEN,
    Reason.NO_CODE, Reason.UNKNOWN_FORM_VERSION, Reason.SEVERAL_FORMS_ON_PAGE,
    Reason.SAME_MAIL_CONTRADICTS, Reason.CONFLICT, Reason.E_SIGNATURE_UNTRUSTED,
    Reason.E_SIGNATURE_INVALID, Reason.E_SIGNATURE_ON_PAPER, Reason.EXTRA_PAGE,
    Reason.LOOK_CAN_CHANGE, Reason.FIELDS_CONTRADICT_PIXELS, Reason.LOW_RESOLUTION,
    Reason.REGISTRATION_FAILED, Reason.BLANK_PAGE, Reason.UNSUPPORTED_FORMAT, Reason.TOO_LARGE,
    Reason.TOO_MANY_PAGES, Reason.TOO_MANY_PIXELS, Reason.FILE_REPAIRED,
    *sorted(MENDABLE), *sorted(MENDABLE_FILES),
)  # fmt: skip
BY_A_PERSON = delivered_part(PartName.NOTE_BY_PERSON).text.strip()
LATE = delivered_part(PartName.NOTE_LATE).text.strip()
NO_AUTHORITY_CHECKED = delivered_part(PartName.NOTE_AUTHORITY).text.strip()
MESSAGE_HEADING = "Meddelande från registraturen"
MESSAGE = "Hej,\n\nvi såg bara första sidan.\n  Skicka gärna båda.  \n\nHälsningar\nKarin"


def told(event: DocumentResolved) -> str:
    return text_of(compose_decision(event, house()).data)


def subject(event: DocumentResolved) -> str:
    return str(parsed(compose_decision(event, house()).data)["Subject"])


def returned(*reasons: Reason, **changes: object) -> DocumentResolved:
    about = document(fate=Fate.RETURNED, answer_label=None, reasons=reasons)
    return resolved(about, **changes)


def test_a_recorded_answer_is_told_with_all_that_is_registered() -> None:
    event = resolved(document(2))
    text = told(event)
    assert subject(event) == "Nu är ert svar registrerat, dnr SKR 2024/00123"
    assert "har den 12 september 2024 kl. 14.03 tagit emot en handling från Umeå kommun" in text
    assert "En registrator har gått igenom den och registrerat ert svar." in text
    assert "Diarienummer: SKR 2024/00123, handling 2" in text
    assert "Initiativ: Kompetensgemenskaper" in text
    assert "Kommun: Umeå kommun" in text
    assert "Registrerat svar: Ja, kommunen ansluter sig" in text
    assert NO_AUTHORITY_CHECKED in text
    assert "ersätter" not in text
    assert "I vår bekräftelse" not in text
    assert LATE not in text
    assert MESSAGE_HEADING not in text


def test_what_it_replaces_is_told() -> None:
    text = told(resolved(replaces_label="Nej, kommunen avstår"))
    assert "Svaret ersätter kommunens tidigare svar, som var: Nej, kommunen avstår." in text


@pytest.mark.parametrize("fate", KINDS)
def test_another_number_than_the_receipt_s_is_told(fate: Fate) -> None:
    text = told(resolved(document(fate=fate), former_dnr="SKR 2024/00099"))
    assert "I vår bekräftelse stod diarienumret SKR 2024/00099." in text
    assert "Handlingen har nu diarienumret SKR 2024/00123, och det är det som gäller." in text
    same = told(resolved(document(fate=fate), former_dnr="SKR 2024/00123"))
    assert "I vår bekräftelse" not in same


def test_a_late_answer_is_told_as_in_the_receipt() -> None:
    assert LATE in told(resolved(document(late=True)))


def test_a_duplicate_is_told_to_change_nothing() -> None:
    event = resolved(document(fate=Fate.DUPLICATE, late=True))
    text = told(event)
    assert subject(event) == "Handlingen är en dubblett, dnr SKR 2024/00123"
    assert "samma svar har kommit in tidigare" in text
    assert "ändrar inte det som redan är registrerat" in text
    assert LATE not in text
    assert "underteckna" not in text


def test_a_new_answer_is_asked_for_with_what_is_wrong_and_what_to_do() -> None:
    event = returned(Reason.SIGNATURE_UNCLEAR)
    text = told(event)
    assert subject(event) == "Vi behöver ett nytt svar, dnr SKR 2024/00123"
    assert "Vi kan inte registrera något svar från handlingen" in text
    assert "Det går inte att se säkert att blanketten är underskriven." in text
    assert "1. Skriv under blanketten, i varje ruta för underskrift." in text
    assert "2. Skriv hela namnteckningen." in text
    assert text.index("Varför vi behöver") < text.index("Så skickar ni") < text.index("Så är hand")
    assert "4. Skicka den till registratur@skr.se och ange dnr SKR 2024/00123 i ämnesraden." in text


@pytest.mark.parametrize("fate", KINDS)
def test_what_a_person_has_reviewed_is_not_said_to_wait_for_one(fate: Fate) -> None:
    text = told(resolved(document(fate=fate, answer_label=None)))
    assert NOT_REVIEWED not in text
    assert ("Registrerat svar" in text) == (fate is Fate.RETURNED)


def worded(name: PartName) -> Fault:
    return fault_of(name, Wordings(), None, {})


@pytest.mark.parametrize("reason", ASKED_AGAIN_FOR)
def test_every_reason_to_ask_again_has_words_and_steps(reason: Reason) -> None:
    fault = worded(FAULT_PARTS[reason])
    assert fault != worded(PartName.RESEND_NOT_READ)
    (what,) = fault.what
    assert what.endswith(".")
    assert steps_for([fault]) == fault.steps, "they stand in the order in which one takes them"
    assert set(fault.steps) <= set(steps_in_order()), "every step has its place in the order"
    text = told(returned(reason))
    for words in (what, *fault.steps):
        assert words in text


def test_several_faults_are_all_told_and_each_step_once() -> None:
    reasons = (Reason.UNKNOWN_INITIATIVE, Reason.MARK_DOUBTFUL, Reason.SIGNATURE_MISSING)
    text = told(returned(*reasons))
    for fault in faults_of(reasons, Wordings(), None, {}):
        assert fault.what[0] in text
    assert text.count("Skanna alla sidor") == text.count("Skriv under blanketten") == 1
    assert text.index("1. Använd den blankett") < text.index("2. Fyll i en ny blankett")


@pytest.mark.parametrize("reasons", [(), (Reason.SENDER_UNKNOWN,)])
def test_a_reason_without_words_of_its_own_claims_nothing_about_the_file(
    reasons: tuple[Reason, ...],
) -> None:
    text = told(returned(*reasons, message="Blanketten är från förra året."))
    assert "Vi kan inte säkert se vad kommunen svarar." in text
    assert worded(PartName.RESEND_NOT_READ).what[0] not in text
    assert "Blanketten är från förra året." in text


@pytest.mark.parametrize("fate", KINDS)
def test_the_registrars_message_stands_in_paragraphs_of_its_own(fate: Fate) -> None:
    data = compose_decision(resolved(document(fate=fate), message=MESSAGE), house()).data
    body = parsed(data).get_body(("plain",))
    assert body is not None
    plain = str(body.get_content()).replace("\r\n", "\n")
    expected = "Hej,\n\nvi såg bara första sidan.\nSkicka gärna båda.\n\nHälsningar\nKarin\n"
    assert f"{MESSAGE_HEADING}\n{'-' * len(MESSAGE_HEADING)}\n{expected}" in plain
    html = text_of(data, "html")
    assert f"{MESSAGE_HEADING}</h2>" in html
    for paragraph in (
        "Hej,",
        "vi såg bara första sidan.<br>Skicka gärna båda.",
        "Hälsningar<br>Karin",
    ):
        assert f">{paragraph}</p>" in html


def test_the_message_is_text_and_never_markup() -> None:
    hostile = (
        '<a href="https://x.example">klicka</a>\n{{ 7 * 7 }} <script>x()</script>\u202egpj\x00'
    )
    data = compose_decision(resolved(message=hostile), house()).data
    html = text_of(data, "html")
    assert "<script" not in html
    assert "<a " not in html
    assert "&lt;a href=" in html
    assert "{{ 7 * 7 }}" in text_of(data)
    assert not re.search("[\u202e\x00]", text_of(data) + html)


def test_a_long_message_is_told_whole() -> None:
    message = "ord " * 499 + "slut"
    assert message in told(resolved(message=message))


@pytest.mark.parametrize("fate", KINDS)
def test_both_bodies_say_the_same_without_shouting(fate: Fate) -> None:
    event = resolved(
        document(fate=fate, late=True, reasons=(Reason.CONFLICT, Reason.NO_CODE)),
        replaces_label="Nej, kommunen avstår",
        former_dnr="SKR 2024/00099",
        message=MESSAGE,
    )
    data = compose_decision(event, house()).data
    html = re.sub(r"<(title|style).*?</\1>|<[^>]*>", " ", text_of(data, "html"))
    shown = re.findall(r"\w{3,}", html)
    assert [word for word in re.findall(r"\w{3,}", text_of(data)) if word not in shown] == []
    assert "!" not in text_of(data) + html


@pytest.mark.parametrize("fate", KINDS)
def test_it_says_that_a_person_decided_and_a_machine_sent_it(fate: Fate) -> None:
    assert told(resolved(document(fate=fate))).endswith(
        f"SKR registratur Sveriges Kommuner och Regioner {BY_A_PERSON}"
    )


def test_it_is_signed_by_the_mailbox_that_was_written_to() -> None:
    event = returned(Reason.NONE_MARKED, correspondence=correspondence(mailbox="handslaget@skr.se"))
    found = parsed(compose_decision(event, house()).data)
    assert found["From"] == "SKR Handslag för digitalisering <handslaget@skr.se>"
    assert "Skicka den till handslaget@skr.se" in told(event)
