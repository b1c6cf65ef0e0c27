"""The one-answer rule: a municipality has one current answer to an initiative.

The machine records the first. What comes after is a duplicate if it is beyond doubt the same, and
otherwise a conflict for a registrar: only a person replaces an answer with a newer one.
"""

from dataclasses import dataclass

from shared.events import DocumentReading, Value


@dataclass(frozen=True)
class Pair:
    """What an answer is about: one initiative and one municipality (kommunkod)."""

    initiative: str
    municipality: str


@dataclass(frozen=True)
class Scan:
    """Which pages of which bytes a document was read from."""

    content: str
    """SHA-256 of the file."""
    pages: tuple[int, ...]
    """Page numbers in that file, from 1: one file may hold several forms."""


@dataclass(frozen=True)
class Values:
    """Everything that a document says; empty where nothing was read."""

    answer: str
    signature: str
    signatory_name: str
    signatory_title: str
    place_date: str
    contact_name: str
    contact_email: str
    contact_phone: str
    their_reference: str

    def surely_same(self, other: "Values") -> bool:
        """Whether both say the same, and enough was read to know it.

        Two forms filled in by hand may differ in all that could not be read.
        """
        return self == other and bool(self.contact_name and self.place_date)


@dataclass(frozen=True)
class Statement:
    """An answer as one document states it."""

    document_id: str
    mail_id: str
    scan: Scan
    values: Values


@dataclass(frozen=True)
class Recorded:
    """The first answer: it becomes the current one."""


@dataclass(frozen=True)
class Duplicate:
    """The same answer again: kept as a handling, it changes nothing."""

    of: str
    """The document whose answer stands."""


@dataclass(frozen=True)
class Conflict:
    """Another answer stands: a registrar decides which is current."""

    standing: str
    """The document whose answer stands."""


def decide(claim: Statement, standing: Statement | None) -> Recorded | Duplicate | Conflict:
    """Apply the one-answer rule to an answer that is beyond doubt in itself.

    The same scan must also say the same: if the reader has learned to see more since, a person
    should see it too.
    """
    if standing is None:
        return Recorded()
    same_scan = claim.scan == standing.scan and claim.values.answer == standing.values.answer
    if same_scan or claim.values.surely_same(standing.values):
        return Duplicate(of=standing.document_id)
    return Conflict(standing=standing.document_id)


def statement_of(reading: DocumentReading, mail_id: str) -> Statement:
    """Return what a document says, in the form that can be compared."""
    return Statement(
        document_id=reading.document_id,
        mail_id=mail_id,
        scan=Scan(reading.content, tuple(page.source_page for page in reading.pages)),
        values=Values(
            answer=_text(reading.answer),
            signature=reading.signature or "",
            signatory_name=_text(reading.signatory.name),
            signatory_title=_text(reading.signatory.title),
            place_date=_text(reading.signatory.place_date),
            contact_name=_text(reading.contact.name),
            contact_email=_text(reading.contact.email),
            contact_phone=_text(reading.contact.phone),
            their_reference=_text(reading.their_reference),
        ),
    )


def _text(value: Value | None) -> str:
    return "" if value is None else value.text
