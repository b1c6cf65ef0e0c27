"""The notifier's settings: section `notifier`, in the environment `HANDSLAG_NOTIFIER__…`."""

import re
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator

from shared.settings import CommonSettings
from shared.tokens import OAuth2

SCHEMES: dict[str, tuple[Literal["none", "starttls", "tls"], int]] = {
    "smtp": ("none", 25),
    "smtp+starttls": ("starttls", 587),
    "smtps": ("tls", 465),
}
_LOOPBACK = re.compile(r"^(localhost|127\.[0-9.]+|::1)$")

MailAddress = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9._-]+@[A-Za-z0-9.-]+$", max_length=254)
]


class RelaySettings(BaseModel):
    """The relay's address, taken apart."""

    model_config = ConfigDict(frozen=True)

    host: str
    port: int
    encryption: Literal["none", "starttls", "tls"]
    user: str | None = None
    password: SecretStr | None = None
    oauth2: OAuth2 | None = None
    ca_file: Path | None = None


class NotifierSection(BaseModel):
    """What the notifier needs to know beyond the common settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    relay: str = "smtp://127.0.0.1:25"
    """`smtp://host:port` (plain), `smtp+starttls://user@host:587` or `smtps://user@host:465`."""
    relay_password: SecretStr | None = None
    relay_oauth2: OAuth2 | None = None
    """Instead of a password: client credentials for XOAUTH2, as Microsoft 365 asks for."""
    relay_ca_file: Path | None = None
    """Certificates to trust besides the system's, for a relay with a certificate of your own."""
    relay_connections: int = Field(default=2, ge=1, le=20)
    sender_address: MailAddress = "registratur@skr.se"
    sender_name: str = Field(default="SKR registratur", pattern=r"^[^\r\n]*$")
    own_addresses: tuple[MailAddress, ...] = (
        "registratur@skr.se",
        "registrator@skr.se",
        "handslaget@skr.se",
    )
    """Our mailboxes. An answer comes from the one it was sent to; none is ever answered."""
    mailbox_names: dict[MailAddress, str] = {"handslaget@skr.se": "SKR Handslag för digitalisering"}
    """The name shown beside a mailbox's address, where it is not `sender_name`."""
    bounce_address: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9._+-]*\{token\}[A-Za-z0-9._+-]*@[A-Za-z0-9.-]+$"
    )
    """Where undeliverable mail comes back, for example `studs+{token}@skr.se`.

    Unset: the mailbox that sends, with `+{token}` before the @.
    """
    message_id_domain: str | None = Field(default=None, pattern=r"^[A-Za-z0-9.-]+$")
    """Unset: the domain of `sender_address`."""
    cap_per_address: int = Field(default=50, ge=1)
    """Mails to one address in any 24 hours; the rest is held back and shown to staff."""
    cap_in_all: int = Field(default=10_000, ge=1)
    """Answers in any 24 hours: the emergency brake."""
    cap_letters: int = Field(default=30_000, ge=1)
    """Letters that staff order, in any 24 hours; the rest is held back and shown to staff."""
    mailing_per_minute: float = Field(default=600, gt=0)
    """Letters of one mailing, unless staff chose another pace. Microsoft 365 takes 30."""
    mailing_per_minute_per_domain: float = Field(default=60, gt=0)
    """Of these, to one domain."""
    unsubscribe_url: str | None = Field(
        default=None, pattern=r"^https://[!-~]+\{token\}[!-~]*$", max_length=300
    )
    """Where a newsletter is ended with one click (RFC 8058):
    `https://<the pages>/avsluta/{token}`."""
    unsubscribe_address: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9._+-]*\{token\}[A-Za-z0-9._+-]*@[A-Za-z0-9.-]+$"
    )
    """Where it is ended by mail: `avsluta+{token}@skr.se`. Without either no newsletter leaves."""
    dkim_domain: str | None = Field(default=None, pattern=r"^[A-Za-z0-9.-]+$")
    """The domain to sign for (DKIM). Unset: the relay signs, or nobody does."""
    dkim_selector: str | None = Field(default=None, pattern=r"^[A-Za-z0-9._-]+$")
    dkim_key_file: Path | None = None
    """The private key, RSA in PEM."""
    lease_s: float = Field(default=10.0, ge=1.0, le=600.0)
    """After this silence of a sending process, the mail it had in hand is taken over."""
    paused: bool = False
    """Answers are composed and queued, but none is sent."""
    listen: str = "127.0.0.1:8103"
    """Where `/health` and `/metrics` are served."""
    database_url: str | None = None
    """A database of the notifier's own, instead of the common one."""

    @model_validator(mode="after")
    def _dkim_is_whole(self) -> Self:
        given = (self.dkim_domain, self.dkim_selector, self.dkim_key_file)
        if any(given) and not all(given):
            raise ValueError("give dkim_domain, dkim_selector and dkim_key_file, or none of them")
        return self

    @model_validator(mode="after")
    def _relay_can_be_used(self) -> Self:
        self.relay_settings()
        return self

    def relay_settings(self) -> RelaySettings:
        """Take `relay` apart; ValueError, never naming a password, if that cannot be done."""
        address = urlsplit(self.relay)
        if address.scheme not in SCHEMES or not address.hostname or address.path.strip("/"):
            raise ValueError(
                "relay: not an address such as smtp://host:25, smtp+starttls://user@host:587 "
                "or smtps://user@host:465"
            )
        if address.password:
            raise ValueError("relay: give the password in relay_password, not in the address")
        encryption, default_port = SCHEMES[address.scheme]
        user = unquote(address.username) if address.username else None
        if self.relay_password is not None and self.relay_oauth2 is not None:
            raise ValueError("relay_password, relay_oauth2: give one of them")
        if user and self.relay_password is None and self.relay_oauth2 is None:
            raise ValueError("relay_password: missing, and the relay's address names a user")
        if self.relay_oauth2 is not None and not user:
            raise ValueError("relay: relay_oauth2 needs a user, as in smtps://user@host:465")
        if user and encryption == "none" and not _LOOPBACK.match(address.hostname):
            raise ValueError(
                "relay: a password would be sent unencrypted; use smtps:// or smtp+starttls://"
            )
        return RelaySettings(
            host=address.hostname,
            port=address.port or default_port,
            encryption=encryption,
            user=user,
            password=self.relay_password,
            oauth2=self.relay_oauth2,
            ca_file=self.relay_ca_file,
        )


class NotifierSettings(CommonSettings):
    """All settings of the notifier's process."""

    notifier: NotifierSection = NotifierSection()
