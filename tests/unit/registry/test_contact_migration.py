"""The contacts of a register that knew one for each answer are all there when it knows several."""

from sqlalchemy import Connection, text

from services.registry.tables import ContactPerson
from shared.migrate import upgrade
from tests.unit.registry.builders import LUND, MIGRATIONS, UMEA, Register, form, mail, typed

FORMER = """
CREATE TABLE contact_person (
    document_id VARCHAR NOT NULL PRIMARY KEY REFERENCES answer (document_id),
    initiative VARCHAR NOT NULL REFERENCES initiative (id), municipality VARCHAR NOT NULL,
    name VARCHAR NOT NULL, email VARCHAR NOT NULL, phone VARCHAR NOT NULL)
"""


def back_to_0007(connection: Connection) -> None:
    """As the database was when an answer had one contact."""
    for statement in (
        FORMER,
        "INSERT INTO contact_person SELECT document_id, initiative, municipality, name, email, "
        "phone FROM contact",
        "DROP TABLE contact",
        "DROP INDEX ix_bounce_tasks",
        "DROP INDEX ix_message_settled_at",
        "DROP INDEX uq_user_of_provider",
        "ALTER TABLE user_account DROP COLUMN issuer",
        "ALTER TABLE user_account DROP COLUMN subject",
        "UPDATE alembic_version SET version_num = '0007'",
    ):
        connection.execute(text(statement))


def test_every_contact_is_kept_with_when_its_answer_was_recorded(register: Register) -> None:
    register.record(
        mail(form("ja", **typed(name="Åsa Öberg")), name="a"),
        mail(form("ja", municipality=LUND, **typed(name="Bo Ek")), name="b"),
    )
    before = register.all(ContactPerson)
    with register.database.write() as session:
        back_to_0007(session.connection())
    upgrade(register.database, MIGRATIONS)
    kept = register.all(ContactPerson)
    assert _by_municipality(kept) == _by_municipality(before)
    assert {(one.municipality, one.from_answer, one.added_by) for one in kept} == {
        (UMEA, True, "machine"),
        (LUND, True, "machine"),
    }


def _by_municipality(contacts: list[ContactPerson]) -> dict[str, dict[str, object]]:
    return {one.municipality: one.model_dump(exclude={"id"}) for one in contacts}
