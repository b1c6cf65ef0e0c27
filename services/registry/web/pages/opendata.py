"""Öppna data: numbers that anybody may have, where the office has said so in the settings."""

from starlette.responses import Response

from services.registry.exports import opendata
from services.registry.web.pages.exports import saved_as, today
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages
from services.registry.web.visit import NotFound, Visit, Visitor
from shared.outbox import now

pages = Pages()

_KEPT = {"Cache-Control": "public, max-age=300"}
_LINKED = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}


@pages.get("/oppna-data/svar.{format}", Permission.OPEN)
def data(visit: Visitor, format: str) -> Response:
    """The numbers, to anybody."""
    _must_be_open(visit)
    return _data(visit, format, _KEPT | _LINKED)


@pages.get("/oppna-data/katalog.jsonld", Permission.OPEN)
def catalogue(visit: Visitor) -> Response:
    """What there is, as portals for open data read it."""
    _must_be_open(visit)
    place = f"{str(visit.request.base_url).rstrip('/')}/oppna-data/"
    licence = visit.site.settings.open_data_licence
    return Response(
        opendata.catalogue(visit.site.organisation, place, licence),
        media_type="application/ld+json",
        headers=_KEPT | _LINKED,
    )


@pages.get("/export/oppna-data.{format}", Permission.SEE_ANSWERS)
def preview(visit: Visitor, format: str) -> Response:
    """The same to staff, whether it is open or not."""
    name = f"oppna-data-{today(visit):%Y-%m-%d}.{format}"
    return _data(visit, format, saved_as(name))


def _data(visit: Visit, format: str, headers: dict[str, str]) -> Response:
    if format not in ("csv", "json"):
        raise NotFound
    with visit.database.read() as session:
        found = opendata.lines(session)
    if format == "csv":
        return Response(opendata.to_csv(found), media_type="text/csv", headers=headers)
    content = opendata.to_json(found, visit.site.organisation, now(), visit.site.zone)
    return Response(content, media_type="application/json", headers=headers)


def _must_be_open(visit: Visit) -> None:
    if not visit.site.settings.open_data:
        raise NotFound
