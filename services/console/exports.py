"""`handslag export`: tables, and packages with everything about answers."""

from pathlib import Path

from services.console.files import write_pieces
from services.console.initiatives import initiative_called
from services.console.stores import office_zone, open_store, registry_settings
from services.registry.exports.contacts import contact_rows, export_contacts
from services.registry.exports.package import Office, answer_numbered, answers_of, package
from services.registry.exports.table import TableFormat, export_answers
from services.registry.store.contacts import ContactFilter, contact_ids, contact_lines
from shared.archive import open_archive
from shared.errors import UsageError
from shared.outbox import now


def answers_table(format: TableFormat, initiative: str | None) -> bytes:
    """The answers of all initiatives or one. Raises NoSuchInitiative."""
    with open_store("registry") as database:
        return export_answers(database, format, office_zone(), initiative)


def contacts_table(format: TableFormat, initiative: str | None) -> bytes:
    """Those to be reached about answers that stand. Raises UsageError for an unknown initiative."""
    with open_store("registry") as database:
        if initiative is not None:
            initiative_called(database, initiative)
        with database.read() as session:
            wanted = ContactFilter(initiative=initiative or "")
            lines = contact_lines(session, contact_ids(session, wanted))
    return export_contacts(contact_rows(lines, office_zone()), format)


def write_package(output: Path, initiative: str | None, answer: str | None) -> list[str]:
    """Write the zip of all answers to an initiative, or of one; return what the archive lacked.

    The file gets its name when it is whole. Raises UsageError for what does not exist.
    """
    settings = registry_settings()
    with open_store("registry") as database:
        if initiative is not None:
            initiative_called(database, initiative)
        with database.read() as session:
            if initiative is not None:
                documents = answers_of(session, initiative)
            else:
                found = answer_numbered(session, answer or "")
                if found is None:
                    raise UsageError(f"No answer has the number {answer}.")
                documents = [found]
        office = Office(database, open_archive(settings), office_zone(), settings.organisation)
        write_pieces(output, package(office, documents, now()))
    return office.missing
