"""Builds the application of the staff's pages. Nothing is built until it is called."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from time import monotonic
from zoneinfo import ZoneInfo

from fastapi import FastAPI
from starlette.middleware import Middleware

from services.registry.amend import Amender
from services.registry.api.app import create_api
from services.registry.api.call import Desk
from services.registry.api.description import description_of
from services.registry.api.door import Door
from services.registry.api.keys import Keys
from services.registry.arranging.arrange import Arranger
from services.registry.contact_letters import Confirming
from services.registry.resolve import Resolver
from services.registry.settings import RegistrySettings
from services.registry.web.assets import Assets
from services.registry.web.attempts import Attempts
from services.registry.web.auth import Accounts
from services.registry.web.concerns import concerns
from services.registry.web.errors import HANDLERS, crashed
from services.registry.web.live import Live
from services.registry.web.oidc import Provider
from services.registry.web.operations import Operations
from services.registry.web.pages import ALL_PAGES
from services.registry.web.printing import Printing
from services.registry.web.rendering import Renderer
from services.registry.web.routes import add_pages
from services.registry.web.security import Boundary
from services.registry.web.site import Site
from services.registry.web.throttle import Throttle
from shared.archive import Archive
from shared.database import Database
from shared.outbox import now
from shared.telemetry import HealthCheck

_HERE = Path(__file__).parent
_MAX_FORM_BYTES = 1_000_000


def create_app(
    settings: RegistrySettings,
    database: Database,
    archive: Archive,
    health_checks: Mapping[str, HealthCheck],
    stir: Callable[[], None],
) -> FastAPI:
    """Return the application, an ASGI one. Raises UndeclaredRoute for a route without a guard.

    `stir` is called, from any thread, when there is something new in the outbox.
    """
    web = settings.web
    assets = Assets(_HERE / "static")
    window_s = timedelta(minutes=web.login_window_minutes).total_seconds()
    zone = ZoneInfo(settings.registry.timezone)
    printing = Printing(settings)
    confirming = (
        Confirming(printing.answers_address, printing.needs_address)
        if settings.registry.confirm_contacts
        else None
    )
    resolver = Resolver(database, settings.registry, now, stir, confirming)
    amender = Amender(database, now, stir, confirming)
    api = create_api(
        Desk(
            database=database,
            archive=archive,
            keys=Keys(database, Throttle(web.login_tries, window_s, monotonic)),
            resolver=resolver,
            amender=amender,
            zone=zone,
            organisation=settings.organisation,
            stir=stir,
        )
    )
    app = FastAPI(
        title="Handslag",
        openapi_url=None,
        redirect_slashes=False,
        max_body_size=_MAX_FORM_BYTES,
        exception_handlers=dict(HANDLERS),
        middleware=[
            Middleware(Boundary, tls=web.cookie_secure, crashed=crashed),
            Middleware(Door, api=api),
        ],
    )
    app.state.api = api
    app.state.site = Site(
        settings=web,
        organisation=settings.organisation,
        zone=zone,
        database=database,
        archive=archive,
        accounts=Accounts(database, web, Throttle(web.login_tries, window_s, monotonic)),
        provider=Provider(web.oidc, monotonic) if web.oidc.issuer else None,
        attempts=Attempts(monotonic),
        operations=Operations(health_checks, concerns(database, archive, web.disk_warn_gb), now),
        live=Live(database),
        api_description=partial(description_of, api),
        resolver=resolver,
        amender=amender,
        arranger=Arranger(database, now, stir),
        printing=printing,
        confirming=confirming,
        questions_answered_by=settings.registry.questions_answered_by,
        stir=stir,
        link_throttle=Throttle(web.login_tries, window_s, monotonic),
        assets=assets,
        renderer=Renderer(_HERE / "templates", assets, zone, settings.organisation),
    )
    add_pages(app, ALL_PAGES)
    return app
