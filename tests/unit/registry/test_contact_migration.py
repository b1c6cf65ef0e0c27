"""The contacts of a register that knew one for each answer are all there when it knows several."""

from sqlalchemy import text
from sqlmodel import select

from services.registry.tables import ContactPerson
from shared.migrate import upgrade
from tests.earlier import copied_back
from tests.unit.registry.builders import LUND, MIGRATIONS, UMEA, Register, form, mail, typed


def test_every_contact_is_kept_with_when_its_answer_was_recorded(
    register: Register, other_database_url: str
) -> None:
    register.record(
        mail(form("ja", **typed(name="Åsa Öberg")), name="a"),
        mail(form("ja", municipality=LUND, **typed(name="Bo Ek")), name="b"),
    )
    before = register.all(ContactPerson)
    database = copied_back(register.database, other_database_url, "0007")
    with database.write() as session:
        for one in before:
            session.connection().execute(
                text(
                    "INSERT INTO contact_person VALUES "
                    "(:document_id, :initiative, :municipality, :name, :email, :phone)"
                ),
                one.model_dump(),
            )
    upgrade(database, MIGRATIONS)
    with database.read() as session:
        kept = list(session.exec(select(ContactPerson)))
    database.close()
    assert _by_municipality(kept) == _by_municipality(before)
    assert {(one.municipality, one.from_answer, one.added_by) for one in kept} == {
        (UMEA, True, "machine"),
        (LUND, True, "machine"),
    }


def _by_municipality(contacts: list[ContactPerson]) -> dict[str, dict[str, object]]:
    return {one.municipality: one.model_dump(exclude={"id"}) for one in contacts}
