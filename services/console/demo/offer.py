"""The demo's round: what is offered, and whom to."""

import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta

from shared.municipalities import Municipality, all_municipalities

OPTIONS = {"ja": "Ja, kommunen ansluter sig", "nej": "Nej, kommunen avstår"}


@dataclass(frozen=True)
class Initiative:
    """One initiative of the demo's round."""

    id: str
    name: str
    last_answer_day: date


def demo_round(today: date) -> tuple[Initiative, ...]:
    """Four initiatives; the last day of one was yesterday, so that some answers are late."""
    year = today.year
    soon = today + timedelta(days=30)
    return (
        Initiative(f"kompetens-{year}", "Kompetensgemenskaper", soon),
        Initiative(f"e-arkiv-{year}", "Gemensamt e-arkiv", soon),
        Initiative(f"valfard-{year}", "Välfärdsteknik som tjänst", soon),
        Initiative(f"bistand-{year}", "Digitalt ekonomiskt bistånd", today - timedelta(days=1)),
    )


def round_file(today: date) -> str:
    """The demo's round, as the round file that `handslag initiative load` takes."""
    lines = [f'round: "{today.year}"', "initiatives:"]
    for initiative in demo_round(today):
        lines += [
            f"  - id: {initiative.id}",
            f"    name: {initiative.name}",
            f"    last_answer_day: {initiative.last_answer_day.isoformat()}",
            f'    options: {{ja: "{OPTIONS["ja"]}", nej: "{OPTIONS["nej"]}"}}',
            "    start_when: {yes_count: 100}",
        ]
    return "\n".join(lines) + "\n"


def municipality_file() -> str:
    """Registrar addresses and domains for the demo, as `handslag municipality import` takes.

    They are made up from the names, which is right for many and wrong for some: a real
    installation imports the official list.
    """
    lines = ["municipality;registrar_address;domains"]
    for municipality in all_municipalities():
        domain = domain_of(municipality)
        lines.append(f"{municipality.code};registrator@{domain};{domain}")
    return "\n".join(lines) + "\n"


def domain_of(municipality: Municipality) -> str:
    """A mail domain for the demo: a documented one, else the name in plain letters."""
    if municipality.known_domains:
        return municipality.known_domains[0]
    plain = unicodedata.normalize("NFKD", municipality.name).encode("ascii", "ignore").decode()
    return plain.lower().replace(" ", "") + ".se"
