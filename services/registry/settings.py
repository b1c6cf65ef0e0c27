"""The registry's settings: the section `registry`, and `web` for its pages."""

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    Field,
    SecretStr,
    StringConstraints,
    field_validator,
    model_validator,
)

from services.registry.domain.diary import check_format
from services.registry.domain.witnesses import OUTSIDE, WitnessRule
from services.registry.tables import Role
from shared.events import WitnessKind
from shared.settings import CommonSettings

MailAddress = Annotated[
    str, StringConstraints(pattern=r"^[^\s@<>,;]+@[^\s@<>,;]+$", max_length=100)
]


class RegistrySection(BaseModel):
    """How answers are registered: `HANDSLAG_REGISTRY__…`."""

    database_url: str | None = None
    """Another database than the common one."""
    dnr_format: str = "SKR {year}/{number:05d}"
    """How a diarienummer is written; `{number}` starts at 1 every year."""
    timezone: str = "Europe/Stockholm"
    """Where the last answer day ends."""
    unknown_sender: Literal["auto", "review"] = "auto"
    """What a form beyond doubt becomes when no municipality owns the sender's domain."""
    municipality_witnesses: int = Field(default=2, ge=0)
    """How many kinds of witness must agree whose a form without a code is: at least 2; 0, a person
    always says."""
    municipality_witness_kinds: frozenset[WitnessKind] = frozenset(WitnessKind)
    """Which kinds count for a municipality; each counts against one in any case."""
    municipality_outside_witness: bool = True
    """Whether one witness must come from outside the paper: the authentic sender's domain."""
    undo_minutes: float = Field(default=5.0, ge=0)
    """How long a mail about a registrar's verdict waits before it leaves: the time to undo it."""
    answers_address: MailAddress | None = None
    """Where answers are mailed to, as printed on our forms. Unset: the first mailbox for answers
    that `handslag` finds in intake's settings, else registratur@skr.se."""
    needs_address: MailAddress = "handslaget@skr.se"
    """Where needs are mailed to, as it stands in the needs template."""
    confirm_contacts: bool = True
    """Whether the old and the new contact person are told of a change, by mail."""
    questions_answered_by: str = Field(default="programkontoret", max_length=100)
    """Who answers what a registrar hands over as a question, as its sender is told. Empty: nobody
    is told."""
    workers: int = Field(default=2, ge=1)
    """Mails registered at the same time."""
    approve_mailings_above: int = Field(default=25, ge=0)
    """A mailing with more letters than this needs a second person's yes; 0: every mailing does."""
    reminder_days: tuple[Annotated[int, Field(ge=0, le=365)], ...] = (14, 3)
    """So many days before the last answer day a reminder is proposed, as JSON; `[]`: never."""
    send_reminders: bool = False
    """Send the reminders that are proposed by themselves, without anybody's yes."""

    @field_validator("dnr_format")
    @classmethod
    def _usable_format(cls, value: str) -> str:
        check_format(value)
        return value

    @field_validator("municipality_witnesses")
    @classmethod
    def _never_one_alone(cls, value: int) -> int:
        if value == 1:
            raise ValueError("one witness alone never decides; 2 or more, or 0 for a person always")
        return value

    @property
    def witness_rule(self) -> WitnessRule:
        """What it takes to prove whose a form without a code is."""
        return WitnessRule(
            self.municipality_witnesses,
            self.municipality_witness_kinds,
            self.municipality_outside_witness,
        )

    @model_validator(mode="after")
    def _outside_witness_counts(self) -> Self:
        counts = not OUTSIDE.isdisjoint(self.municipality_witness_kinds)
        if self.municipality_outside_witness and self.municipality_witnesses and not counts:
            raise ValueError(
                "municipality_outside_witness needs sender_domain among the witness kinds"
            )
        return self

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (OSError, ValueError, KeyError) as error:
            raise ValueError(f"no such time zone: {value}") from error
        return value


class OidcSection(BaseModel):
    """Log-in at the organisation's own provider, beside local accounts: `HANDSLAG_WEB__OIDC__…`."""

    issuer: str | None = None
    """The provider, exactly as it calls itself: `https://…`. Unset: only local accounts."""
    client_id: str = ""
    """What the provider knows us as. Register `https://<the pages>/logga-in/oidc/svar` there as
    redirect URI, and `https://<the pages>/logga-in` as the one after log-out."""
    client_secret: SecretStr | None = None
    """Unset: a public client, which proves itself by PKCE alone."""
    scopes: str = "openid profile"
    """What is asked for; some providers give the groups only for one more."""
    groups_claim: str = "groups"
    """Where in the ID token the groups stand: a list, or one text."""
    roles: dict[str, Role] = {}
    """Which group gives which role, as JSON: `{"Registratur": "registrator", "IT": "läsare"}`. Who
    is in several gets the role that may do most; who is in none is not let in."""
    name_claim: str = "name"
    """Where in the ID token the person's name stands, as colleagues shall see it."""
    label: str = Field(default="organisationens konto", min_length=1, max_length=60)
    """What the staff call it: the button says `Logga in med …`."""

    @field_validator("issuer")
    @classmethod
    def _safe_issuer(cls, value: str | None) -> str | None:
        if value is not None and not is_safe_address(value):
            raise ValueError("not an https address")
        return value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.issuer is not None:
            if not self.client_id or not self.roles:
                raise ValueError("with an issuer, client_id and roles are needed too")
            if "openid" not in self.scopes.split():
                raise ValueError("scopes must hold openid")
        return self


def is_safe_address(address: str) -> bool:
    """Tell whether nobody on the way can read or change what goes there: https, or loopback."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    plain = address.isascii() and address.isprintable() and " " not in address
    by_tls = parts.scheme == "https" and bool(parts.hostname)
    here = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost")
    return plain and (by_tls or here) and not parts.fragment and not parts.username


class WebSection(BaseModel):
    """The staff's pages: `HANDSLAG_WEB__…`."""

    listen: str = "127.0.0.1:8100"
    """`host:port` of the pages, and of `/health` and `/metrics`."""
    cookie_secure: bool = False
    """Send cookies over TLS only: set it where the pages are reached by https."""
    session_idle_minutes: int = Field(default=120, gt=0)
    """A log-in ends when nothing has been done for this long."""
    session_max_hours: int = Field(default=12, gt=0)
    """A log-in ends after this long, also when the person is active."""
    login_tries: int = Field(default=8, gt=0)
    """Failed log-ins for one name, or from one address, before it has to wait."""
    login_window_minutes: int = Field(default=10, gt=0)
    """How long it has to wait."""
    disk_warn_gb: float = Field(default=5.0, ge=0)
    """Every page warns when the archive's disk has less room than this; only of a folder."""
    metrics_token: SecretStr | None = None
    """Lets a monitor read `/metrics` with `Authorization: Bearer …`, without a log-in."""
    open_data: bool = False
    """Let anybody have how many answered what, at `/oppna-data/`: no names, no dnr."""
    open_data_licence: str = ""
    """The licence of the open data, as an address; DCAT-AP-SE recommends CC0."""
    oidc: OidcSection = OidcSection()


class RegistrySettings(CommonSettings):
    """All settings of the registry."""

    registry: RegistrySection = RegistrySection()
    web: WebSection = WebSection()
