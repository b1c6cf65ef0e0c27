"""Who answers: names, titles, addresses and numbers as they occur in Swedish municipalities."""

import unicodedata

import numpy as np

_FIRST = (
    "Åsa", "Björn", "Karin", "Mohammed", "Eva", "Lars-Göran", "Örjan", "Maria", "Håkan", "Ingrid",
    "Zeynep", "Jan-Åke", "Ulrika", "Per", "Märta", "Ali", "Gunilla", "Tor", "Agnieszka", "Bo",
)  # fmt: skip
_LAST = (
    "Öberg", "Ålund", "Hägg-Lindström", "Al-Rashid", "Sjöström", "Pettersson", "Lindqvist", "Ek",
    "Fransson", "Wåhlström", "Åkerblom", "Nygård", "Karlsson", "Yilmaz", "Bäckström", "Jönsson",
    "Grönqvist", "Holm", "Västerlund", "Kjellgren",
)  # fmt: skip
_TITLES = (
    "Kommundirektör", "IT-chef", "Digitaliseringschef", "Socialchef", "Förvaltningschef",
    "Kommunstyrelsens ordförande", "Kanslichef", "Utvecklingschef",
)  # fmt: skip
_DOMAINS = ("umea.se", "umea.se", "umea.se", "kommun.umea.se", "edu.umea.se")


def texts(random: np.random.Generator) -> dict[str, str]:
    """Return what the fields of a form say, by the names of our own form's fields."""
    first, last = str(random.choice(_FIRST)), str(random.choice(_LAST))
    contact_first, contact_last = str(random.choice(_FIRST)), str(random.choice(_LAST))
    number = random.integers(0, 10, 8)
    phone = (
        f"090-{number[0]}{number[1]} {number[2]}{number[3]} {number[4]}{number[5]}",
        f"070-{number[0]}{number[1]}{number[2]} {number[3]}{number[4]} {number[5]}{number[6]}",
        f"+46 90 {number[0]}{number[1]}{number[2]} {number[3]}{number[4]} {number[5]}{number[6]}",
    )[int(random.integers(3))]
    found = {
        "signatory.name": f"{first} {last}",
        "signatory.title": str(random.choice(_TITLES)),
        "place_date": f"Umeå {_day(random)}",
        "contact.name": f"{contact_first} {contact_last}",
        "contact.email": f"{_plain(contact_first)}.{_plain(contact_last)}"
        f"@{random.choice(_DOMAINS)}",
        "contact.phone": phone,
    }
    if random.random() < 0.5:
        found["their_reference"] = f"KS 2024/{int(random.integers(10, 1999))}"
    return found


def _day(random: np.random.Generator) -> str:
    day = int(random.integers(1, 31))
    return (f"2024-09-{day:02d}", f"{day}/9 2024", f"{day} september 2024")[int(random.integers(3))]


def _plain(name: str) -> str:
    """Return a name as it stands in an address."""
    letters = unicodedata.normalize("NFKD", name.lower())
    return "".join(c for c in letters if c.isascii() and (c.isalpha() or c == "-"))
