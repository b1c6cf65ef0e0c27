"""The registry's tables. Nothing is ever deleted from those that hold what came in.

A case (ärende) has a dnr; what belongs to it has a handling number. Every document of every mail
is a row of `document`, whatever became of it; every part of every mail is a row of `part`. An
`answer` exists only where one was recorded, and the database itself allows one current answer per
initiative and municipality.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import (
    JSON,
    Column,
    Dialect,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import registry
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

from shared.database import UtcDateTime
from shared.events import (
    Disposition,
    DocumentKind,
    Fate,
    LetterKind,
    MailboxRole,
    MessageFate,
    PartFate,
    ReplyKind,
    SignatureState,
)
from shared.outbox import add_bus_tables

E = TypeVar("E", bound=StrEnum)


class KeyOf(TypeDecorator[E]):
    """A column that holds one of an enumeration's keys, as text."""

    impl = String(40)
    cache_ok = True

    def __init__(self, keys: type[E]) -> None:
        super().__init__()
        self.keys = keys
        self._by_text: dict[str | None, E | None] = {None: None, **{one.value: one for one in keys}}

    def process_bind_param(self, value: E | None, dialect: Dialect) -> str | None:
        return None if value is None else self.keys(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> E | None:
        return self._by_text[value]


class RegistryTable(SQLModel, registry=registry()):
    """The registry's own tables."""


METADATA = RegistryTable.metadata


class MailState(StrEnum):
    """Where a mail as a whole stands; its documents have fates of their own."""

    REGISTERED = "registered"
    """Its documents are registered, each with its fate."""
    NEED = "need"
    """The mail itself is a need."""
    REVIEW = "review"
    """The mail itself is a matter for staff."""
    HANDLED = "handled"
    """Staff have dealt with the mail itself."""
    SET_ASIDE = "set_aside"
    """Not registered (registreras inte), with a reason."""


class AnswerStatus(StrEnum):
    CURRENT = "current"
    REPLACED = "replaced"
    VOIDED = "voided"


class ReviewState(StrEnum):
    OPEN = "open"
    RESOLVED = "resolved"


class Audience(StrEnum):
    """Who may see what a search finds; each is a permission of the staff's pages."""

    ANSWERS = "answers"
    NEEDS = "needs"
    MAIL = "mail"


class ArrangementState(StrEnum):
    """Where an arrangement of pages stands."""

    READING = "reading"
    """Intake reads the pages; the documents that are to give way wait, and nobody decides them."""
    DONE = "done"
    NOT_READ = "not_read"
    """The pages could not be read anew; all is as it was."""
    TAKEN_BACK = "taken_back"
    UNDONE = "undone"


class BounceState(StrEnum):
    OPEN = "open"
    RESOLVED = "resolved"


class MailingStage(StrEnum):
    """Where a mailing stands, from first word to last letter."""

    DRAFT = "draft"
    AWAITING_APPROVAL = "awaiting_approval"
    """Its letters are settled, and a second person is to say yes."""
    APPROVED = "approved"
    """Nothing leaves before somebody sends it."""
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    """For good."""
    DONE = "done"


class RecipientState(StrEnum):
    """What has become of one recipient's letter."""

    LEFT_OUT = "left_out"
    WAITING = "waiting"
    """Not ordered yet."""
    ORDERED = "ordered"
    SENT = "sent"
    HELD_BACK = "held_back"
    FAILED = "failed"


class ReplyState(StrEnum):
    NOTED = "noted"
    """Nothing to do: it is shown with what it answers."""
    OPEN = "open"
    ACCEPTED = "accepted"
    """The suggested address, or another, was given to whom it was about."""
    DISMISSED = "dismissed"


class UnsubscribedHow(StrEnum):
    ONE_CLICK = "one_click"
    """By the mail program's own button (RFC 8058)."""
    PAGE = "page"
    """By the page that the letter links to."""
    MAIL = "mail"
    STAFF = "staff"


class Role(StrEnum):
    """What a user may do, from most to least in the office's daily work."""

    REGISTRAR = "registrator"
    PROGRAMME_OFFICE = "programkontor"
    READER = "läsare"
    ADMINISTRATOR = "administratör"


class Initiative(RegistryTable, table=True):
    """One initiative that municipalities may join."""

    __tablename__ = "initiative"

    id: str = Field(primary_key=True)
    name: str
    round: str = Field(index=True)
    options: dict[str, str] = Field(sa_column=Column(JSON, nullable=False))
    """Key → label, in the order of the form."""
    last_answer_day: date
    signatories: int = 1
    """How many must sign for a municipality."""
    start_when: dict[str, int] = Field(sa_column=Column(JSON, nullable=False))
    """What the start takes, for example `{"yes_count": 100}`; the start is a person's decision."""
    defined_at: datetime = Field(sa_type=UtcDateTime)


class LearnedForm(RegistryTable, table=True):
    """A form that somebody else made, as it was learned; every version is kept."""

    __tablename__ = "learned_form"

    initiative: str = Field(primary_key=True, foreign_key="initiative.id")
    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    template: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """`shared.forms.FormTemplate`."""
    blank: str
    """Digest of the blank PDF, and `picture` of its page's picture, in the derived archive."""
    picture: str
    fields: str = Field(sa_column=Column(Text, nullable=False))
    """What staff wrote about it (YAML)."""
    learned_at: datetime = Field(sa_type=UtcDateTime)
    """When it was learned, or taken into use again."""
    learned_by: str
    blank_name: str = ""
    """What the blank's file was called; empty for those learned before that was kept."""
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Since when scans are not read by it; None while they are."""


class FormDraft(RegistryTable, table=True):
    """A form that staff are teaching the reader in the pages; nothing of it is in force.

    What waits for the reader has a `question`: the event that was asked last. Other answers than
    to that one are too late and count for nothing.
    """

    __tablename__ = "form_draft"

    id: str = Field(primary_key=True)
    initiative: str = Field(foreign_key="initiative.id")
    blank: str
    """Digest of the blank PDF, in the derived archive."""
    blank_name: str
    begun_at: datetime = Field(sa_type=UtcDateTime)
    begun_by: str
    revision: int = 1
    """Raised by every change, so that nobody changes what they have not seen."""
    question: str | None = None
    asked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    fault: str = ""
    """Why the blank could not be opened, in a stable key."""
    survey: str | None = None
    """Digest of what was found on the blank's pages, in the derived archive."""
    pages: list[dict[str, Any]] = Field(
        default_factory=list, sa_column=Column(JSON, nullable=False)
    )
    """`shared.events.BlankPage` of each page."""
    page: int = 1
    """Which of them is the form."""
    fields: dict[str, list[float]] = Field(
        default_factory=dict, sa_column=Column(JSON, nullable=False)
    )
    """Name → left, top, width and height in millimetres."""
    template: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    """What the reader made of the fields as they are; `preview` is its picture."""
    preview: str | None = None
    faults: list[dict[str, Any]] = Field(
        default_factory=list, sa_column=Column(JSON, nullable=False)
    )
    """`shared.events.FieldFault` of each that the reader found last."""
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_by: str = ""
    kept_as: int | None = None
    """The version that it was learned as; None for one that was cancelled."""


class MunicipalityContact(RegistryTable, table=True):
    """What staff have imported about a municipality."""

    __tablename__ = "municipality_contact"

    municipality: str = Field(primary_key=True)
    registrar_address: str
    imported_at: datetime = Field(sa_type=UtcDateTime)


class MunicipalityDomain(RegistryTable, table=True):
    """A mail domain of a municipality; joint bodies share one, so a domain may stand twice."""

    __tablename__ = "municipality_domain"

    domain: str = Field(primary_key=True)
    """In lower case and Punycode."""
    municipality: str = Field(primary_key=True)


class DiaryCounter(RegistryTable, table=True):
    """The last number given in a year's diary."""

    __tablename__ = "diary_counter"

    year: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    last_number: int


class CaseFile(RegistryTable, table=True):
    """One case: all handlings of one municipality on one initiative, or one other matter."""

    __tablename__ = "case_file"
    __table_args__ = (
        Index("uq_case_of_answer", "initiative", "municipality", unique=True),
        # PostgreSQL and SQLite both let any number of rows through where one of the two is NULL.
    )

    id: int | None = Field(default=None, primary_key=True)
    dnr: str = Field(unique=True)
    title: str
    initiative: str | None = Field(default=None, foreign_key="initiative.id")
    municipality: str | None = None
    last_handling: int = 0
    opened_at: datetime = Field(sa_type=UtcDateTime)


class Mail(RegistryTable, table=True):
    """One mail that intake has read."""

    __tablename__ = "mail"
    __table_args__ = (Index("ix_mail_of_state", "state", "received_at"),)

    mail_id: str = Field(primary_key=True)
    digest: str = Field(index=True)
    role: MailboxRole = Field(sa_column=Column(KeyOf(MailboxRole), nullable=False))
    mailbox: str
    return_path: str
    from_address: str = Field(index=True)
    from_name: str
    subject: str = Field(sa_column=Column(Text, nullable=False))
    correspondence: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """`shared.events.Correspondence`, as it came."""
    received_at: datetime = Field(sa_type=UtcDateTime, index=True)
    registered_at: datetime = Field(sa_type=UtcDateTime)
    disposition: Disposition = Field(sa_column=Column(KeyOf(Disposition), nullable=False))
    disposition_reason: str = ""
    reasons: list[str] = Field(sa_column=Column(JSON, nullable=False))
    state: MailState = Field(sa_column=Column(KeyOf(MailState), nullable=False))
    text: str = Field(default="", sa_column=Column(Text, nullable=False))
    case_id: int | None = Field(default=None, foreign_key="case_file.id")
    """The mail's own case, where the mail itself is the matter; then `handling` is set too."""
    handling: int | None = None


class Part(RegistryTable, table=True):
    """One leaf part of a mail, as intake accounted for it."""

    __tablename__ = "part"

    mail_id: str = Field(primary_key=True, foreign_key="mail.mail_id")
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    """The part's index in the mail, from 0."""
    filename: str
    content_type: str
    size_bytes: int
    digest: str | None
    fate: PartFate = Field(sa_column=Column(KeyOf(PartFate), nullable=False))
    reason: str = ""


class Document(RegistryTable, table=True):
    """One document of a mail: a handling of a case."""

    __tablename__ = "document"
    __table_args__ = (
        UniqueConstraint("case_id", "handling", name="uq_handling_of_case"),
        Index("ix_document_of_answer", "initiative", "municipality"),
        Index("ix_document_of_fate", "fate", "received_at"),
        Index("ix_document_of_municipality", "municipality", "received_at"),
    )

    document_id: str = Field(primary_key=True)
    mail_id: str = Field(foreign_key="mail.mail_id", index=True)
    case_id: int = Field(foreign_key="case_file.id")
    handling: int
    kind: DocumentKind = Field(sa_column=Column(KeyOf(DocumentKind), nullable=False))
    fate: Fate = Field(sa_column=Column(KeyOf(Fate), nullable=False))
    reasons: list[str] = Field(sa_column=Column(JSON, nullable=False))
    initiative: str | None = Field(default=None, foreign_key="initiative.id")
    """What it answers, where that is certain; what was merely read stands in `reading`."""
    municipality: str | None = None
    content: str = Field(index=True)
    parts: list[int] = Field(sa_column=Column(JSON, nullable=False))
    reading: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """`shared.events.DocumentReading`, as it came."""
    duplicate_of: str | None = Field(default=None, foreign_key="document.document_id")
    late: bool = False
    received_at: datetime = Field(sa_type=UtcDateTime, index=True)
    registered_at: datetime = Field(sa_type=UtcDateTime)
    handled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    arranged_by: str | None = None
    """The arrangement that it comes from; None as intake read it first."""
    arranged_into: str | None = None
    """The arrangement that its pages went into, or go into while that is read."""


class DocumentText(RegistryTable, table=True):
    """A document's full text, and the copy of it that can be searched, as intake made them last."""

    __tablename__ = "document_text"
    # Not a foreign key: the mail may not be registered yet, for the events come by different roads.

    document_id: str = Field(primary_key=True)
    text: str = Field(sa_column=Column(Text, nullable=False))
    pdf: str
    """Digest of the copy, in the archive's derived area."""
    made_at: datetime = Field(sa_type=UtcDateTime)


class Answer(RegistryTable, table=True):
    """One recorded answer."""

    __tablename__ = "answer"
    __table_args__ = (
        Index(
            "uq_one_current_answer",
            "initiative",
            "municipality",
            unique=True,
            sqlite_where=text("status = 'current'"),
            postgresql_where=text("status = 'current'"),
        ),
    )

    document_id: str = Field(primary_key=True, foreign_key="document.document_id")
    initiative: str = Field(foreign_key="initiative.id")
    municipality: str
    answer: str
    status: AnswerStatus = Field(sa_column=Column(KeyOf(AnswerStatus), nullable=False))
    late: bool
    signature: SignatureState = Field(sa_column=Column(KeyOf(SignatureState), nullable=False))
    signatory_name: str = ""
    signatory_title: str = ""
    place_date: str = ""
    contact_name: str = ""
    contact_email: str = ""
    contact_phone: str = ""
    their_reference: str = ""
    recorded_by: str
    received_at: datetime = Field(sa_type=UtcDateTime)
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When it was replaced or voided."""
    ended_by: str = ""
    ended_why: str = ""


class ReviewItem(RegistryTable, table=True):
    """One matter that waits for a person: a document, or a mail as a whole."""

    __tablename__ = "review_item"
    __table_args__ = (
        Index("ix_review_queue", "state", "created_at"),
        Index("uq_review_of_document", "document_id", unique=True),
    )

    id: int | None = Field(default=None, primary_key=True)
    mail_id: str = Field(foreign_key="mail.mail_id", index=True)
    document_id: str | None = Field(default=None, foreign_key="document.document_id")
    reasons: list[str] = Field(sa_column=Column(JSON, nullable=False))
    state: ReviewState = Field(sa_column=Column(KeyOf(ReviewState), nullable=False))
    claimed_by: str | None = None
    claimed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    resolved_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    resolved_by: str = ""
    revision: int = 1
    """Raised whenever the matter changes: a verdict on what one no longer sees is refused."""


class Resolution(RegistryTable, table=True):
    """One verdict of a registrar, with what is put back if it is taken back."""

    __tablename__ = "resolution"

    id: str = Field(primary_key=True)
    """A UUID; the events about it carry it."""
    item_id: int = Field(foreign_key="review_item.id", index=True)
    mail_id: str = Field(foreign_key="mail.mail_id")
    document_id: str | None = Field(default=None, foreign_key="document.document_id", index=True)
    verdict: str
    """A stable key, for example `attach`."""
    said: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    before: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    resolved_by: str
    resolved_at: datetime = Field(sa_type=UtcDateTime)
    send_after: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When the sender's mail leaves at the earliest; None where none is written."""
    undone_by: str = ""
    undone_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class HandedOver(RegistryTable, table=True):
    """A question that a verdict handed over, until somebody has answered it."""

    __tablename__ = "handed_over"

    resolution: str = Field(primary_key=True, foreign_key="resolution.id")
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    answered_by: str = ""


class Arrangement(RegistryTable, table=True):
    """Pages of one mail that a registrar arranged into new documents, or had read again."""

    __tablename__ = "arrangement"

    id: str = Field(primary_key=True)
    """A UUID; the events about it carry it."""
    mail_id: str = Field(foreign_key="mail.mail_id", index=True)
    state: ArrangementState = Field(sa_column=Column(KeyOf(ArrangementState), nullable=False))
    gives_way: list[str] = Field(sa_column=Column(JSON, nullable=False))
    """The documents whose pages go into the new ones."""
    asked: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """`shared.events.PagesArranged`, as it was told."""
    left_out: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """`shared.events.DocumentReading` of the pages that belong to none; empty where all do."""
    cases: dict[str, str] = Field(sa_column=Column(JSON, nullable=False))
    """Cases that were named for an answer, by their id: what they were called before."""
    asked_by: str
    asked_at: datetime = Field(sa_type=UtcDateTime)
    settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    settled_by: str = ""
    """Who took it back or undid it."""
    why: str = ""
    """Why it was not read: `shared.events.RereadFault`, and after a blank a `Reason`, if known."""


class FormerNumber(RegistryTable, table=True):
    """A handling number that a document had before it was moved to another case.

    The sender's receipt may show it; it is never given to anything else.
    """

    __tablename__ = "former_number"

    case_id: int = Field(
        primary_key=True, foreign_key="case_file.id", sa_column_kwargs={"autoincrement": False}
    )
    handling: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    document_id: str = Field(foreign_key="document.document_id", index=True)
    moved_at: datetime = Field(sa_type=UtcDateTime)


class ContactPerson(RegistryTable, table=True):
    """Whom to reach about a recorded answer: named on its form, or added by staff.

    It counts while its answer stands and nobody has ended it. What it was before each change
    stands in the händelselogg.
    """

    __tablename__ = "contact"
    __table_args__ = (
        Index("ix_contact_of_answer", "initiative", "municipality"),
        Index(
            "uq_contact_from_answer",
            "document_id",
            unique=True,
            sqlite_where=text("from_answer"),
            postgresql_where=text("from_answer"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    document_id: str = Field(foreign_key="answer.document_id", index=True)
    initiative: str = Field(foreign_key="initiative.id")
    municipality: str
    name: str
    email: str = Field(index=True)
    phone: str
    from_answer: bool
    """Named on the form of the answer; one at most is."""
    added_at: datetime = Field(sa_type=UtcDateTime)
    added_by: str
    changed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    changed_by: str = ""
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_by: str = ""
    revision: int = 1
    """Raised by every change: an edit of what one no longer sees is refused."""


class UserAccount(RegistryTable, table=True):
    """A member of staff: a local account, or one of a provider's (OpenID Connect).

    The subject is who a provider's person is; the name was given at the first log-in, is never a
    name that a local account can have, and stays, since the händelselogg knows them by it.
    """

    __tablename__ = "user_account"
    __table_args__ = (Index("uq_user_of_provider", "issuer", "subject", unique=True),)

    name: str = Field(primary_key=True)
    role: Role = Field(sa_column=Column(KeyOf(Role), nullable=False))
    password_hash: str
    """Empty for a provider's person: no password is right."""
    must_change_password: bool = True
    failed_logins: int = 0
    locked_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    issuer: str | None = None
    subject: str | None = None


class LoginSession(RegistryTable, table=True):
    """A browser that is logged in. Only the digest of its cookie is kept."""

    __tablename__ = "login_session"

    token_digest: str = Field(primary_key=True)
    user_name: str = Field(foreign_key="user_account.name", index=True)
    csrf_token: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    seen_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)


class ApiToken(RegistryTable, table=True):
    """A key by which a program uses the interface (API). Only its digest is kept.

    The händelselogg knows what the program does by the key's name. It is never a user's name, and
    never given to another key: a withdrawn one keeps its row.
    """

    __tablename__ = "api_token"

    name: str = Field(primary_key=True)
    role: Role = Field(sa_column=Column(KeyOf(Role), nullable=False))
    digest: str = Field(unique=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    created_by: str
    expires_at: datetime = Field(sa_type=UtcDateTime)
    last_used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    withdrawn_by: str = ""


class EventLog(RegistryTable, table=True):
    """Händelselogg: who did what, when. The database refuses to change or delete its rows."""

    __tablename__ = "event_log"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime, index=True)
    who: str = Field(index=True)
    """`machine`, or a user's name."""
    what: str = Field(index=True)
    """A stable key, for example `answer.recorded`."""
    mail_id: str | None = Field(default=None, index=True)
    document_id: str | None = Field(default=None, index=True)
    case_id: int | None = Field(default=None, index=True)
    before: dict[str, Any] | None = Field(sa_column=Column(JSON(none_as_null=True)))
    after: dict[str, Any] | None = Field(sa_column=Column(JSON(none_as_null=True)))


class Message(RegistryTable, table=True):
    """What became of one outgoing mail, as the notifier reported last."""

    __tablename__ = "message"
    __table_args__ = (
        # The mail it answers may not be registered yet: the events come by different roads.
        Index("ix_message_of_mail", "mail_id"),
    )

    message_id: str = Field(primary_key=True)
    mail_id: str | None = None
    kind: str
    recipient: str = Field(index=True)
    fate: MessageFate = Field(sa_column=Column(KeyOf(MessageFate), nullable=False))
    reason: str = ""
    content: str | None = None
    settled_at: datetime = Field(sa_type=UtcDateTime, index=True)
    document_id: str | None = Field(default=None, index=True)
    """The one document that it is about, if it is about one."""
    letter_id: str | None = Field(default=None, index=True)
    """Which letter it is, if the registry ordered it."""
    mailing_id: str | None = Field(default=None, index=True)


class OrderedLetter(RegistryTable, table=True):
    """A letter that was ordered by itself, not as a part of a mailing, and whom it is about."""

    __tablename__ = "letter"

    letter_id: str = Field(primary_key=True)
    """A UUID."""
    kind: LetterKind = Field(sa_column=Column(KeyOf(LetterKind), nullable=False))
    recipient: str = Field(index=True)
    subject: str
    ordered_at: datetime = Field(sa_type=UtcDateTime)
    ordered_by: str
    mail_id: str | None = Field(default=None, index=True)
    """The mail that it answers, if any."""
    initiative: str | None = None
    municipality: str | None = Field(default=None, index=True)
    document_id: str | None = Field(default=None, index=True)
    contact_id: int | None = Field(default=None, index=True)
    resolution: str | None = Field(default=None, index=True)
    """The verdict that it tells of: if that is taken back, it must not leave."""


class Reply(RegistryTable, table=True):
    """A mail that answers a mail of ours, as intake told of it. It never changes an answer.

    That somebody has left, or was the wrong person, is a task about an address.
    """

    __tablename__ = "reply"
    __table_args__ = (Index("ix_reply_tasks", "state", "received_at"),)

    mail_id: str = Field(primary_key=True)
    # Not a foreign key: the mail may not be registered yet, for the events come by different roads.
    kind: ReplyKind = Field(sa_column=Column(KeyOf(ReplyKind), nullable=False))
    sender: str = Field(index=True)
    """In lower case."""
    token: str
    suggested: list[str] = Field(sa_column=Column(JSON, nullable=False))
    received_at: datetime = Field(sa_type=UtcDateTime)
    state: ReplyState = Field(sa_column=Column(KeyOf(ReplyState), nullable=False))
    resolved_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    resolved_by: str = ""


class ReplyTo(RegistryTable, table=True):
    """A mail of ours that a reply names. It need not be one: whoever writes can name anything."""

    __tablename__ = "reply_to"

    mail_id: str = Field(primary_key=True, foreign_key="reply.mail_id")
    message_id: str = Field(primary_key=True, index=True)


class Unsubscribed(RegistryTable, table=True):
    """An address that wants no newsletters, or wants them again (`resumed_at`)."""

    __tablename__ = "unsubscribed"

    address: str = Field(primary_key=True)
    """In lower case."""
    unsubscribed_at: datetime = Field(sa_type=UtcDateTime)
    how: UnsubscribedHow = Field(sa_column=Column(KeyOf(UnsubscribedHow), nullable=False))
    by: str = ""
    """Who of the staff; empty: the person."""
    letter_id: str | None = None
    """The letter whose link was followed."""
    resumed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    resumed_by: str = ""
    """Who of the staff; empty: the person."""


class Bounce(RegistryTable, table=True):
    """A mail of ours that came back: a task about an address. It never changes an answer."""

    __tablename__ = "bounce"
    __table_args__ = (Index("ix_bounce_tasks", "state", "came_at"),)

    mail_id: str = Field(primary_key=True)
    """The bounce itself; one may tell of several recipients."""
    recipient: str = Field(primary_key=True, index=True)
    token: str
    status: str
    diagnostic: str = Field(sa_column=Column(Text, nullable=False))
    state: BounceState = Field(sa_column=Column(KeyOf(BounceState), nullable=False))
    came_at: datetime = Field(sa_type=UtcDateTime)
    resolved_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    resolved_by: str = ""


class ServiceReportRow(RegistryTable, table=True):
    """How a service fares on a host, as it told last; each report replaces the one before."""

    __tablename__ = "service_report"

    service: str = Field(primary_key=True)
    host: str = Field(primary_key=True)
    heard_at: datetime = Field(sa_type=UtcDateTime)
    """By our clock, whatever theirs says."""
    body: str = Field(sa_column=Column(Text, nullable=False))
    """JSON: `shared.reports.ServiceReported`."""


class ProofRow(RegistryTable, table=True):
    """The one row of the last proof that nothing is lost, and of who asked for the next."""

    __tablename__ = "proof"

    id: int = Field(primary_key=True)
    made_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    seconds: float = 0.0
    complete: bool = False
    body: str = Field(default="", sa_column=Column(Text, nullable=False))
    """JSON, as `handslag verify --json` prints it."""
    held_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When it last held."""
    asked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    asked_by: str = ""


class SearchEntry(RegistryTable, table=True):
    """What a document, or a mail (without a document's id), can be found by, in plain words.

    The databases' own indexes (FTS5, tsvector) rest on it; the migrations make them. It holds
    nothing of its own: `store.search_index` writes it from the other tables.
    """

    __tablename__ = "search_entry"
    __table_args__ = (
        Index(
            "uq_search_entry_of_mail",
            "mail_id",
            unique=True,
            sqlite_where=text("document_id IS NULL"),
            postgresql_where=text("document_id IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    """In the order of registration: of two that are found as well, the later comes first."""
    mail_id: str = Field(index=True)
    document_id: str | None = Field(default=None, unique=True)
    audience: Audience = Field(sa_column=Column(KeyOf(Audience), nullable=False))
    keys: str = Field(sa_column=Column(Text, nullable=False))
    """Numbers, also former ones, and the municipality."""
    names: str = Field(sa_column=Column(Text, nullable=False))
    """People, files, and the initiative."""
    letter: str = Field(sa_column=Column(Text, nullable=False))
    """Sender, subject and title: only for those who may see mails."""
    body: str = Field(sa_column=Column(Text, nullable=False))
    """All that was read; of a mail, its text."""
    folded: str = Field(sa_column=Column(Text, nullable=False))
    """Words of the others, except `letter`, that have accents, without them."""


class Mailing(RegistryTable, table=True):
    """Letters of one kind to many, as staff compose them, approve them and steer them."""

    __tablename__ = "mailing"

    id: str = Field(primary_key=True)
    """A UUID; the events about it carry it."""
    kind: LetterKind = Field(sa_column=Column(KeyOf(LetterKind), nullable=False))
    stage: MailingStage = Field(sa_column=Column(KeyOf(MailingStage), nullable=False, index=True))
    title: str
    """What staff call it; no recipient sees it."""
    initiatives: list[str] = Field(sa_column=Column(JSON, nullable=False))
    audience: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """Who is wanted, as `domain.recipients.Audience` reads it."""
    by_hand: str = Field(default="", sa_column=Column(Text, nullable=False))
    """Recipients that staff typed or loaded, a row each."""
    attention: list[str] = Field(sa_column=Column(JSON, nullable=False))
    """For whom at the recipient it is, one role each."""
    subject: str
    heading: str
    text: str = Field(sa_column=Column(Text, nullable=False))
    """Subject, heading and text are a template of `shared.letters`."""
    said: dict[str, str] = Field(sa_column=Column(JSON, nullable=False))
    """What staff wrote for the template's variables, by name."""
    with_forms: bool = False
    """Whether each municipality's own forms go with it."""
    appointment: dict[str, Any] | None = Field(
        default=None, sa_column=Column(JSON(none_as_null=True))
    )
    """What it invites to: `shared.events.Appointment`."""
    send_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When its first letter leaves; None: when somebody sends it."""
    per_minute: float | None = None
    per_minute_per_domain: float | None = None
    """How many letters leave in a minute; None: what the notifier is set to."""
    written_by: list[str] = Field(sa_column=Column(JSON, nullable=False))
    """Everybody who has written or chosen something in it: none of them approves it."""
    made_by: str
    made_at: datetime = Field(sa_type=UtcDateTime, index=True)
    submitted_by: str = ""
    submitted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    approved_by: str = ""
    approved_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    begun_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When its first letters were ordered."""
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    occasion: str | None = Field(default=None, unique=True)
    """What the machine proposed it for; each is proposed once."""
    revision: int = 1
    """Raised by every change, so that nobody approves or sends what they have not seen."""


class MailingRecipient(RegistryTable, table=True):
    """One recipient of a mailing, also those that were left out, and what became of the letter."""

    __tablename__ = "mailing_recipient"
    __table_args__ = (Index("ix_mailing_recipient_state", "mailing_id", "state"),)

    mailing_id: str = Field(primary_key=True, foreign_key="mailing.id")
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    """From 1, in the order in which they are listed and sent."""
    letter_id: str | None = Field(default=None, unique=True)
    """A UUID that follows from mailing and recipient; None for who was left out at once."""
    state: RecipientState = Field(sa_column=Column(KeyOf(RecipientState), nullable=False))
    reason: str = ""
    """Why it was left out (`domain.recipients.LeftOut`), or did not leave, as the notifier says."""
    address: str = Field(index=True)
    name: str = ""
    municipality: str = Field(default="", index=True)
    contact_id: int | None = None
    initiatives: list[str] = Field(sa_column=Column(JSON, nullable=False))
    """What the letter is about, of the mailing's initiatives."""
    unsubscribe: str = Field(default="", index=True)
    """Unguessable: who shows it unsubscribes this address from newsletters."""
    message_id: str = ""
    ordered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class LetterTemplate(RegistryTable, table=True):
    """How letters are worded here instead of as delivered: for one initiative, or for all."""

    __tablename__ = "letter_template"

    name: str = Field(primary_key=True)
    """`shared.letters.kinds.TemplateName`, or `shared.letters.parts.PartName`."""
    initiative: str = Field(primary_key=True)
    """Empty: for all that have no wording of their own."""
    subject: str
    heading: str
    text: str = Field(sa_column=Column(Text, nullable=False))
    changed_at: datetime = Field(sa_type=UtcDateTime)
    changed_by: str
    refused_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When a mail first left with the delivered wording, because this one could not be used."""
    refused_why: str = Field(default="", sa_column=Column(Text, nullable=False, default=""))


add_bus_tables(METADATA)
