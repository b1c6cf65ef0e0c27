"""Builds the interface. Nothing is built until it is called."""

from fastapi import FastAPI

from services.registry.api.call import Desk
from services.registry.api.description import describe
from services.registry.api.problems import HANDLERS
from services.registry.api.routes import ALL_ROUTES
from services.registry.api.routing import add_routes


def create_api(desk: Desk) -> FastAPI:
    """Return the interface, an ASGI application. Raises UndeclaredRoute for one without a guard."""
    api = FastAPI(
        title="Handslag",
        version="1",
        openapi_url=None,
        redirect_slashes=False,
        exception_handlers=dict(HANDLERS),
    )
    api.state.desk = desk
    add_routes(api, ALL_ROUTES)
    describe(api)
    return api
