"""The description of the interface (OpenAPI 3.1), and the address that it is served from."""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from services.registry.api.problems import MEDIA_TYPE
from services.registry.api.routing import DESCRIPTION

_TEXT: Final = (
    "Läs allt i registret och avgör det som väntar, från andra program. Nyckeln skickas i huvudet "
    "`Authorization: Bearer`; kakor gäller inte. Tider är ISO 8601 i UTC. Listor delas upp: hämta "
    "nästa del med `next_cursor`. Fel är `application/problem+json` (RFC 9457) med en fast nyckel "
    "i `code`. Namn tas aldrig bort och byter aldrig betydelse; nya fält kan tillkomma."
)


def describe(api: FastAPI) -> None:
    """Serve the description, to everybody."""

    async def openapi(_request: Request) -> Response:
        return JSONResponse(description_of(api))

    api.add_route(DESCRIPTION, openapi, methods=["GET"], include_in_schema=False)


def description_of(api: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document; it is made when somebody first asks for it."""
    if not hasattr(api.state, "description"):
        api.state.description = _made(api)
    description: dict[str, Any] = api.state.description
    return description


def _made(api: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title="Handslag för program",
        version=api.version,
        description=_TEXT,
        routes=api.routes,
        separate_input_output_schemas=True,
    )
    for path in document["paths"].values():
        for operation in path.values():
            if operation.get("description") == operation["summary"]:
                del operation["description"]
            for status, response in operation["responses"].items():
                content = response.get("content", {})
                if status >= "400" and "application/json" in content:
                    content[MEDIA_TYPE] = content.pop("application/json")
    return document
