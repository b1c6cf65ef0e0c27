"""The routes, one module each. A new module becomes part of the interface by a row here."""

from services.registry.api.routes import (
    answers,
    contacts,
    documents,
    files,
    log,
    mails,
    needs,
    queue,
    search,
    verdicts,
)
from services.registry.api.routing import Routes

ALL_ROUTES: tuple[Routes, ...] = (
    answers.routes,
    contacts.routes,
    documents.routes,
    files.routes,
    queue.routes,
    verdicts.routes,
    mails.routes,
    needs.routes,
    log.routes,
    search.routes,
)
