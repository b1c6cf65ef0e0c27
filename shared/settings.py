"""The settings that all services have.

Read from the environment and from `.env`, in the working folder and in `HANDSLAG_HOME`; the
environment wins. Nested names are joined by two underscores: `HANDSLAG_NOTIFIER__RELAY`.
"""

import os
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, StringConstraints, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from shared.errors import WrongSetting

DEFAULT_HOME = Path("~/.local/share/handslag").expanduser()
DEFAULT_ORGANISATION = "Sveriges Kommuner och Regioner"

OrganisationName = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]+$"
    ),
]
"""One line, short enough for the head of a printed form."""


class CommonSettings(BaseSettings):
    """Settings that every service reads; each service extends this with its own section."""

    model_config = SettingsConfigDict(
        env_prefix="HANDSLAG_",
        env_nested_delimiter="__",
        extra="ignore",
        env_ignore_empty=True,
        hide_input_in_errors=True,
    )

    home: Path = DEFAULT_HOME
    """The data folder: databases, archive, streams and the form key, unless set elsewhere."""
    organisation: OrganisationName = DEFAULT_ORGANISATION
    """Whose registry office this is, as mails, printed forms and the web pages say: at most 60
    characters."""
    nats_url: str | None = None
    """`nats://host:4222`, several separated by commas. Unset: `handslag up` runs its own."""
    nats_replicas: int = 1
    """Copies of each stream: 3 on a cluster of three."""
    database_url: str | None = None
    """`postgresql://user:password@host/name`: one schema a service. Unset: SQLite in the home."""
    archive_url: str | None = None
    """A folder, or `s3://bucket/prefix`. Unset: `archive` in the home."""
    archive_s3_endpoint: str | None = None
    """The address of an S3-compatible server, for example `http://127.0.0.1:9000`."""
    archive_s3_region: str = "us-east-1"
    archive_s3_access_key: str | None = None
    archive_s3_secret_key: SecretStr | None = None
    form_key: SecretStr | None = None
    """Signs the codes on printed forms. Unset: made once and kept in the home."""
    proof_minutes: float = Field(default=15.0, ge=0)
    """How often `handslag up` proves that nothing is lost; 0: only when asked in the pages."""
    log_format: Literal["json", "text"] = "json"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("home")
    @classmethod
    def _expanded(cls, value: Path) -> Path:
        return value.expanduser()

    @classmethod
    def load(cls) -> Self:
        """Read the settings, or raise `WrongSetting` naming each setting that cannot be used."""
        home = Path(os.environ.get("HANDSLAG_HOME") or DEFAULT_HOME).expanduser()
        try:
            return cls(_env_file=(home / ".env", ".env"))
        except ValidationError as error:
            faults = "; ".join(
                f"{_setting_name(fault['loc'])}: {fault['msg']}" for fault in error.errors()
            )
            raise WrongSetting(
                faults, remedy="Correct it in the environment or in .env; see deploy/env.example."
            ) from error
        except SettingsError as error:
            # Its text names the field, and never the value.
            field = str(error).partition('field "')[2].partition('"')[0]
            raise WrongSetting(
                f"HANDSLAG_{field.upper()}…: one of these cannot be read as JSON.",
                remedy="Correct it in the environment or in .env; see deploy/env.example.",
            ) from error


def _setting_name(location: tuple[int | str, ...]) -> str:
    return "HANDSLAG_" + "__".join(str(part) for part in location).upper()
