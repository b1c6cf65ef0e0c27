"""Contacts: what may stand as one, and that of two who change the same, one is told."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from services.registry.contacts import (
    Changed,
    NoSuchContact,
    Unchanged,
    add_contact,
    change_contact,
    end_contact,
)
from services.registry.domain.contact import ContactFault, Named, against_naming
from services.registry.store.contacts import (
    ContactFilter,
    contact_history,
    contact_ids,
    contact_line,
    gap_count,
)
from services.registry.tables import ContactPerson
from tests.unit.registry.builders import NOW, UMEA, Register, form, mail, typed

BO = Named("Bo Ek", "bo@umea.se", "")


@pytest.mark.parametrize(
    ("named", "faults"),
    [
        (BO, []),
        (Named("", "", "090-16 10 00"), []),
        (Named("", "åsa@umeå.se", ""), []),
        (Named("Bo Ek", "", ""), [ContactFault.UNREACHABLE]),
        (Named("Bo Ek", "bo@umea", ""), [ContactFault.BAD_ADDRESS]),
        (Named("Bo Ek", "bo@umea.se, eva@umea.se", ""), [ContactFault.BAD_ADDRESS]),
        (Named("Bo Ek", "b" * 320 + "@umea.se", ""), [ContactFault.BAD_ADDRESS]),
        (
            Named("x" * 301, "bo", "1" * 301),
            [ContactFault.BAD_ADDRESS, ContactFault.TOO_LONG],
        ),
    ],
)
def test_a_contact_can_be_reached_and_kept(named: Named, faults: list[ContactFault]) -> None:
    assert against_naming(named) == faults


def test_of_many_who_change_the_same_contact_at_once_one_does(register: Register) -> None:
    register.record(mail(form("ja", **typed())))
    (contact,) = register.all(ContactPerson)
    assert contact.id is not None

    def change(number: int) -> Changed | Unchanged:
        named = Named(f"Bo {number}", "bo@umea.se", "")
        return change_contact(
            register.database, contact.id or 0, contact.revision, named, who=f"p{number}", at=NOW
        )

    with ThreadPoolExecutor(4) as people:
        done = list(people.map(change, range(4)))
    assert done.count(Changed(contact.id)) == 1
    assert done.count(Unchanged((ContactFault.STALE,))) == 3
    (kept,) = register.all(ContactPerson)
    assert kept.revision == 2
    history = register.ask(lambda session: contact_history(session, kept))
    assert [entry.who for entry in history] == [kept.changed_by]


def test_an_answer_without_anybody_to_reach_is_a_gap_until_somebody_is_added(
    register: Register,
) -> None:
    register.record(mail(form("ja", **typed())))
    (contact,) = register.all(ContactPerson)
    assert contact.id is not None
    everything = ContactFilter()
    assert register.ask(lambda session: gap_count(session, everything)) == 0
    end_contact(register.database, contact.id, 1, who="rut", at=NOW)
    assert register.ask(lambda session: gap_count(session, everything)) == 1
    added = add_contact(register.database, contact.document_id, BO, who="rut", at=NOW)
    assert isinstance(added, Changed)
    assert register.ask(lambda session: gap_count(session, everything)) == 0
    assert register.ask(lambda session: contact_ids(session, everything)) == [added.contact_id]
    line = register.ask(lambda session: contact_line(session, added.contact_id))
    assert line is not None
    assert (line.contact.municipality, line.contact.added_by) == (UMEA, "rut")


def test_what_is_not_there_cannot_be_changed(register: Register) -> None:
    with pytest.raises(NoSuchContact):
        change_contact(register.database, 99, 1, BO, who="rut", at=NOW)
    with pytest.raises(NoSuchContact):
        end_contact(register.database, 99, 1, who="rut", at=NOW)
    with pytest.raises(NoSuchContact):
        add_contact(register.database, "m" + "0" * 23 + "-1", BO, who="rut", at=NOW)
