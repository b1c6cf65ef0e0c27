"""Contact persons."""

from services.registry.api import build
from services.registry.api.call import ThisCall
from services.registry.api.cursor import Cursor, Limit, decoded_place, encoded
from services.registry.api.models.answers import Contact, ContactPage
from services.registry.api.problems import Problem
from services.registry.api.routing import Routes
from services.registry.store.contacts import (
    ContactFilter,
    ContactLine,
    contact_ids,
    contact_line,
    contact_lines,
)
from services.registry.web.roles import Permission

routes = Routes("Kontaktpersoner")

_CONTACTS = "contacts"


@routes.get("/contacts", Permission.SEE_ANSWERS)
def list_contacts(
    call: ThisCall,
    initiative: str = "",
    municipality: str = "",
    standing: bool = True,
    limit: Limit = 100,
    cursor: Cursor = "",
) -> ContactPage:
    """Kontaktpersoner till gällande svar; med standing=false de som inte längre räknas"""
    after = decoded_place(cursor, _CONTACTS, (str, str, int))
    wanted = ContactFilter(
        initiative=initiative,
        municipalities=frozenset({municipality}) if municipality else None,
        standing=standing,
    )
    with call.database.read() as session:
        lines = contact_lines(session, contact_ids(session, wanted))
    if after is not None:
        lines = [line for line in lines if _place(line) > after]
    page = lines[:limit]
    return ContactPage(
        items=[build.contact(line) for line in page],
        next_cursor=encoded(_CONTACTS, *_place(page[-1])) if len(lines) > limit else None,
    )


@routes.get("/contacts/{contact_id}", Permission.SEE_ANSWERS)
def get_contact(call: ThisCall, contact_id: int) -> Contact:
    """En kontaktperson"""
    with call.database.read() as session:
        line = contact_line(session, contact_id) if 0 < contact_id < 2**31 else None
    if line is None:
        raise Problem("not_found")
    return build.contact(line)


def _place(line: ContactLine) -> tuple[str | int, ...]:
    return line.contact.municipality, line.contact.initiative, line.contact.id or 0
