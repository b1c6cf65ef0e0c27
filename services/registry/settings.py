"""The registry's settings: the section `registry`, and `web` for its pages."""

from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, SecretStr, field_validator

from services.registry.domain.diary import check_format
from shared.settings import CommonSettings


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
    workers: int = 2
    """Mails registered at the same time."""

    @field_validator("dnr_format")
    @classmethod
    def _usable_format(cls, value: str) -> str:
        check_format(value)
        return value

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (OSError, ValueError) as error:
            raise ValueError(f"no such time zone: {value}") from error
        return value


class WebSection(BaseModel):
    """The staff's pages: `HANDSLAG_WEB__…`."""

    listen: str = "127.0.0.1:8100"
    """`host:port` of the pages, and of `/health` and `/metrics`."""
    cookie_secure: bool = False
    """Send cookies over TLS only: set it where the pages are reached by https."""
    secret_key: SecretStr | None = None
    """Signs what the pages hand to the browser. Unset: made once and kept in the home."""


class RegistrySettings(CommonSettings):
    """All settings of the registry."""

    registry: RegistrySection = RegistrySection()
    web: WebSection = WebSection()
