"""The services' databases, as commands need them: opened, and brought up to date."""

from contextlib import closing
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from services.intake.settings import IntakeSettings
from services.notifier.settings import NotifierSettings
from services.registry.settings import RegistrySettings
from shared.database import Database, open_database
from shared.events import MailboxRole
from shared.migrate import upgrade

SERVICES_FOLDER = Path(__file__).parents[1]
INTAKE_MIGRATIONS = SERVICES_FOLDER / "intake" / "migrations"


@cache
def intake_settings() -> IntakeSettings:
    return IntakeSettings.load()


@cache
def registry_settings() -> RegistrySettings:
    return RegistrySettings.load()


@cache
def notifier_settings() -> NotifierSettings:
    return NotifierSettings.load()


def office_zone() -> ZoneInfo:
    """Where the office keeps its calendar."""
    return ZoneInfo(registry_settings().registry.timezone)


def answers_go_to() -> str:
    """Where answers are mailed to: as set; else the first mailbox for them; else our sender's."""
    address = registry_settings().registry.answers_address
    if address is not None:
        return address
    for mailbox in intake_settings().intake.mailboxes:
        if mailbox.role is MailboxRole.ANSWERS:
            return mailbox.address
    return notifier_settings().notifier.sender_address


def open_store(service: str) -> "closing[Database]":
    """Open a service's database with the schema of this program; use it in a `with` block."""
    match service:
        case "intake":
            database = open_database(
                intake_settings(), service, intake_settings().intake.database_url
            )
        case "registry":
            database = open_database(
                registry_settings(), service, registry_settings().registry.database_url
            )
        case "notifier":
            database = open_database(
                notifier_settings(), service, notifier_settings().notifier.database_url
            )
        case _:
            raise ValueError(service)
    upgrade(database, SERVICES_FOLDER / service / "migrations")
    return closing(database)
