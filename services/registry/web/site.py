"""What all pages share: built once, by `create_app`, and found on the application."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import HTTPConnection

from services.registry.amend import Amender
from services.registry.arranging.arrange import Arranger
from services.registry.contact_letters import Confirming
from services.registry.resolve import Resolver
from services.registry.settings import WebSection
from services.registry.web.assets import Assets
from services.registry.web.attempts import Attempts
from services.registry.web.auth import Accounts
from services.registry.web.live import Live
from services.registry.web.oidc import Provider
from services.registry.web.operations import Operations
from services.registry.web.printing import Printing
from services.registry.web.rendering import Renderer
from services.registry.web.throttle import Throttle
from shared.archive import Archive
from shared.database import Database


@dataclass(frozen=True)
class Site:
    settings: WebSection
    organisation: str
    zone: ZoneInfo
    """The office's clock."""
    database: Database
    archive: Archive
    accounts: Accounts
    provider: Provider | None
    """Where one logs in besides here; None where there are only local accounts."""
    attempts: Attempts
    operations: Operations
    live: Live
    api_description: Callable[[], Mapping[str, Any]]
    """The interface for programs, as OpenAPI describes it."""
    resolver: Resolver
    amender: Amender
    arranger: Arranger
    printing: Printing
    confirming: Confirming | None
    """Tells old and new contact persons of a change; None where the settings say that none is."""
    questions_answered_by: str
    """Who answers questions that are handed over; empty where nobody is told."""
    stir: Callable[[], None]
    """Tells the outbox's relay, from any thread, that there is something to publish."""
    link_throttle: Throttle
    """Slows down those who guess the links of newsletters."""
    assets: Assets
    renderer: Renderer

    @property
    def session_cookie(self) -> str:
        """With TLS the name itself binds the cookie to this host (RFC 6265bis, 4.1.3)."""
        return "__Host-handslag" if self.settings.cookie_secure else "handslag"

    @property
    def form_cookie(self) -> str:
        return "__Host-handslag-form" if self.settings.cookie_secure else "handslag-form"

    @property
    def attempt_cookie(self) -> str:
        return "__Host-handslag-oidc" if self.settings.cookie_secure else "handslag-oidc"


def site_of(connection: HTTPConnection) -> Site:
    """Return the site that a request came to."""
    site = connection.app.state.site
    assert isinstance(site, Site)
    return site
