"""The händelselogg."""

from pydantic import AwareDatetime

from services.registry.api import build_mails
from services.registry.api.call import ThisCall
from services.registry.api.cursor import Cursor, Limit, decoded, encoded
from services.registry.api.models.mails import LogPage
from services.registry.api.routing import Routes
from services.registry.store.log import LogFilter, log_page
from services.registry.web.roles import Permission

routes = Routes("Händelselogg")

_LOG = "log"


@routes.get("/log", Permission.SEE_MAIL)
def list_log(
    call: ThisCall,
    who: str = "",
    what: str = "",
    dnr: str = "",
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    limit: Limit = 100,
    cursor: Cursor = "",
) -> LogPage:
    """Vem som gjorde vad, när, och vad det var före och efter; det senaste först

    what är början på en händelses nyckel: resolved. är allt som registratorer har beslutat.
    """
    after = decoded(cursor, _LOG, (int,))
    wanted = LogFilter(who=who, about=what, dnr=dnr, since=since, until=until)
    below = after[0] if after else None
    assert below is None or isinstance(below, int)
    with call.database.read() as session:
        found = log_page(session, wanted, size=limit, below=below, above=None)
    return LogPage(
        items=[build_mails.log_line(line) for line in found.lines],
        next_cursor=encoded(_LOG, found.older) if found.older is not None else None,
    )
