"""The settings of intake: the section `intake`, named `HANDSLAG_INTAKE__…` in the environment."""

import ipaddress
import os
from pathlib import Path
from typing import Self
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from shared.events import MailboxRole
from shared.settings import CommonSettings
from shared.tokens import OAuth2

IMAP_PORTS = {"imaps": 993, "imap+starttls": 143, "imap": 143}
MIB = 1024 * 1024


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid")


class MailboxSettings(_Section):
    """One of our addresses, and how to fetch its mail; without `imap` it has the door only."""

    address: str
    role: MailboxRole = MailboxRole.ANSWERS
    imap: str | None = None
    """`imaps://user@host:993` (TLS), `imap+starttls://user@host:143`, or, on this very machine
    only, `imap://user@host:143` without encryption. Without a user, the address is the user."""
    password: SecretStr | None = None
    oauth2: OAuth2 | None = None
    folders: tuple[str, ...] = ()
    """Unset: INBOX, and every folder that the server marks as junk."""
    done_folder: str | None = None
    """Mail that is safely kept is moved here. Unset: it gets a keyword and stays."""
    poll_s: float = Field(default=60, ge=0.2)
    """Seconds between looks, also where the server tells of new mail by itself (IDLE)."""
    ca_file: Path | None = None
    """Certificates to trust, besides those of the system."""

    @field_validator("address")
    @classmethod
    def _an_address(cls, value: str) -> str:
        local, at, domain = value.strip().lower().rpartition("@")
        if not (local and at and domain):
            raise ValueError(f"not a mail address: {value}")
        return f"{local}@{domain}"

    @model_validator(mode="after")
    def _usable_place(self) -> Self:
        if self.imap is not None:
            place = self.place
            if place.scheme == "imap" and not _is_loopback(place.host):
                raise ValueError(
                    f"imap:// without encryption is for this machine only; "
                    f"use imaps:// or imap+starttls:// for {place.host}"
                )
        if self.done_folder is not None and self.done_folder in self.folders:
            raise ValueError(f"done_folder {self.done_folder} is also one of folders")
        return self

    @property
    def place(self) -> "ImapPlace":
        """Where the mailbox is. Raises ValueError for an address that cannot be used."""
        assert self.imap is not None
        url = urlsplit(self.imap)
        if url.scheme not in IMAP_PORTS or not url.hostname:
            raise ValueError(f"not imaps://user@host:port or imap+starttls://…: {self.imap}")
        if url.password:
            raise ValueError("the password has a field of its own, outside of the imap address")
        return ImapPlace(
            scheme=url.scheme,
            host=url.hostname,
            port=url.port or IMAP_PORTS[url.scheme],
            user=unquote(url.username) if url.username else self.address,
        )


class ImapPlace(_Section):
    """An IMAP account's place."""

    scheme: str
    host: str
    port: int
    user: str

    @property
    def account(self) -> str:
        """The account's name in the ledger: a UID means nothing without it."""
        return f"{self.user}@{self.host}:{self.port}"


class ReaderLimits(_Section):
    """How far untrusted bytes may go; past a limit a mail is kept and goes to review."""

    mail_mib: int = Field(default=60, ge=1)
    memory_mib: int = Field(default=700, ge=64)
    """Memory of one contained child, above what it starts with."""
    cpu_s: int = Field(default=60, ge=1)
    """Processor time of one file."""
    wall_s: float = Field(default=120, gt=0)
    mail_cpu_s: float = Field(default=300, gt=0)
    """Processor time of one mail's files together; those that are left then are not opened, and a
    person looks at the whole mail. The file at which it is passed is read to its end."""
    parts: int = Field(default=100, ge=1)
    """Of one mail, those in archives counted; the others are listed and not opened."""
    depth: int = Field(default=20, ge=1, le=50)
    """Parts in parts, mails in mails and archives in archives, together."""
    unpacked_mib: int = Field(default=60, ge=1)
    """Files taken out of archives, mails and PDFs, all of one mail together."""
    unpack_ratio: int = Field(default=200, ge=1)
    """Bytes of a file to one byte in its archive, from a MiB on; more is taken for a bomb."""
    pages: int = Field(default=30, ge=1)
    """Of one file; a file with more is not read at all."""
    megapixels: int = Field(default=60, ge=1)
    """Pixels of one page."""
    inflated_mib: int = Field(default=64, ge=1)
    """All that is packed in one PDF and is no picture."""
    learned_pages: int = Field(default=10, ge=1)
    """Of one file, the first so many are compared with the blanks that were learned. A form behind
    them is an appendix: the mail is doubted."""
    need_pages: int = Field(default=6, ge=0)
    """Of one scanned file, so many are recognised whole in search of the needs template."""
    scratch_mib: int = Field(default=256, ge=1)
    """The largest file that the child may write in its own folder."""
    result_mib: int = Field(default=128, ge=1)

    @property
    def of_a_file(self) -> dict[str, int]:
        """What the child is told of them: `services.intake.pages.page.Limits` as JSON."""
        return {
            "bytes": self.mail_mib * MIB,
            "pages": self.pages,
            "pixels": self.megapixels * 1_000_000,
            "inflated_bytes": self.inflated_mib * MIB,
            "learned_pages": self.learned_pages,
            "need_pages": self.need_pages,
        }


class SearchSettings(_Section):
    """Making what was read searchable, in the background; nothing waits for it."""

    enabled: bool = True
    """Off: what is read meanwhile is made searchable when it is on again."""
    memory_mib: int = Field(default=900, ge=64)
    """Memory of the contained child and of what it starts, each above what it starts with."""
    cpu_s: int = Field(default=600, ge=1)
    """Processor time of one process, for all the pages of one file."""
    wall_s: float = Field(default=3600, gt=0)
    """Long: at the lowest priority it may have to wait for its turn."""


class IntakeSection(_Section):
    """`HANDSLAG_INTAKE__…`"""

    mailboxes: tuple[MailboxSettings, ...] = ()
    smtp_listen: str | None = None
    """`host:port` of the SMTP door. Unset: no door."""
    lmtp_listen: str | None = None
    """`host:port` of the LMTP door. Unset: no door."""
    smtp_limit_mib: int = Field(default=100, ge=1)
    """Larger mail is refused at the doors; the sender's server tells the sender."""
    unsubscribe_address: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9._+-]*\{token\}[A-Za-z0-9._+-]*@[A-Za-z0-9.-]+$"
    )
    """Where newsletters are ended by mail, as `HANDSLAG_NOTIFIER__UNSUBSCRIBE_ADDRESS` has it; it
    must lead to one of the mailboxes."""
    authserv_id: str | None = None
    """The name that our own mail server writes in Authentication-Results; no other is trusted.
    `exchange-online` for Microsoft 365, which writes none: the header without a name is ours."""
    esign_roots: Path | None = None
    """Whose electronic signatures count: a file of certificates in PEM, or a folder of such files
    (.pem, .crt, .cer). Unset: nobody's; every signed answer goes to a person."""
    workers: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1)
    """Mails read at the same time."""
    reader: ReaderLimits = Field(default_factory=ReaderLimits)
    search: SearchSettings = Field(default_factory=SearchSettings)
    listen: str = "127.0.0.1:8101"
    """`host:port` of `/health` and `/metrics`."""
    database_url: str | None = None
    """Another database than `HANDSLAG_DATABASE_URL`."""

    @model_validator(mode="after")
    def _each_address_once(self) -> Self:
        addresses = [mailbox.address for mailbox in self.mailboxes]
        twice = {address for address in addresses if addresses.count(address) > 1}
        if twice:
            raise ValueError(f"named more than once: {', '.join(sorted(twice))}")
        return self


class IntakeSettings(CommonSettings):
    """All that intake reads."""

    intake: IntakeSection = Field(default_factory=IntakeSection)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
