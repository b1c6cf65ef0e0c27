"""What can be taken away as files: the answers, and the händelselogg."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from starlette.responses import Response, StreamingResponse

from services.registry.exports.log import log_csv, log_json
from services.registry.exports.table import NoSuchInitiative, TableFormat, export_answers
from services.registry.store.log import log_lines
from services.registry.tables import EventLog
from services.registry.web.pages.eventlog import log_filter
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages
from services.registry.web.visit import NotFound, Visit, Visitor
from shared.outbox import now

pages = Pages()

MEDIA_TYPES = {
    TableFormat.CSV: "text/csv; charset=utf-8",
    TableFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    TableFormat.JSON: "application/json",
}


@pages.get("/export/svar.{format}", Permission.SEE_ANSWERS)
def answers(visit: Visitor, format: str) -> Response:
    """The answers of all initiatives or one, those missing included."""
    if format not in set(TableFormat):
        raise NotFound
    chosen = TableFormat(format)
    initiative = visit.asked("initiativ") or None
    try:
        content = export_answers(visit.database, chosen, visit.site.zone, initiative)
    except NoSuchInitiative:
        raise NotFound from None
    name = f"svar-{initiative or 'alla'}-{today(visit):%Y-%m-%d}.{format}"
    return Response(content, media_type=MEDIA_TYPES[chosen], headers=saved_as(name))


@pages.get("/export/handelselogg.csv", Permission.SEE_MAIL)
def log(visit: Visitor) -> Response:
    """The händelselogg, filtered as its page is, the first line first."""
    return _log(visit, log_csv, "csv", "text/csv; charset=utf-8")


@pages.get("/export/handelselogg.jsonl", Permission.SEE_MAIL)
def log_as_json(visit: Visitor) -> Response:
    """The same as JSON, one object a line."""
    return _log(visit, log_json, "jsonl", "application/jsonl")


def _log(
    visit: Visit,
    written: Callable[[Iterable[EventLog], ZoneInfo], Iterator[bytes]],
    ending: str,
    media_type: str,
) -> Response:
    wanted = log_filter(visit)

    def pieces() -> Iterator[bytes]:
        with visit.database.read() as session:
            yield from written(log_lines(session, wanted), visit.site.zone)

    name = f"handelselogg-{today(visit):%Y-%m-%d}.{ending}"
    return StreamingResponse(pieces(), media_type=media_type, headers=saved_as(name))


def today(visit: Visitor) -> datetime:
    """The present moment on the office's clock, for the name of a file."""
    return now().astimezone(visit.site.zone)


def saved_as(name: str) -> dict[str, str]:
    """The headers by which a browser saves a file under this name, less what is not plain."""
    plain = "".join(sign for sign in name if sign.isalnum() or sign in "-._")
    return {"Content-Disposition": f'attachment; filename="{plain}"', "Cache-Control": "private"}
