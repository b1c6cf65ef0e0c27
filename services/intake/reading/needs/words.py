"""Words on and around the needs template: what others call its questions, and what is printed."""

from collections.abc import Mapping
from typing import Final

from shared.needs import (
    INTRODUCTION,
    PLACEHOLDER,
    SUBTITLE,
    TEMPLATE,
    TITLE,
    NeedField,
    closing,
)

OTHER_WORDS: Final[Mapping[str, NeedField]] = {
    word: field
    for field, words in {
        NeedField.TITLE: ("Rubrik", "Titel", "Behovet i korthet", "Namn på behovet"),
        NeedField.PROBLEM: (
            "Behov",
            "Behov eller problem",
            "Problem",
            "Problembeskrivning",
            "Beskrivning",
            "Beskrivning av behovet",
            "Beskrivning av behov",
            "Vilket är behovet",
        ),
        NeedField.AFFECTED: ("Målgrupp", "Målgrupper", "Berörda", "För vem", "Vilka berörs"),
        NeedField.EFFECT: (
            "Effekt",
            "Effekter",
            "Effektmål",
            "Förväntad effekt",
            "Förväntade effekter",
            "Önskad effekt",
            "Nytta",
        ),
        NeedField.BASIS: ("Lag", "Lagkrav", "Lagstöd", "Lag eller mål", "Mål", "Lagstiftning"),
        NeedField.EXISTING: ("Nuläge", "Befintliga lösningar", "Dagens lösning", "Finns i dag"),
        NeedField.URGENCY: ("Prioritet", "Tidplan", "Angelägenhet", "Hur bråttom är det"),
        NeedField.PROPOSER: (
            "Förslagsställare",
            "Kommun",
            "Avsändare",
            "Kommun eller organisation",
            "Kommun/organisation",
        ),
        NeedField.CONTACT_NAME: ("Kontakt", "Namn", "Kontaktpersonens namn"),
        NeedField.CONTACT_EMAIL: ("E-post", "Epost", "Mejl", "Mejladress", "E-mail"),
        NeedField.CONTACT_PHONE: ("Tel", "Tfn", "Telefonnummer", "Mobil"),
    }.items()
    for word in words
}
"""Only where a heading or a line before a colon says nothing else."""

_ADDRESS: Final = "handslaget@skr.se"

FURNITURE: Final[tuple[str, ...]] = tuple(
    text.casefold().rstrip(".?")
    for text in (
        TITLE,
        SUBTITLE,
        INTRODUCTION,
        PLACEHOLDER,
        closing(_ADDRESS),
        "Sida 1 av 2",
        *(part.heading for part in TEMPLATE),
    )
)
"""What is printed on the template besides labels and help; never part of an answer."""
