"""The words around a form: what a person must read, and what every covering letter says."""

import pytest

from services.intake.mail.cover import says_more

FOOTER = """

Med vänlig hälsning
Karin Öberg
Registrator, Umeå kommun
090-16 10 00 | www.umea.se

Så behandlar vi dina personuppgifter: https://umea.se/gdpr?id=2. Har du frågor? Hör av dig!
Om du inte är avsedd mottagare av svaret ber vi dig meddela avsändaren.
Har du fått detta meddelande av misstag, radera det. Skriv inte ut mejlet om du inte måste.
"""
OFFER = """
Från: Handslaget <handslaget@skr.se>
Skickat: den 12 juni 2026 10:02
Till: Umeå kommun
Ämne: Erbjudande

Svaret kan inte ändras, men ni får ansluta er senare. Vill ni vara med?
"""


def doubted(
    text: str, *answers: str, subject: str = "Svar på erbjudande", follows_others: bool = False
) -> bool:
    return says_more(subject, text, set(answers or ("ja",)), follows_others=follows_others)


@pytest.mark.parametrize(
    "text",
    [
        "Hej,\n\nhär kommer vårt svar.",
        "Bifogat finns Umeå kommuns svar på erbjudandet om Kompetensgemenskaper.",
        "Hej! Vi svarar ja. Kommunstyrelsens beslut § 118 den 3 september ligger bakom.",
        "Hej, jag är inte på kontoret i dag så här kommer en bild.",
        "Hej,\n\njag är osäker på om ni fick detta, så jag skickar det igen.",
        "Kan ni bekräfta att ni har fått det?",
        "Svara inte på det här meddelandet. Det skickades av skrivaren på plan 3.",
        "Vid frågor, kontakta mig gärna. Tveka inte att höra av er om något saknas.",
        "",
    ],
)
def test_a_covering_letter_says_nothing_more(text: str) -> None:
    assert not doubted(text)
    assert not doubted(text + FOOTER)


@pytest.mark.parametrize(
    "text",
    [
        "Bortse från bifogat svar, kommunstyrelsen har återkallat det.",
        "Vi drar härmed tillbaka vårt svar.",
        "Det blev fel blankett i går. Här kommer den rätta.",
        "Tyvärr har vi kryssat fel i formuläret.",
        "Vi ansluter oss under förutsättning att kostnaden stannar under 100 000 kr.",
        "Ja, men först från 2027.",
        "Vi deltar endast om grannkommunerna också gör det.",
        "Svaret är preliminärt. Nämnden sammanträder i oktober.",
        "Beslutet har inte vunnit laga kraft.",
        "Vi kompletterar med underskrift i nästa vecka.",
        "Kommunen ansluter sig inte.",
        "Vi avstår.",
        "Kommunens svar är nej, se bilagan.",
        "Här är svaret. Vad kostar det för en kommun av vår storlek?",
        "Jag undrar också när vi får avtalet.",
        "Vi svarar ja\ntill erbjudandet,\nmen inte till\ntidplanen.",
    ],
)
def test_what_may_change_the_answer_is_for_a_person(text: str) -> None:
    assert doubted(text)
    assert doubted(f"Hej,\n\n{text}{FOOTER}")


def test_a_subject_says_it_too() -> None:
    assert doubted("Se bilagan.", subject="Återkallelse av svar")


@pytest.mark.parametrize(
    ("text", "answers", "expected"),
    [
        ("Umeå kommun avstår.", ["nej"], False),
        ("Kommunen ansluter sig inte till initiativet.", ["nej"], False),
        ("Umeå kommun avstår.", ["ja"], True),
        ("Umeå kommun avstår.", ["ja", "nej"], True),
        ("Umeå kommun avstår.", ["senare"], True),
        ("Umeå kommun vill ansluta sig.", ["ja"], False),
        ("Umeå kommun vill ansluta sig.", ["nej"], True),
        ("Vi tackar ja.", ["nej"], True),
    ],
)
def test_a_letter_that_says_the_opposite_is_for_a_person(
    text: str, answers: list[str], expected: bool
) -> None:
    assert doubted(text, *answers) is expected


def test_our_own_words_below_a_reply_are_not_the_senders() -> None:
    quoted = "Den 12 juni 2026 kl. 10:02 skrev Handslaget <handslaget@skr.se>:\n> Vill ni vara med?"
    for earlier in (OFFER, quoted):
        assert not doubted(f"Här är svaret.\n{earlier}", subject="Sv: Erbjudande")
        assert not doubted(f"Här är svaret.\n{earlier}", follows_others=True)


def test_the_words_of_a_mail_that_was_passed_on_count() -> None:
    passed_on = "Från: Anna Ek <anna@umea.se>\nSkickat: i går\n\nVi drar tillbaka svaret."
    assert doubted(f"För kännedom.\n\n{passed_on}", subject="VB: Svar", follows_others=True)
    assert doubted("Vi drar tillbaka svaret.\n" + OFFER, subject="Sv: Erbjudande")


def test_what_is_written_below_a_quotation_counts() -> None:
    quoted = "Den 12 juni 2026 kl. 10:02 skrev Handslaget <handslaget@skr.se>:\n> Vill ni vara med?"
    assert doubted(f"{quoted}\n\nJa, men först från 2027.", subject="Sv: Erbjudande")
