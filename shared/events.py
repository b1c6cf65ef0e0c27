"""Every event between the services: frozen models, with the subject beside each.

An event is a fact in the past tense. Consumers ignore fields they do not know, so that services
can be upgraded one at a time; a field is never renamed or given another meaning.
"""

from datetime import date
from enum import IntEnum, StrEnum
from typing import Annotated, ClassVar
from uuid import UUID, uuid4

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from shared.forms import FormTemplate
from shared.identifiers import (
    Digest,
    DocumentId,
    InitiativeId,
    MailId,
    MunicipalityCode,
    OptionKey,
)

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]


class Fact(BaseModel):
    """A frozen value inside an event."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Event(Fact):
    """What every event has. `event_id` is also its Nats-Msg-Id and its key in inbox tables."""

    subject: ClassVar[str]

    event_id: UUID = Field(default_factory=uuid4)
    occurred_at: AwareDatetime


# --- What was read -------------------------------------------------------------------------


class Reason(StrEnum):
    """Why a document or a mail was not decided by the machine. All that apply are given."""

    # the file
    UNREADABLE_FILE = "unreadable_file"
    FILE_REPAIRED = "file_repaired"
    """Damaged, and put together again by the library that opened it: something may be missing."""
    LOCKED_FILE = "locked_file"
    EMPTY_FILE = "empty_file"
    UNSUPPORTED_FORMAT = "unsupported_format"
    TOO_LARGE = "too_large"
    TOO_MANY_PAGES = "too_many_pages"
    TOO_MANY_PIXELS = "too_many_pixels"
    READER_TIMEOUT = "reader_timeout"
    READER_MEMORY = "reader_memory"
    READER_CRASHED = "reader_crashed"
    READER_BUDGET = "reader_budget"
    """Not opened: the files before it had used all the processor time that one mail may use."""
    # the page
    BLANK_PAGE = "blank_page"
    NO_CODE = "no_code"
    CODE_FORGED = "code_forged"
    CODE_CONFLICT = "code_conflict"
    CODE_MISSING_ONE = "code_missing_one"
    UNKNOWN_FORM_VERSION = "unknown_form_version"
    FORM_AMBIGUOUS = "form_ambiguous"
    """Several forms without codes have been learned that it may be."""
    SEVERAL_FORMS_ON_PAGE = "several_forms_on_page"
    EXTRA_PAGE = "extra_page"
    REGISTRATION_FAILED = "registration_failed"
    LOW_RESOLUTION = "low_resolution"
    UNEXPLAINED_INK = "unexplained_ink"
    # the answer
    UNKNOWN_INITIATIVE = "unknown_initiative"
    UNKNOWN_MUNICIPALITY = "unknown_municipality"
    MUNICIPALITY_UNPROVEN = "municipality_unproven"
    """Nothing on the page says beyond doubt whose form it is; the register may know more."""
    MARK_DOUBTFUL = "mark_doubtful"
    SEVERAL_MARKED = "several_marked"
    NONE_MARKED = "none_marked"
    SIGNATURE_MISSING = "signature_missing"
    SIGNATURE_UNCLEAR = "signature_unclear"
    FIELDS_CONTRADICT_PIXELS = "fields_contradict_pixels"
    FIELD_SAYS_MORE = "field_says_more"
    """Words that may change the answer stand in a text field, or in the room for a stamp."""
    LOOK_CAN_CHANGE = "look_can_change"
    """Layers, scripts, pictures or notes laid over the page: others may see something else."""
    E_SIGNATURE_UNTRUSTED = "e_signature_untrusted"
    E_SIGNATURE_INVALID = "e_signature_invalid"
    E_SIGNATURE_ON_PAPER = "e_signature_on_paper"
    """A printed or copied proof of an electronic signature, which proves nothing by itself."""
    # the need: it goes to the needs all the same
    NEED_WITHOUT_TEMPLATE = "need_without_template"
    NEED_INCOMPLETE = "need_incomplete"
    """Questions of the template that must be answered are not."""
    # the mail
    UNREADABLE_MAIL = "unreadable_mail"
    TOO_MANY_PARTS = "too_many_parts"
    NO_ATTACHMENT = "no_attachment"
    SENDER_NOT_AUTHENTIC = "sender_not_authentic"
    SENDER_OTHER_MUNICIPALITY = "sender_other_municipality"
    SENDER_UNKNOWN = "sender_unknown"
    """No municipality's domain; a doubt only where the settings make it one."""
    QUESTION = "question"
    MAIL_SAYS_MORE = "mail_says_more"
    """Its words may change the answer in its files: a condition, taken back, a question."""
    # the register
    CONFLICT = "conflict"
    """The municipality already has another answer to this initiative."""
    SAME_MAIL_CONTRADICTS = "same_mail_contradicts"
    SENDER_NOT_TOLD = "sender_not_told"
    """It was to be sent in again, but our mail that says so was held back, failed or came back."""
    REARRANGED = "rearranged"
    """A person chose its pages, or had them read again: a person sees what came of it."""


NEED_NOTES = frozenset(
    {Reason.NEED_WITHOUT_TEMPLATE, Reason.NEED_INCOMPLETE, Reason.UNSUPPORTED_FORMAT}
)
"""What is noted of a need without holding it back: whoever handles needs reads it in any case."""


MENDABLE = frozenset({Reason.SIGNATURE_MISSING, Reason.SEVERAL_MARKED, Reason.NONE_MARKED})
"""Faults that the sender alone can mend, where it is certain whose form it is."""

MENDABLE_FILES = frozenset({Reason.LOCKED_FILE, Reason.UNREADABLE_FILE, Reason.EMPTY_FILE})
"""Likewise of a file that nobody, here either, can read."""


class DocumentKind(StrEnum):
    ANSWER = "answer"
    NEED = "need"
    OTHER = "other"


class Outcome(StrEnum):
    """What the reader thinks should happen; the registry checks it against what it knows."""

    AUTO = "auto"
    REVIEW = "review"
    RETURN = "return"


class SignatureState(StrEnum):
    HANDWRITTEN = "handwritten"
    ELECTRONIC = "electronic"
    MISSING = "missing"
    UNCLEAR = "unclear"


class Source(StrEnum):
    """Where a value was read."""

    CODE = "code"
    FORM_FIELD = "form_field"
    TEXT_LAYER = "text_layer"
    MARKS = "marks"
    INK = "ink"
    OCR = "ocr"
    SENDER = "sender"
    PRINT = "print"
    """The printed words of a form that was learned."""
    WITNESSES = "witnesses"
    """Several things that agree; each is a `Witness`."""


class Area(Fact):
    """A rectangle on a page image, in fractions of its width and height, origin top left."""

    page: int = Field(ge=1, description="number of the page in the document, from 1")
    left: Fraction
    top: Fraction
    right: Fraction
    bottom: Fraction


class Value(Fact):
    """One value, with what a registrar needs to check it."""

    text: str
    confidence: Fraction
    source: Source
    area: Area | None = None


class Mark(Fact):
    """What was measured in one box of the form. Ink is a fraction of the box's inner area."""

    option: OptionKey
    ink: Fraction
    ring_ink: Fraction
    area: Area


class PageImage(Fact):
    """An upright image of one page, in the archive's derived area, for a person's eyes."""

    number: int = Field(ge=1, description="number of the page in the document, from 1")
    part: int = Field(ge=0, description="index of the mail's part that the page comes from")
    source_page: int = Field(ge=1, description="number of the page in that file, from 1")
    image: Digest | None
    width_px: int
    height_px: int


class Contact(Fact):
    name: Value | None = None
    email: Value | None = None
    phone: Value | None = None


class Signatory(Fact):
    name: Value | None = None
    title: Value | None = None
    place_date: Value | None = None


class SignatureFault(StrEnum):
    """Why an electronic signature does not count; the first that applies."""

    UNREADABLE = "unreadable"
    """It, or what it is made of, cannot be taken apart."""
    ALTERED = "altered"
    """The bytes are not those that were signed."""
    PARTIAL = "partial"
    """It covers a part of the file only."""
    CHANGED_AFTERWARDS = "changed_afterwards"
    """More than another signature was added after it."""
    WEAK = "weak"
    """Made with an algorithm that is no longer safe."""
    UNTRUSTED = "untrusted"
    """Nobody whom the settings name has issued the certificate."""
    EXPIRED = "expired"
    """The certificate was not yet, or no longer, valid."""
    REVOKED = "revoked"
    NOT_FOR_SIGNING = "not_for_signing"
    """The certificate is issued for something else."""


class ElectronicSignature(Fact):
    """One electronic signature in a file, and what its validation found."""

    signatory: int = Field(ge=1, description="the same number: the same person or organisation")
    name: str = Field(max_length=200, description="as the certificate says; no identity number")
    organisation: str = Field(default="", max_length=200)
    issuer: str = Field(default="", max_length=200)
    certificate: str = Field(
        default="", max_length=64, description="the certificate's serial number, hexadecimal"
    )
    signed_at: AwareDatetime | None = None
    timestamped: bool = Field(
        default=False, description="`signed_at` is from a trusted time stamp, not the signer's word"
    )
    revocation_known: bool = Field(
        default=False, description="the file itself tells that the certificate was not revoked"
    )
    covers_all: bool = Field(default=False, description="nothing was added to the file after it")
    fault: SignatureFault | None = Field(default=None, description="None: valid and trusted")


class SignatureFound(Fact):
    """What stands in one of the form's signature boxes."""

    state: SignatureState
    confidence: Fraction
    area: Area


class NeedReading(Fact):
    """What a description of a need says, by the fields of the template in `shared/needs.py`."""

    with_template: bool
    fields: dict[str, Value] = Field(default_factory=dict, description="by the field's key")
    missing: tuple[str, ...] = Field(
        default=(), description="keys of the required fields that are empty"
    )


class WitnessKind(StrEnum):
    """What may tell whose a form without codes is. None of them decides alone."""

    NAME = "name"
    """The municipality's name, in the form's field for it."""
    NUMBER = "number"
    """The organisation number, likewise."""
    CONTACT_DOMAIN = "contact_domain"
    """The domain of the contact person's e-mail address."""
    PREPRINTED = "preprinted"
    """The blank itself was made for one municipality; `text` is its kommunkod."""
    SENDER_DOMAIN = "sender_domain"
    """The domain of the mail's sender, where our mail server found that authentic."""


class Witness(Fact):
    """What was read that may tell whose the form is; the register, which knows more, weighs it.

    `legible` is false where something is written that could not be read for certain: nobody can
    then say that it does not contradict the others.
    """

    kind: WitnessKind
    text: str
    legible: bool = True
    area: Area | None = None
    names: tuple[MunicipalityCode, ...] | None = Field(
        default=None,
        description="whom the register takes it to name: nobody, one, or several that share a "
        "domain; null where it may be anybody, or was not weighed",
    )


class DocumentReading(Fact):
    """One document of a mail: what it is, what it says, and why it was or was not decided."""

    document_id: DocumentId
    kind: DocumentKind
    outcome: Outcome
    reasons: tuple[Reason, ...] = ()
    parts: tuple[int, ...] = Field(description="indexes of the mail's parts that it stands in")
    content: Digest = Field(
        description="digest of the bytes it was read from; same file, same digest"
    )
    pages: tuple[PageImage, ...] = ()
    form_version: int | None = None
    initiative: Value | None = None
    municipality: Value | None = None
    answer: Value | None = None
    signature: SignatureState | None = Field(
        default=None, description="what all signatures amount to; one that is missing decides"
    )
    signature_confidence: Fraction | None = None
    signature_area: Area | None = Field(default=None, description="of the first signature box")
    signatures: tuple[SignatureFound, ...] = Field(
        default=(), description="each signature that the form asks for, in its order"
    )
    electronic_signatures: tuple[ElectronicSignature, ...] = ()
    marks: tuple[Mark, ...] = ()
    signatory: Signatory = Signatory()
    co_signatories: tuple[Signatory, ...] = Field(
        default=(), description="those who sign beside the first, in the order of the form"
    )
    contact: Contact = Contact()
    their_reference: Value | None = None
    witnesses: tuple[Witness, ...] = Field(
        default=(), description="of a form without codes: what may tell whose it is"
    )
    once_proven: Outcome | None = Field(
        default=None, description="what the outcome is once the witnesses prove whose it is"
    )
    need: NeedReading | None = None
    codes: tuple[Area, ...] = Field(default=(), description="the codes of our form")
    anchors: tuple[Area, ...] = Field(
        default=(), description="marks, codes or printed words that the page was laid flat by"
    )
    stray_ink: tuple[Area, ...] = Field(
        default=(), description="writing where the form is blank, however little weight it has"
    )
    seconds: float = Field(default=0.0, description="wall-clock time of the reading")


class PartFate(StrEnum):
    """What became of one part of a mail; every part has exactly one fate."""

    DOCUMENT = "document"
    TEXT = "text"
    SKIPPED = "skipped"


class PartSummary(Fact):
    """One leaf part of a mail. `reason` says why a skipped part was skipped, in a stable key."""

    index: int = Field(ge=0)
    filename: str
    content_type: str = Field(description="as the bytes show, not only as the mail claims")
    size_bytes: int
    digest: Digest | None
    fate: PartFate
    reason: str = ""


class MailboxRole(StrEnum):
    ANSWERS = "answers"
    NEEDS = "needs"


class Disposition(StrEnum):
    """What kind of mail it is, as the first triage decided."""

    ANSWERS = "answers"
    NEED = "need"
    QUESTION = "question"
    REVIEW = "review"
    SET_ASIDE = "set_aside"


class Correspondence(Fact):
    """What the notifier needs to answer a mail, and to know that it must not be answered."""

    mailbox: str = Field(description="our address that the mail came to")
    return_path: str = Field(description="envelope sender; empty for a bounce")
    from_address: str
    from_name: str = ""
    subject: str = ""
    message_id: str = ""
    references: tuple[str, ...] = ()
    manners: dict[str, str] = Field(
        default_factory=dict,
        description="the headers that decide whether one may reply (RFC 3834), names in lower case",
    )


# --- The events ----------------------------------------------------------------------------


class MailArchived(Event):
    """intake → intake: the original is safe and in the ledger; it can be read."""

    subject: ClassVar[str] = "handslag.intake.mail_archived"

    mail_id: MailId
    digest: Digest
    size_bytes: int
    mailbox: str
    role: MailboxRole
    junk: bool = False
    received_at: AwareDatetime = Field(description="when the mail reached our servers")
    return_path: str | None = Field(default=None, description="where the door knows it")


class MailRead(Event):
    """intake → registry: what a mail holds, part by part and document by document."""

    subject: ClassVar[str] = "handslag.intake.mail_read"

    mail_id: MailId
    digest: Digest
    role: MailboxRole
    received_at: AwareDatetime
    correspondence: Correspondence
    disposition: Disposition
    disposition_reason: str = Field(default="", description="the triage rule that decided")
    sender_authentic: bool = Field(
        default=False, description="our own mail server found that the sender is who it says"
    )
    mail_reasons: tuple[Reason, ...] = Field(
        default=(), description="doubts about the mail as a whole; they hold back every document"
    )
    text: str = Field(default="", max_length=20_000, description="the mail's plain text")
    parts: tuple[PartSummary, ...] = ()
    documents: tuple[DocumentReading, ...] = ()


class DocumentSearchable(Event):
    """intake → registry: a document's full text, and a copy of it that can be searched.

    Made in the background, after the mail was read; the original is untouched.
    """

    subject: ClassVar[str] = "handslag.intake.document_searchable"

    mail_id: MailId
    document_id: DocumentId
    text: str = Field(max_length=100_000, description="all its words, line by line, page by page")
    pdf: Digest = Field(description="the copy, in the archive's derived area")
    pages: int = Field(ge=1)


class DeliveryFailed(Event):
    """intake → notifier, registry: a mail of ours came back."""

    subject: ClassVar[str] = "handslag.intake.delivery_failed"

    mail_id: MailId = Field(description="the bounce itself")
    token: str = Field(description="the token of the envelope sender, if any")
    recipient: str = ""
    status: str = Field(default="", description="enhanced status code (RFC 3463), if any")
    diagnostic: str = ""


class Turn(IntEnum):
    """How far a page is turned clockwise, in degrees."""

    NONE = 0
    QUARTER = 90
    HALF = 180
    THREE_QUARTERS = 270


class ArrangedPage(Fact):
    """One page of a mail's files, as a person wants it read."""

    part: int = Field(ge=0, description="index of the mail's part that it stands in")
    source_page: int = Field(ge=1, description="number of the page in that file, from 1")
    file: Digest = Field(description="of the file's bytes, as they were when it was last read")
    image: Digest | None = Field(description="the picture of it that the person saw")
    turn: Turn = Field(default=Turn.NONE, description="from how that picture stands")


class ReadAs(StrEnum):
    """As what a document is read: by all forms that are known, or by one kind alone."""

    ANY = "any"
    OWN_FORM = "own_form"
    LEARNED_FORM = "learned_form"
    NEED = "need"


class ArrangedDocument(Fact):
    """A document to be: its pages in their order, and what to read them as."""

    document_id: DocumentId
    pages: tuple[ArrangedPage, ...] = Field(min_length=1)
    read_as: ReadAs = ReadAs.ANY
    initiative: InitiativeId | None = Field(default=None, description="of the learned form")
    version: int | None = Field(default=None, description="of the learned form")


class PagesArranged(Event):
    """registry → intake: a person wants these pages of a mail read anew, as these documents.

    The original is untouched, and so is what was read of it before.
    """

    subject: ClassVar[str] = "handslag.registry.pages_arranged"

    arrangement: UUID
    mail_id: MailId
    digest: Digest
    role: MailboxRole
    received_at: AwareDatetime
    documents: tuple[ArrangedDocument, ...] = Field(min_length=1)


class RereadFault(StrEnum):
    """Why pages could not be read anew; what there was of them before still stands."""

    ORIGINAL_GONE = "original_gone"
    """The mail is not in the archive, or damaged there."""
    MAIL_UNREADABLE = "mail_unreadable"
    FILE_GONE = "file_gone"
    """The mail, taken apart again, has another file in its place, or none."""
    FILE_UNREADABLE = "file_unreadable"
    PAGE_GONE = "page_gone"
    FORM_WITHDRAWN = "form_withdrawn"
    """The learned form that it was to be read as is in force no longer."""


class PagesRead(Event):
    """intake → registry: what pages say that a person arranged; each document waits for a person.

    With a fault there are no documents, and nothing has changed.
    """

    subject: ClassVar[str] = "handslag.intake.pages_read"

    arrangement: UUID
    mail_id: MailId
    sender_authentic: bool = Field(default=False, description="as in MailRead")
    documents: tuple[DocumentReading, ...] = ()
    fault: RereadFault | None = None
    reason: Reason | None = Field(default=None, description="more about the fault, if known")


class ReplyKind(StrEnum):
    """What somebody's answer to a mail of ours says of its sender."""

    REPLY = "reply"
    LEFT = "left"
    """Whoever we wrote to has left."""
    AWAY = "away"
    """An automatic answer that says nothing else."""
    WRONG_PERSON = "wrong_person"


class ReplyReceived(Event):
    """intake → registry: a mail answers a mail of ours; told beside `MailRead`.

    Whoever knows a mail of ours can claim to answer it: no answer may follow from this.
    """

    subject: ClassVar[str] = "handslag.intake.reply_received"

    mail_id: MailId = Field(description="the mail that came in")
    received_at: AwareDatetime
    kind: ReplyKind
    sender: str = ""
    token: str = Field(default="", description="of the envelope sender, if a machine answered")
    answers: tuple[str, ...] = Field(
        default=(), description="Message-IDs of ours that it names; none of them is checked"
    )
    suggested: tuple[str, ...] = Field(default=(), description="addresses to write to instead")


class UnsubscribeAsked(Event):
    """intake → registry: a mail was sent to the address that ends a newsletter."""

    subject: ClassVar[str] = "handslag.intake.unsubscribe_asked"

    mail_id: MailId
    received_at: AwareDatetime
    token: str = Field(
        pattern=r"^[A-Za-z0-9_-]{20,100}$",
        description="of the letter that offered it; in small letters, if a server made it so",
    )
    sender: str = ""


class InitiativeDefined(Event):
    """registry → intake: an initiative and its options, so that its forms can be read."""

    subject: ClassVar[str] = "handslag.registry.initiative_defined"

    initiative: InitiativeId
    name: str
    round: str
    options: dict[OptionKey, str] = Field(description="key → label, in the order of the form")
    signatories: int = Field(default=1, ge=1, description="how many must sign for a municipality")
    last_answer_day: date


class FormLearned(Event):
    """registry → intake: a form that somebody else made can be read from now on.

    A newer version of the same blank replaces the older; otherwise all remain readable.
    """

    subject: ClassVar[str] = "handslag.registry.form_learned"

    initiative: InitiativeId
    template: FormTemplate
    blank: Digest = Field(description="the blank PDF, in the archive's derived area")


class FormWithdrawn(Event):
    """registry → intake: a learned form is no longer read by.

    It is again if it is learned later than this.
    """

    subject: ClassVar[str] = "handslag.registry.form_withdrawn"

    initiative: InitiativeId
    version: int


class BlankUploaded(Event):
    """registry → intake: staff want the form learned that this blank is printed from."""

    subject: ClassVar[str] = "handslag.registry.blank_uploaded"

    draft: UUID
    blank: Digest = Field(description="a PDF from outside, in the archive's derived area")


class BlankPage(Fact):
    """One page of a blank; its picture is a grey PNG in the archive's derived area."""

    picture: Digest
    width_mm: float
    height_mm: float


class BlankExamined(Event):
    """intake → registry: what stands on a blank, or why it could not be opened."""

    subject: ClassVar[str] = "handslag.intake.blank_examined"

    draft: UUID
    answers: UUID = Field(description="the event that asked")
    fault: str = Field(default="", description="a stable key; empty if it could be opened")
    pages: tuple[BlankPage, ...] = ()
    survey: Digest | None = Field(
        default=None, description="`shared.blank.BlankSurveyed` as JSON, in the derived archive"
    )


class FieldsPointed(Event):
    """registry → intake: where staff say that the fields of an examined blank are."""

    subject: ClassVar[str] = "handslag.registry.fields_pointed"

    draft: UUID
    survey: Digest
    pictures: tuple[Digest, ...] = Field(description="of every page, in their order")
    fields: str = Field(max_length=20_000, description="as `handslag form learn` takes it (YAML)")
    options: tuple[OptionKey, ...]
    names: tuple[str, ...] = Field(description="texts that say which initiative it is")
    signatories: int = 1
    version: int


class FieldFault(Fact):
    """What is wrong with one field of a blank, or, without a field, with all of it."""

    field: str = ""
    fault: str = Field(description="a stable key")
    said: str = Field(default="", max_length=500, description="in the reader's own words")


class FormDrafted(Event):
    """intake → registry: the form that was pointed out, not in force, or why there is none."""

    subject: ClassVar[str] = "handslag.intake.form_drafted"

    draft: UUID
    answers: UUID = Field(description="the event that asked")
    template: FormTemplate | None = None
    preview: Digest | None = Field(
        default=None, description="a PNG with the fields drawn, in the derived archive"
    )
    faults: tuple[FieldFault, ...] = ()


class AnswerRecorded(Event):
    """registry → all: a municipality's current answer to an initiative."""

    subject: ClassVar[str] = "handslag.registry.answer_recorded"

    initiative: InitiativeId
    municipality: MunicipalityCode
    answer: OptionKey
    document_id: DocumentId
    dnr: str
    handling: int
    received_at: AwareDatetime
    late: bool
    by: str = Field(description="`machine`, or the registrar's user name")


class AnswerVoided(Event):
    """registry → all: an answer is no longer current, and no other took its place."""

    subject: ClassVar[str] = "handslag.registry.answer_voided"

    initiative: InitiativeId
    municipality: MunicipalityCode
    document_id: DocumentId
    by: str = Field(description="the registrar's user name")


class Fate(StrEnum):
    """What the registry did with one document of a mail."""

    RECORDED = "recorded"
    DUPLICATE = "duplicate"
    REVIEW = "review"
    RETURNED = "returned"
    NEED = "need"
    QUESTION = "question"
    """A person found that it asks something; staff answer it."""
    NOT_REGISTERED = "not_registered"
    """A person found that it is nothing to register (registreras inte)."""
    REARRANGED = "rearranged"
    """A person put its pages together to other documents, which have fates of their own."""


class RegisteredDocument(Fact):
    """One line of a receipt."""

    document_id: DocumentId
    dnr: str
    handling: int
    fate: Fate
    files: tuple[str, ...] = ()
    initiative_name: str | None = None
    municipality_name: str | None = None
    answer_label: str | None = None
    late: bool = False
    reasons: tuple[Reason, ...] = ()


class MailRegistered(Event):
    """registry → notifier: a mail's documents are registered; its sender should be told.

    One event for a mail, so that one receipt names all its documents. `documents` is empty when
    the mail itself became a matter for staff (a question, no attachment).
    """

    subject: ClassVar[str] = "handslag.registry.mail_registered"

    mail_id: MailId
    received_at: AwareDatetime
    registered_at: AwareDatetime
    disposition: Disposition
    mail_reasons: tuple[Reason, ...] = ()
    correspondence: Correspondence
    dnr: str = Field(default="", description="the mail's own number, when it has no documents")
    handling: int = 0
    documents: tuple[RegisteredDocument, ...] = ()


class DocumentResolved(Event):
    """registry → notifier: a person decided what became of a document; its sender should be told.

    Only of what concerns the sender: an answer recorded, a duplicate, a new document asked for.
    """

    subject: ClassVar[str] = "handslag.registry.document_resolved"

    resolution: UUID = Field(description="the decision, which may be taken back")
    send_after: AwareDatetime = Field(description="no mail leaves before: the time to take it back")
    mail_id: MailId
    received_at: AwareDatetime
    disposition: Disposition
    mail_reasons: tuple[Reason, ...] = ()
    correspondence: Correspondence
    document: RegisteredDocument = Field(description="as it stands now")
    replaces_label: str | None = Field(
        default=None, description="the answer that stood until now, if this one replaced it"
    )
    former_dnr: str = Field(default="", description="the number of the receipt, if it is another")
    message: str = Field(
        default="", max_length=2_000, description="what the registrar wrote to the sender"
    )


class ResolutionUndone(Event):
    """registry → notifier: the decision was taken back; a mail about it that waits must not leave.

    It may arrive before the decision itself.
    """

    subject: ClassVar[str] = "handslag.registry.resolution_undone"

    resolution: UUID
    mail_id: MailId


class LetterKind(StrEnum):
    """What a letter that the registry orders is for."""

    OFFER = "offer"
    REMINDER = "reminder"
    UPDATE = "update"
    CONTACT_CHANGED = "contact_changed"
    TEMPLATE_REQUEST = "template_request"
    QUESTION_FORWARDED = "question_forwarded"
    NEED_RECEIPT = "need_receipt"
    INVITATION = "invitation"
    NEWSLETTER = "newsletter"


class LetterFile(Fact):
    """A file that a letter carries."""

    name: str = Field(min_length=1, max_length=200, description="as its reader sees it")
    content_type: str = Field(pattern=r"^[a-z]+/[a-z0-9][a-z0-9.+-]{0,80}$")
    content: Digest = Field(description="its bytes, in the archive's derived area")


class Appointment(Fact):
    """What a letter invites to, as a calendar file tells it (RFC 5545)."""

    uid: str = Field(
        pattern=r"^[A-Za-z0-9._-]{1,100}$",
        description="the same in every letter about it; a calendar knows it again by that",
    )
    title: str = Field(min_length=1, max_length=200)
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    place: str = Field(default="", max_length=300)
    description: str = Field(default="", max_length=4_000)
    url: str = Field(default="", pattern=r"^(https?://[!-~]{3,500})?$")
    reply_wanted: bool = Field(
        default=False, description="calendars ask for yes or no, and their answer comes back to us"
    )
    sequence: int = Field(default=0, ge=0, description="raised each time that it is changed")
    cancelled: bool = False


class AnsweredMail(Fact):
    """The mail that a letter answers: all that the gate must know of it."""

    mail_id: MailId
    received_at: AwareDatetime
    disposition: Disposition
    mail_reasons: tuple[Reason, ...] = ()
    correspondence: Correspondence


class LetterOrdered(Event):
    """registry → notifier: a letter to one recipient, worded; it is to be sent.

    One letter for a `letter_id`, however often it is ordered.

    `text` is plain: a blank line between paragraphs; lines that begin with `# ` are headings, with
    `- ` items, with `1. ` steps; `label | value` is a row of a small table.
    """

    subject: ClassVar[str] = "handslag.registry.letter_ordered"

    letter_id: UUID
    mailing_id: UUID | None = Field(default=None, description="the mailing that it is a part of")
    kind: LetterKind
    mailbox: str = Field(
        default="", max_length=254, description="our address that writes; empty: the usual one"
    )
    recipient: str = Field(max_length=320)
    recipient_name: str = Field(default="", max_length=200)
    attention: tuple[str, ...] = Field(
        default=(), max_length=10, description="for whom it is there, one role each"
    )
    subject_line: str = Field(min_length=1, max_length=250)
    heading: str = Field(default="", max_length=250)
    text: str = Field(min_length=1, max_length=50_000)
    files: tuple[LetterFile, ...] = Field(default=(), max_length=50)
    appointment: Appointment | None = None
    answers: AnsweredMail | None = Field(default=None, description="the mail that it answers")
    in_reply_to: str = Field(
        default="", max_length=1_000, description="a letter of ours that it follows upon"
    )
    references: tuple[str, ...] = Field(default=(), max_length=40)
    unsubscribe: str = Field(
        default="",
        pattern=r"^([A-Za-z0-9_-]{20,100})?$",
        description="unguessable: who shows it unsubscribes this recipient from newsletters",
    )
    send_after: AwareDatetime | None = Field(default=None, description="no earlier; null: at once")
    initiative: InitiativeId | None = None
    municipality: MunicipalityCode | None = None
    document_id: DocumentId | None = None


class MailingState(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    """For good: what has not left is held back, with the reason MAILING_STOPPED."""


MAILING_STOPPED = "mailing_stopped"


class MailingSteered(Event):
    """registry → notifier: how a mailing is to go from now on; the latest that occurred counts.

    It may arrive before the mailing's letters, or after them.
    """

    subject: ClassVar[str] = "handslag.registry.mailing_steered"

    mailing_id: UUID
    state: MailingState = MailingState.RUNNING
    per_minute: float | None = Field(
        default=None, gt=0, le=100_000, description="letters; null: what the settings say"
    )
    per_minute_per_domain: float | None = Field(
        default=None, gt=0, le=100_000, description="to one domain; null: what the settings say"
    )


class MessageFate(StrEnum):
    SENT = "sent"
    HELD_BACK = "held_back"
    """By the gate, or because what it tells of was taken back: then `reason` is WITHDRAWN."""
    FAILED = "failed"


WITHDRAWN = "withdrawn"


class MessageSettled(Event):
    """notifier → registry: what became of one outgoing mail."""

    subject: ClassVar[str] = "handslag.notifier.message_settled"

    mail_id: MailId | None = Field(default=None, description="the mail it answers, if any")
    document_id: DocumentId | None = Field(
        default=None, description="the one document that it is about, if it is about one"
    )
    message_id: str
    letter_id: UUID | None = Field(default=None, description="the letter, if it was ordered")
    mailing_id: UUID | None = None
    kind: str
    recipient: str
    fate: MessageFate
    reason: str = ""
    content: Digest | None = Field(default=None, description="the exact bytes sent, in the archive")
    settled_at: AwareDatetime


class DeadLetterRetryOrdered(Event):
    """registry → intake, notifier: handle events once more that could not be handled."""

    subject: ClassVar[str] = "handslag.registry.dead_letter_retry_ordered"

    service: str
    numbers: tuple[int, ...] = Field(description="of its dead letters")
    by: str = Field(description="the administrator's user name")


EVENTS: tuple[type[Event], ...] = (
    MailArchived,
    MailRead,
    PagesRead,
    DocumentSearchable,
    DeliveryFailed,
    ReplyReceived,
    UnsubscribeAsked,
    PagesArranged,
    InitiativeDefined,
    FormLearned,
    FormWithdrawn,
    BlankUploaded,
    BlankExamined,
    FieldsPointed,
    FormDrafted,
    AnswerRecorded,
    AnswerVoided,
    MailRegistered,
    DocumentResolved,
    ResolutionUndone,
    LetterOrdered,
    MailingSteered,
    MessageSettled,
    DeadLetterRetryOrdered,
)
