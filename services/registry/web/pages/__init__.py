"""The pages, one module each. A new module becomes part of the application by a row here."""

from services.registry.web.pages import (
    account,
    answers,
    contacts,
    document,
    eventlog,
    exports,
    mails,
    map,
    matrix,
    matter,
    municipality,
    needs,
    overview,
    queue,
    returned,
    search,
    service,
    set_aside,
)
from services.registry.web.routes import Pages

ALL_PAGES: tuple[Pages, ...] = (
    service.pages,
    account.pages,
    overview.pages,
    answers.pages,
    map.pages,
    matrix.pages,
    municipality.pages,
    contacts.pages,
    document.pages,
    queue.pages,
    matter.pages,
    returned.pages,
    needs.pages,
    mails.pages,
    set_aside.pages,
    search.pages,
    eventlog.pages,
    exports.pages,
)
