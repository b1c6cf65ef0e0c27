"""What machines ask for: health, metrics, and the files that pages are drawn with."""

import hmac

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import JSONResponse, Response

from services.registry.web.guard import Forbidden
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages
from services.registry.web.visit import NotFound, Visitor
from shared.telemetry import METRICS

pages = Pages()


@pages.get("/health", Permission.OPEN)
def health(visit: Visitor) -> Response:
    """200 when all is well, else 503; what is wrong is told only to those who run the place."""
    faults = visit.site.operations.faults()
    if not visit.may(Permission.SEE_OPERATIONS):
        faults = dict.fromkeys(faults, "see the log, or the pages when logged in")
    return JSONResponse(
        {"status": "faulty" if faults else "ok", "faults": faults}, 503 if faults else 200
    )


@pages.get("/metrics", Permission.OPEN)
def metrics(visit: Visitor) -> Response:
    """Prometheus' text format; for administrators, and for a monitor that has the token."""
    if not visit.may(Permission.SEE_OPERATIONS) and not _has_token(visit):
        raise Forbidden
    return Response(generate_latest(METRICS), media_type=CONTENT_TYPE_LATEST)


@pages.get("/static/{version}/{name}", Permission.OPEN)
def static(visit: Visitor, version: str, name: str) -> Response:
    """A style sheet, script or icon; kept by browsers for as long as its address lives."""
    asset = visit.site.assets.find(name)
    if asset is None:
        raise NotFound
    # An old address gets the new file, but must not keep it under the old name.
    kept = "public, max-age=31536000, immutable" if version == asset.version else "no-cache"
    return Response(asset.content, media_type=asset.content_type, headers={"Cache-Control": kept})


def _has_token(visit: Visitor) -> bool:
    token = visit.site.settings.metrics_token
    given = visit.request.headers.get("authorization", "")
    return token is not None and hmac.compare_digest(
        given.encode(), f"Bearer {token.get_secret_value()}".encode()
    )
