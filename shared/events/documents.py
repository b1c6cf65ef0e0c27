"""What was read of one document, with the place of each value."""

from enum import StrEnum

from pydantic import AwareDatetime, Field

from shared.events.base import Fact, Fraction
from shared.events.reasons import Reason
from shared.identifiers import Digest, DocumentId, MunicipalityCode, OptionKey


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
