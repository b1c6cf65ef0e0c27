"""What a service tells of how it fares: no event to be kept, but a state that the next replaces.

It goes over NATS without a stream: who does not listen just then hears the next one.
"""

from typing import ClassVar

from pydantic import AwareDatetime, Field

from shared.events import Event, Fact


class MailboxReport(Fact):
    """One mailbox of intake's."""

    address: str
    last_contact: AwareDatetime | None = Field(
        default=None, description="when its server was last looked into; none for a door of ours"
    )
    fault: str = Field(default="", description="what is wrong now; empty if nothing is")
    last_fault: str = Field(default="", description="what was wrong last, since the start")
    last_fault_at: AwareDatetime | None = None
    standby: bool = Field(default=False, description="another process fetches it")
    backlog: int = Field(default=0, description="mails that are kept and not read")
    oldest: AwareDatetime | None = Field(default=None, description="the oldest of them")


class DeadLetterReport(Fact):
    """One event that could not be handled."""

    number: int
    about: str = Field(description="the subject of the event")
    mail_id: str | None = None
    code: str
    message: str = Field(max_length=500)
    remedy: str = ""
    tries: int
    died_at: AwareDatetime


class DiskReport(Fact):
    """The disk that the archive's folder is on; sizes in bytes."""

    folder: str
    total: int
    free: int


class ServiceReported(Event):
    """Every service → registry: how it fares on one host. Kept by nobody but the register."""

    subject: ClassVar[str] = "handslag.report.service"

    service: str
    host: str
    checks: dict[str, str] = Field(description="each check, and what is wrong, if anything")
    mailboxes: tuple[MailboxReport, ...] = ()
    outbox: int = Field(default=0, description="events that are not published yet")
    outgoing: int | None = Field(default=None, description="mails of ours that wait to leave")
    dead: int = Field(default=0, description="how many events could not be handled")
    dead_letters: tuple[DeadLetterReport, ...] = Field(default=(), description="the newest")
    disk: DiskReport | None = None
