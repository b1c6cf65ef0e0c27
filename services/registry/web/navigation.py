"""The links of the frame. A new page becomes a link by a row here."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.registry.web.auth import Person
from services.registry.web.roles import Permission


@dataclass(frozen=True)
class Entry:
    label: str
    path: str
    permission: Permission
    count: str = ""
    """The key of the number that stands beside it, if any."""
    counted_for: Permission | None = None
    """Who is told the number; None: whoever may follow the link."""

    def tells(self, person: Person) -> bool:
        """Whether the person is told the number."""
        return person.may(self.counted_for or self.permission)


@dataclass(frozen=True)
class Link:
    label: str
    path: str
    count: int | None
    current: bool
    counted: str = ""
    """The key of that number."""


@dataclass(frozen=True)
class LinkGroup:
    heading: str
    links: tuple[Link, ...]


GROUPS: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    (
        "",
        (
            Entry("Översikt", "/", Permission.SEE_ANSWERS),
            Entry("Svar", "/svar", Permission.SEE_ANSWERS),
            Entry("Alla svar", "/alla-svar", Permission.SEE_ANSWERS),
            Entry("Kommuner", "/kommuner", Permission.SEE_ANSWERS),
            Entry("Kontaktpersoner", "/kontaktpersoner", Permission.SEE_ANSWERS),
            Entry("Exporter", "/export", Permission.SEE_ANSWERS),
        ),
    ),
    (
        "Att ta ställning till",
        (
            Entry("Ej kopplade handlingar", "/ej-kopplade", Permission.SEE_MAIL, "queue"),
            Entry("Väntar på nytt svar", "/vantar", Permission.SEE_MAIL, "returned"),
            Entry("Frågor", "/fragor", Permission.SEE_MAIL, "questions"),
            Entry("Uppgifter", "/uppgifter", Permission.SEE_MAIL, "tasks"),
            Entry("Kunde inte levereras", "/studsar", Permission.SEE_MAIL, "bounces"),
            Entry("Behov", "/behov", Permission.SEE_NEEDS, "needs"),
        ),
    ),
    (
        "Omgången",
        (
            Entry("Initiativ", "/initiativ", Permission.SEE_ANSWERS),
            Entry("Blanketter", "/blanketter", Permission.PRINT_FORMS),
            Entry("Kommunregister", "/kommunregister", Permission.SEE_ANSWERS),
            Entry(
                "Utskick",
                "/utskick",
                Permission.SEE_ANSWERS,
                "mailings",
                Permission.ORDER_REMINDERS,
            ),
        ),
    ),
    (
        "Inkommet",
        (
            Entry("Mejl", "/mejl", Permission.SEE_MAIL),
            Entry("Satt åt sidan", "/satt-at-sidan", Permission.SEE_MAIL),
            Entry("Avslutade nyhetsbrev", "/avslutade-nyhetsbrev", Permission.SEE_MAIL),
            Entry("Händelselogg", "/handelselogg", Permission.SEE_MAIL),
            Entry("Drift", "/drift", Permission.SEE_OPERATIONS),
            Entry("Nycklar för program", "/nycklar", Permission.MANAGE_USERS),
            Entry("Användare", "/anvandare", Permission.MANAGE_USERS),
        ),
    ),
)


def navigation_for(person: Person, path: str, counts: Mapping[str, int]) -> tuple[LinkGroup, ...]:
    """Return the links that the person may follow; the one that holds `path` is current."""
    groups = []
    for heading, entries in GROUPS:
        links = tuple(
            Link(
                entry.label,
                entry.path,
                counts.get(entry.count) if entry.tells(person) else None,
                _holds(entry.path, path),
                entry.count,
            )
            for entry in entries
            if person.may(entry.permission)
        )
        if links:
            groups.append(LinkGroup(heading, links))
    return tuple(groups)


def may_be_counted(person: Person, key: str) -> bool:
    """Tell whether the person may know how much waits there."""
    return any(
        entry.count == key and entry.tells(person) for _, entries in GROUPS for entry in entries
    )


def _holds(entry: str, path: str) -> bool:
    return path == entry or (entry != "/" and path.startswith(entry + "/"))
