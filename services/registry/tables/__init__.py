"""The registry's tables. Nothing is ever deleted from those that hold what came in.

A case (ärende) has a dnr; what belongs to it has a handling number. Every document of every mail
is a row of `document`, whatever became of it; every part of every mail is a row of `part`. An
`answer` exists only where one was recorded, and the database itself allows one current answer per
initiative and municipality.
"""

from services.registry.tables.answers import Answer, AnswerStatus, ContactPerson
from services.registry.tables.base import METADATA, KeyOf, RegistryTable
from services.registry.tables.correspondence import (
    Bounce,
    BounceState,
    Message,
    OrderedLetter,
    Reply,
    ReplyState,
    ReplyTo,
    Unsubscribed,
    UnsubscribedHow,
)
from services.registry.tables.incoming import (
    Arrangement,
    ArrangementState,
    CaseFile,
    DiaryCounter,
    Document,
    DocumentText,
    FormerNumber,
    Mail,
    MailState,
    Part,
)
from services.registry.tables.initiatives import FormDraft, Initiative, LearnedForm
from services.registry.tables.mailings import (
    LetterTemplate,
    Mailing,
    MailingRecipient,
    MailingStage,
    RecipientState,
)
from services.registry.tables.municipalities import MunicipalityContact, MunicipalityDomain
from services.registry.tables.operating import EventLog, ProofRow, ServiceReportRow
from services.registry.tables.review import HandedOver, Resolution, ReviewItem, ReviewState
from services.registry.tables.search import Audience, SearchEntry
from services.registry.tables.users import ApiToken, LoginSession, Role, UserAccount
from shared.outbox import add_bus_tables

__all__ = [
    "METADATA",
    "Answer",
    "AnswerStatus",
    "ApiToken",
    "Arrangement",
    "ArrangementState",
    "Audience",
    "Bounce",
    "BounceState",
    "CaseFile",
    "ContactPerson",
    "DiaryCounter",
    "Document",
    "DocumentText",
    "EventLog",
    "FormDraft",
    "FormerNumber",
    "HandedOver",
    "Initiative",
    "KeyOf",
    "LearnedForm",
    "LetterTemplate",
    "LoginSession",
    "Mail",
    "MailState",
    "Mailing",
    "MailingRecipient",
    "MailingStage",
    "Message",
    "MunicipalityContact",
    "MunicipalityDomain",
    "OrderedLetter",
    "Part",
    "ProofRow",
    "RecipientState",
    "RegistryTable",
    "Reply",
    "ReplyState",
    "ReplyTo",
    "Resolution",
    "ReviewItem",
    "ReviewState",
    "Role",
    "SearchEntry",
    "ServiceReportRow",
    "Unsubscribed",
    "UnsubscribedHow",
    "UserAccount",
]

add_bus_tables(METADATA)
