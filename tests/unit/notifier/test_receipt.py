"""What the receipt says, and that it says no more."""

import html
import re
from datetime import timedelta

import pytest

from services.notifier.compose import compose_receipt
from shared.events import Disposition, Fate, MailRegistered, Reason
from shared.letters.parts import PartName
from shared.letters.receipt import MAX_SHOWN
from shared.letters.wordings import delivered_part
from tests.unit.notifier.builders import (
    correspondence,
    document,
    house,
    parsed,
    registered,
    text_of,
)

NO_AUTHORITY_CHECKED = delivered_part(PartName.NOTE_AUTHORITY).text.strip()


def told(event: MailRegistered) -> str:
    """The text of the receipt; its HTML must say exactly the same."""
    return text_of(compose_receipt(event, house()).data)


def subject(event: MailRegistered) -> str:
    return str(parsed(compose_receipt(event, house()).data)["Subject"])


def without_files(fate: Fate, *reasons: Reason) -> MailRegistered:
    return registered(document(fate=fate, answer_label=None, reasons=reasons))


def test_it_confirms_what_arrived_when_and_how_it_is_registered() -> None:
    text = told(registered(document(files=("svar.pdf", "bilaga.pdf"))))
    assert "har den 12 september 2024 kl. 14.03 tagit emot en handling" in text
    assert "från Umeå kommun om initiativet Kompetensgemenskaper" in text
    assert "Diarienummer: SKR 2024/00123, handling 1" in text
    assert "Filer: svar.pdf och bilaga.pdf" in text
    assert "Registrerat svar: Ja, kommunen ansluter sig" in text
    assert NO_AUTHORITY_CHECKED in text
    assert "Stämmer något inte? Svara på detta mejl och ange diarienumret." in text


def test_both_bodies_say_the_same() -> None:
    event = registered(
        document(1, late=True),
        document(2, fate=Fate.RETURNED, reasons=(Reason.SIGNATURE_MISSING,), answer_label=None),
    )
    data = compose_receipt(event, house()).data
    html = re.sub(r"<(title|style).*?</\1>|<[^>]*>", " ", text_of(data, "html"))
    words = re.findall(r"\w{3,}", text_of(data))
    shown = re.findall(r"\w{3,}", html)
    assert [word for word in words if word not in shown] == []
    assert "tagit emot ett mejl med två handlingar" in " ".join(html.split())


def test_what_is_not_reviewed_is_said_to_be_so() -> None:
    text = told(without_files(Fate.REVIEW, Reason.CONFLICT))
    assert "Registrerat svar: ännu inte granskat" in text
    assert "En registrator går igenom handlingen." in text
    assert "redan" not in text, "what else the municipality has sent is not told to a sender"


def test_a_late_answer_is_registered_and_said_to_be_late() -> None:
    text = told(registered(document(late=True)))
    assert "efter sista svarsdag" in text
    assert "för sent inkommen" in text
    assert "Registrerat svar: Ja, kommunen ansluter sig" in text


def test_a_duplicate_is_said_to_change_nothing() -> None:
    assert "Samma handling har kommit in tidigare." in told(
        registered(document(fate=Fate.DUPLICATE))
    )


@pytest.mark.parametrize(
    ("reason", "what", "step"),
    [
        (Reason.SIGNATURE_MISSING, "underskrift saknas", "Skriv under blanketten, i varje ruta"),
        (Reason.SEVERAL_MARKED, "Mer än ett svarsalternativ", "Fyll i en ny blankett"),
        (Reason.NONE_MARKED, "Inget av svarsalternativen", "Markera ett av svarsalternativen"),
        (Reason.LOCKED_FILE, "låst med ett lösenord", "pdf-fil utan lösenord"),
        (Reason.EMPTY_FILE, "Filen är tom", "Skanna alla sidor"),
        (Reason.UNREADABLE_FILE, "skadad och går inte att öppna", "Skanna alla sidor"),
        (Reason.UNSUPPORTED_FORMAT, "en typ som vi inte kan öppna", "Spara som en pdf-fil"),
        (Reason.BLANK_PAGE, "Sidan är tom", "Skanna alla sidor"),
        (Reason.READER_CRASHED, "Filen gick inte att läsa", "Skanna alla sidor"),
    ],
)
def test_a_returned_document_says_what_is_wrong_and_what_to_do(
    reason: Reason, what: str, step: str
) -> None:
    event = without_files(Fate.RETURNED, reason)
    text = told(event)
    assert what in text
    assert step in text
    assert "Vi behöver därför en ny." in text
    assert "Skicka den till registratur@skr.se och ange dnr SKR 2024/00123" in text
    assert "Registrerat svar: inget, en ny handling behövs" in text
    assert subject(event).endswith("handling mottagen, ny handling behövs, dnr SKR 2024/00123")


def test_every_fault_is_named_and_each_step_once() -> None:
    text = told(without_files(Fate.RETURNED, Reason.SIGNATURE_MISSING, Reason.NONE_MARKED))
    assert "underskrift saknas" in text
    assert "Inget av svarsalternativen" in text
    assert text.count("Skanna alla sidor") == 1
    assert text.index("1. Markera ett") < text.index("2. Skriv under") < text.index("3. Skanna")


def test_a_mail_without_a_file_is_told_so() -> None:
    event = registered(
        disposition=Disposition.REVIEW,
        mail_reasons=(Reason.NO_ATTACHMENT,),
        dnr="SKR 2024/00200",
        handling=1,
    )
    text = told(event)
    assert "Vi hittade ingen bifogad fil" in text
    assert "Bifoga den underskrivna blanketten" in text
    assert "diarienummer SKR 2024/00200, handling 1" in text
    assert subject(event) == ("Bekräftelse – mejl mottaget, ingen fil hittades, dnr SKR 2024/00200")


def test_a_question_goes_to_a_person() -> None:
    event = registered(disposition=Disposition.QUESTION, mail_reasons=(Reason.QUESTION,))
    text = told(event)
    assert "En handläggare läser mejlet" in text
    assert "underteckna" not in text
    assert subject(event) == "Bekräftelse – mejl mottaget"


def test_a_need_gets_a_receipt_for_a_need() -> None:
    event = registered(
        document(fate=Fate.NEED, initiative_name=None, municipality_name=None, answer_label=None),
        disposition=Disposition.NEED,
        correspondence=correspondence(mailbox="handslaget@skr.se"),
    )
    text = told(event)
    assert "tagit emot er beskrivning av ett behov" in text
    assert "Programkontoret går igenom beskrivningen" in text
    assert text.endswith(
        "SKR Handslag för digitalisering Sveriges Kommuner och Regioner "
        "Det här mejlet är skickat automatiskt."
    )
    assert "svar:" not in text
    assert subject(event) == "Bekräftelse – behov mottaget, dnr SKR 2024/00123"


def test_a_mail_that_cannot_be_read_is_still_confirmed() -> None:
    text = told(registered(disposition=Disposition.REVIEW, mail_reasons=(Reason.UNREADABLE_MAIL,)))
    assert "tagit emot ert mejl" in text
    assert "En registrator går igenom det" in text


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        (["1"], "Bekräftelse – svar mottaget, dnr 1"),
        (["1", "1"], "Bekräftelse – 2 svar mottagna, dnr 1"),
        (["1", "2", "3"], "Bekräftelse – 3 svar mottagna, dnr 1, 2 och 3"),
        (["1", "2", "3", "4"], "Bekräftelse – 4 svar mottagna, dnr 1, 2, 3 m.fl."),
    ],
)
def test_the_subject_names_the_numbers(numbers: list[str], expected: str) -> None:
    documents = [document(place, dnr=dnr) for place, dnr in enumerate(numbers, 1)]
    assert subject(registered(*documents)) == expected


def test_one_mail_names_every_document() -> None:
    text = told(
        registered(
            document(1, initiative_name="Digital post"),
            document(2, initiative_name="Välfärdsteknik", answer_label="Nej, kommunen avstår"),
            document(3, fate=Fate.RETURNED, answer_label=None, reasons=(Reason.LOCKED_FILE,)),
        )
    )
    for words in ("Digital post", "Välfärdsteknik", "Nej, kommunen avstår", "handling 3"):
        assert words in text


def test_a_flood_of_documents_makes_no_flood_of_text() -> None:
    documents = [document(place) for place in range(1, 2001)]
    text = told(registered(*documents))
    assert f"Mejlet innehåller ytterligare {2000 - MAX_SHOWN} handlingar." in text
    assert len(text) < 20_000


def test_nothing_of_the_senders_mail_is_quoted_but_file_names() -> None:
    hostile = correspondence(
        from_name="KÖP BILLIGT", subject="VINN EN RESA", from_address="x@spam.example"
    )
    data = compose_receipt(registered(document(), correspondence=hostile), house()).data
    everything = f"{text_of(data)} {text_of(data, 'html')} {parsed(data).items()}"
    for words in ("KÖP", "VINN", "spam.example"):
        assert words not in everything


def test_a_file_name_cannot_become_markup_or_a_line_of_its_own() -> None:
    name = "<script>alert(1)</script>\r\n\r\nSvar registrerat: Ja.pdf"
    data = compose_receipt(registered(document(files=(name,))), house()).data
    assert "<script" not in text_of(data, "html")
    body = parsed(data).get_body(("plain",))
    assert body is not None
    assert not re.search(r"^Svar registrerat", str(body.get_content()), re.MULTILINE)


def test_it_is_written_without_shouting() -> None:
    for fate in Fate:
        for late in (True, False):
            event = registered(document(fate=fate, late=late, reasons=(Reason.LOCKED_FILE,)))
            assert "!" not in told(event).replace("!DOCTYPE", "")


def test_it_tells_arrival_and_not_when_it_was_registered() -> None:
    event = registered(document(), registered_at=registered().received_at + timedelta(days=2))
    assert "den 12 september 2024" in told(event)


def test_the_organisation_that_the_settings_name_has_received_the_mail() -> None:
    for documents in ((document(),), (document(1), document(2)), ()):
        ours = house(organisation="Region Väst & Nord")
        mail = parsed(compose_receipt(registered(*documents), ours).data)
        for part in ("plain", "html"):
            body = mail.get_body((part,))
            assert body is not None
            said = html.unescape(body.get_content())
            assert "Region Väst & Nord har den" in " ".join(said.split())
            assert "Sveriges Kommuner" not in said
