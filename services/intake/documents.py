"""From the pages of a mail's files to its documents: which pages belong together.

    one form in the mail      the files without a form are its appendices, and are doubted
    several forms             a file without a form may belong to any: it stands alone, all doubt
    blank pages               backs of sheets: kept with the form before them, doubted by nobody
    two halves of one sheet   one document; that a code is missing on each keeps it from the machine
    a needs template          a document of its own, whatever it came with
    a file with a fault       a document of its own, if no form was found in it before the fault
    a form that is not sure   a document of its own, and all others are doubted as by an appendix
    arranged by a person      as the person says

Pure. Nothing is decided here but what belongs together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from services.intake.needs import is_template
from services.intake.reading.identify import own_codes
from services.intake.reading.learned.verdict import identify_learned
from services.intake.reading.measured import FileMeasured, NeedMeasured, PageMeasured
from shared.events import ElectronicSignature, Reason
from shared.forms import FormTemplate
from shared.identifiers import Digest, InitiativeId, digest_of

Templates = Mapping[tuple[InitiativeId, int], FormTemplate]
"""The forms that were learned, by initiative and version."""


@dataclass(frozen=True)
class PlacedPage:
    """A measured page and where it stands: `part` is the index of its file in the mail."""

    page: PageMeasured
    part: int
    content: Digest
    image: Digest

    @property
    def has_form(self) -> bool:
        return bool(own_codes(self.page.codes)) or bool(self.page.learned)


@dataclass(frozen=True)
class MeasuredFile:
    """One file of a mail; `content` is the digest of its bytes."""

    part: int
    content: Digest
    pages: tuple[PlacedPage, ...]
    fault: Reason | None
    seconds: float
    need: NeedMeasured | None = None

    @property
    def has_form(self) -> bool:
        return any(page.has_form for page in self.pages)

    @property
    def is_blank(self) -> bool:
        """Whether it is nothing but the backs of sheets."""
        return self.fault is None and all(page.page.blank for page in self.pages)


@dataclass(frozen=True)
class Document:
    """The pages that belong together, in the mail's order; `form` is the one that answers.

    `content` is the digest of the file that its form stands in.
    """

    pages: tuple[PlacedPage, ...]
    form: PlacedPage | None
    parts: tuple[int, ...]
    content: Digest
    reasons: tuple[Reason, ...] = ()
    need: NeedMeasured | None = None

    @property
    def form_number(self) -> int:
        """The number of the form among the document's pages, from 1."""
        return self.pages.index(self.form) + 1 if self.form is not None else 1

    @property
    def electronic_signatures(self) -> tuple[ElectronicSignature, ...]:
        """Those of the form's file, or of its first file that has any."""
        pages = (self.form,) if self.form is not None else self.pages
        signed = (page.page.electronic_signatures for page in pages)
        return next((signatures for signatures in signed if signatures), ())


def placed(measured: FileMeasured, part: int, content: Digest) -> MeasuredFile:
    """Return a file in its place; of the pages' images only the digests are kept."""
    pages = tuple(
        PlacedPage(
            page.model_copy(update={"image": b""}), part, content, image=digest_of(page.image)
        )
        for page in measured.pages
    )
    return MeasuredFile(part, content, pages, measured.fault, measured.seconds, measured.need)


def documents_of(files: Sequence[MeasuredFile], learned: Templates) -> list[Document]:
    """Return the documents of a mail, in the order of their first pages."""
    files = [_without_mere_likeness(file, learned) for file in files]
    with_form = [document for file in files if file.has_form for document in _forms_in(file)]
    with_form = _halves_joined(with_form)
    alone: list[Document] = []
    for file in files:
        if file.has_form:
            continue
        if file.fault is not None or not with_form or is_template(file.need):
            alone.append(_without_form(file))
        elif file.is_blank:
            nearest = _nearest(with_form, file.part)
            with_form[nearest] = _with_pages(with_form[nearest], file)
        elif len(with_form) == 1:
            with_form = [_doubted(_with_pages(with_form[0], file))]
        else:
            alone.append(_without_form(file))
            with_form = [_doubted(document) for document in with_form]
    return sorted([*_doubted_by_unsure(with_form, learned), *alone], key=_first_place)


def document_arranged(
    pages: Sequence[PlacedPage],
    learned: Templates,
    *,
    faults: Sequence[Reason] = (),
    need: NeedMeasured | None = None,
) -> Document:
    """Return the document that a person has put together of these pages, in their order.

    The first page with a code of ours answers, else the first that is like a learned form.
    `faults` are those of the files that the pages come from.
    """
    pages = tuple(_without_likeness(page, learned) for page in pages)
    coded = (page for page in pages if own_codes(page.page.codes))
    form = next(coded, None) or next((page for page in pages if page.has_form), None)
    parts = tuple(sorted({page.part for page in pages}))
    if form is None:
        blank = all(page.page.blank for page in pages)
        why = tuple(faults) or (Reason.BLANK_PAGE if blank else Reason.NO_CODE,)
        return Document(pages, None, parts, pages[0].content, why, need)
    document = Document(pages, form, parts, form.content, tuple(faults))
    extra = any(page is not form and not page.page.blank for page in pages)
    return _doubted(document) if extra else document


def _without_mere_likeness(file: MeasuredFile, learned: Templates) -> MeasuredFile:
    """The file, its pages that could be laid over a learned form and are none of them as others."""
    return replace(file, pages=tuple(_without_likeness(page, learned) for page in file.pages))


def _without_likeness(placed: PlacedPage, learned: Templates) -> PlacedPage:
    if not placed.page.learned or identify_learned(placed.page.learned, learned).like:
        return placed
    return replace(placed, page=placed.page.model_copy(update={"learned": ()}))


def _doubted_by_unsure(documents: Sequence[Document], learned: Templates) -> list[Document]:
    """What only resembles a learned form may be an appendix to any of the others."""
    unsure = [document for document in documents if not _is_sure(document, learned)]
    return [
        _doubted(document) if any(other is not document for other in unsure) else document
        for document in documents
    ]


def _is_sure(document: Document, learned: Templates) -> bool:
    assert document.form is not None
    page = document.form.page
    return bool(own_codes(page.codes)) or (
        identify_learned(page.learned, learned).measured is not None
    )


def _forms_in(file: MeasuredFile) -> list[Document]:
    """Each form with the pages up to the next; what comes before the first is the first's."""
    starts = [index for index, page in enumerate(file.pages) if page.has_form]
    ends = [*starts[1:], len(file.pages)]
    fault = () if file.fault is None else (file.fault,)
    documents = []
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        pages = file.pages[0 if number == 0 else start : end]
        form = file.pages[start]
        document = Document(pages, form, (file.part,), file.content, fault)
        extra = any(page is not form and not page.page.blank for page in pages)
        documents.append(_doubted(document) if extra else document)
    return documents


def _halves_joined(documents: Sequence[Document]) -> list[Document]:
    """A sheet photographed in two pieces shows one of its two codes on each."""
    joined: list[Document] = []
    halves: dict[str, int] = {}
    for document in documents:
        assert document.form is not None
        codes = own_codes(document.form.page.codes)
        first = halves.pop(codes[0].text, None) if len(codes) == 1 else None
        if first is not None:
            joined[first] = _doubted(_together(joined[first], document))
            continue
        if len(codes) == 1:
            halves[codes[0].text] = len(joined)
        joined.append(document)
    return joined


def _without_form(file: MeasuredFile) -> Document:
    why = file.fault or (Reason.BLANK_PAGE if file.is_blank else Reason.NO_CODE)
    return Document(file.pages, None, (file.part,), file.content, (why,), file.need)


def _nearest(documents: Sequence[Document], part: int) -> int:
    """The document before the part, or the first."""
    before = [index for index, document in enumerate(documents) if _first_place(document)[0] < part]
    return before[-1] if before else 0


def _with_pages(document: Document, file: MeasuredFile) -> Document:
    return _together(document, Document(file.pages, None, (file.part,), file.content))


def _together(document: Document, other: Document) -> Document:
    pages = sorted((*document.pages, *other.pages), key=lambda one: (one.part, one.page.number))
    parts = sorted({*document.parts, *other.parts})
    reasons = tuple(dict.fromkeys((*document.reasons, *other.reasons)))
    return replace(document, pages=tuple(pages), parts=tuple(parts), reasons=reasons)


def _doubted(document: Document) -> Document:
    reasons = tuple(dict.fromkeys((*document.reasons, Reason.EXTRA_PAGE)))
    return replace(document, reasons=reasons)


def _first_place(document: Document) -> tuple[int, int]:
    return document.parts[0], document.pages[0].page.number if document.pages else 0
