"""Pages that a person arranges: read anew from the original, on real children and archives."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from uuid import uuid4

import cv2
import numpy as np
import pytest

from services.console.demo import scans
from services.console.demo.scans import Channel, Filling, Scan, Stroke
from services.intake import forms
from services.intake.rearrange import Rearranger
from services.intake.sandbox.client import Sandbox
from services.intake.search import Searcher
from services.intake.settings import ReaderLimits, SearchSettings
from services.registry.accounts import account_of
from services.registry.arranging.arrange import Arranger, Asked
from services.registry.arranging.reread import Rereader
from services.registry.domain.answer import Pair
from services.registry.domain.arrangement import PageId, Placing, Plan
from services.registry.domain.resolution import Attach
from services.registry.forms.print import print_form
from services.registry.resolve import Resolved, Resolver
from services.registry.settings import RegistrySection
from services.registry.store.arrangements import arrangeable, mark_of
from services.registry.tables import Answer, ReviewItem, ReviewState
from shared.archive import Area
from shared.events import (
    ArrangedDocument,
    ArrangedPage,
    DocumentKind,
    DocumentReading,
    DocumentResolved,
    DocumentSearchable,
    Fate,
    FormLearned,
    MailRead,
    Outcome,
    PagesArranged,
    PagesRead,
    ReadAs,
    Reason,
    RereadFault,
    SignatureState,
    Turn,
)
from shared.identifiers import document_id_of
from shared.outbox import now
from shared.own_form import own_form
from tests.bench.forms.other_form import Blank, learned
from tests.intake import KEY, Intake, initiative
from tests.letters import letter
from tests.unit.intake.test_message import nested
from tests.unit.registry.builders import Register

HABO, LUND = ("0305", "Håbo kommun"), ("1281", "Lunds kommun")
Page = tuple[int, int]
"""Index of the part, and number of the page in it."""


@cache
def answer(of: tuple[str, str] = HABO, option: str = "ja", quarter_turns: int = 0) -> Scan:
    """A scanned answer."""
    blank = print_form(
        initiative="kompetens-2024", initiative_name="Kompetensgemenskaper", round_name="2024",
        last_answer_day=date(2024, 9, 30), options={"ja": "Ja", "nej": "Nej"},
        municipality=of[0], municipality_name=of[1], key=KEY,
    )  # fmt: skip
    filling = Filling({option: Stroke.CROSS})
    paper = scans.fill(scans.blank_page(blank), own_form(("ja", "nej")), filling, seed=1)
    return scans.scan(paper, Channel.SCANNER, seed=1, quarter_turns=quarter_turns)


@cache
def minutes(quarter_turns: int = 0, name: str = "PROTOKOLL") -> Scan:
    """A page without a form: large words on the upper half."""
    page = np.full((1754, 1240), 250, np.uint8)
    for line, text in enumerate((name, "Kommunstyrelsen", "Paragraf 112")):
        cv2.putText(page, text, (120, 250 + 160 * line), cv2.FONT_HERSHEY_SIMPLEX, 3, (0,), 7)
    return Scan(np.ascontiguousarray(np.rot90(page, quarter_turns)), 150, 150, False, 80)


def mailed(*files: list[Scan]) -> bytes:
    """A mail with a file for each of these."""
    return letter(*((f"{n}.pdf", scans.as_pdf(pages)) for n, pages in enumerate(files, start=1)))


@cache
def one_answer() -> bytes:
    """The same mail each time: it is read only once."""
    return mailed([answer()])


@cache
def two_answers_in_one_file() -> bytes:
    return mailed([answer(), uncoded(answer(LUND, "nej"))])


@cache
def one_answer_over_two_files() -> bytes:
    return mailed([answer()], [answer(LUND)], [minutes()])


def uncoded(scan: Scan) -> Scan:
    """The same without its codes, as if they had been torn off."""
    picture = np.array(scan.picture)
    per_mm = scan.dpi_x / 25.4
    for code in own_form(("ja", "nej")).codes:
        rect = code.symbol.grown(2)
        top, bottom = round(rect.top_mm * per_mm), round(rect.bottom_mm * per_mm)
        picture[top:bottom, round(rect.left_mm * per_mm) : round(rect.right_mm * per_mm)] = 250
    return replace(scan, picture=picture)


def arranged(read: MailRead, *documents: tuple[Page, ...], **more: object) -> PagesArranged:
    """Have these pages read as documents; `turns` by page, `read_as` for all of them."""
    turns = more.pop("turns", {})
    seen = {(page.part, page.source_page): page for one in read.documents for page in one.pages}
    files = {part.index: part.digest for part in read.parts}
    assert isinstance(turns, dict)
    return PagesArranged(
        occurred_at=now(),
        arrangement=uuid4(),
        mail_id=read.mail_id,
        digest=read.digest,
        role=read.role,
        received_at=read.received_at,
        documents=tuple(
            ArrangedDocument.model_validate(
                {
                    "document_id": document_id_of(read.mail_id, 10 + number),
                    "pages": [
                        ArrangedPage(
                            part=part,
                            source_page=page,
                            file=files[part] or "",
                            image=seen[part, page].image if (part, page) in seen else None,
                            turn=turns.get((part, page), Turn.NONE),
                        )
                        for part, page in pages
                    ],
                    **more,
                }
            )
            for number, pages in enumerate(documents)
        ),
    )


@pytest.fixture(scope="module")
def reads(
    sqlite_templates: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Intake]:
    """Intake on SQLite alone, where it is the reading that is tested."""
    folder = tmp_path_factory.mktemp("reads")
    made = Intake(f"sqlite:///{shutil.copy(sqlite_templates('intake'), folder)}", folder)
    made.define(initiative())
    yield made
    made.database.close()


async def reread(intake: Intake, children: Sandbox, event: PagesArranged) -> PagesRead:
    rearranger = Rearranger(intake.archive, intake.database, children, intake.reader_settings())
    await rearranger.rearrange(event)
    await rearranger.rearrange(event)  # a repeat changes nothing
    [told] = [one for one in intake.told(PagesRead) if one.arrangement == event.arrangement]
    return told


def said(reading: DocumentReading) -> tuple[str, str]:
    assert reading.municipality is not None
    assert reading.answer is not None
    return reading.municipality.text, reading.answer.text


async def test_an_appendix_is_parted_from_the_answer_that_it_was_scanned_with(
    reads: Intake, children: Sandbox
) -> None:
    file = scans.as_pdf([answer(), minutes()])
    read = await reads.read(children, letter(("svar.pdf", file)))
    [whole] = read.documents
    assert whole.reasons == (Reason.EXTRA_PAGE,)
    told = await reread(reads, children, arranged(read, ((1, 1),), ((1, 2),)))
    assert (told.fault, told.sender_authentic) == (None, False)
    form, other = told.documents
    assert said(form) == ("0305", "ja")
    # Beyond doubt in itself, and a person sees it all the same.
    assert (form.reasons, form.outcome) == ((Reason.REARRANGED,), Outcome.REVIEW)
    assert (other.kind, other.reasons) == (
        DocumentKind.OTHER,
        (Reason.NO_CODE, Reason.REARRANGED),
    )
    assert [(page.number, page.part, page.source_page) for page in other.pages] == [(1, 1, 2)]
    assert [one.document_id[-3:] for one in told.documents] == ["-10", "-11"]
    for page in (*form.pages, *other.pages):
        assert page.image is not None
        assert reads.archive.get(page.image, Area.DERIVED).startswith(b"\xff\xd8")


async def test_a_lost_image_of_an_arranged_page_breaks_the_proof(
    reads: Intake, children: Sandbox
) -> None:
    file = scans.as_pdf([minutes(name="SISTA SIDAN")])
    read = await reads.read(children, letter(("bilaga.pdf", file)))
    told = await reread(reads, children, arranged(read, ((1, 1),), turns={(1, 1): Turn.HALF}))
    [page] = told.documents[0].pages
    assert page.image is not None
    [kept] = reads.archive.root.rglob(f"*{page.image[4:]}*")
    data = kept.read_bytes()
    kept.unlink()
    [account] = [one for one in reads.accounts() if one.mail_id == read.mail_id]
    assert account.faults == (f"the image of page 1 of {told.documents[0].document_id} is gone",)
    reads.archive.put(data, Area.DERIVED)


async def test_pages_of_two_files_become_one_document_in_the_order_given(
    reads: Intake, children: Sandbox
) -> None:
    read = await reads.read(children, mailed([minutes()], [answer(LUND, "nej")]))
    told = await reread(reads, children, arranged(read, ((2, 1), (1, 1))))
    [document] = told.documents
    assert said(document) == ("1281", "nej")
    assert [(page.number, page.part) for page in document.pages] == [(1, 2), (2, 1)]
    assert document.parts == (1, 2)
    assert document.content == read.parts[2].digest
    assert set(document.reasons) == {Reason.EXTRA_PAGE, Reason.REARRANGED}
    assert all(account.faults == () for account in reads.accounts())


async def test_a_page_is_read_as_the_form_that_was_chosen_and_no_other(
    reads: Intake, children: Sandbox
) -> None:
    form = learned(Blank.LIBREOFFICE)
    reads.archive.put(form.picture, Area.DERIVED)
    told_of = FormLearned(
        occurred_at=now(),
        initiative=form.initiative,
        template=form.template,
        blank=reads.archive.put(form.pdf, Area.DERIVED),
    )
    with reads.database.write() as session:
        forms.learn(session, told_of)
    page = scans.fill(form.paper, form.template, Filling({"ja": Stroke.CROSS}), seed=5)
    file = scans.as_pdf([scans.scan(page, Channel.SCANNER, seed=5)])
    read = await reads.read(children, letter(("svar.pdf", file)))
    event = arranged(
        read,
        ((1, 1),),
        ((1, 1),),
        read_as=ReadAs.LEARNED_FORM,
        initiative=form.initiative,
        version=form.template.version,
    )
    one, two = event.documents
    event = event.model_copy(
        update={"documents": (one, two.model_copy(update={"read_as": ReadAs.OWN_FORM}))}
    )
    as_learned, as_ours = (await reread(reads, children, event)).documents
    assert (as_learned.kind, as_ours.kind) == (DocumentKind.ANSWER, DocumentKind.OTHER)
    assert as_learned.form_version == form.template.version
    assert (as_learned.outcome, as_learned.once_proven) == (Outcome.REVIEW, Outcome.REVIEW)


async def test_what_was_arranged_is_made_searchable_page_by_page_in_its_order(
    reads: Intake, children: Sandbox
) -> None:
    file = scans.as_pdf([minutes(), minutes(name="YTTRANDE")])
    read = await reads.read(children, letter(("protokoll.pdf", file)))
    told = await reread(reads, children, arranged(read, ((1, 2), (1, 1))))
    searcher = Searcher(reads.archive, reads.database, children, ReaderLimits(), SearchSettings())
    await searcher.search_again(told)
    await searcher.search_again(told)
    [made] = reads.told(DocumentSearchable)
    assert (made.document_id, made.pages) == (told.documents[0].document_id, 2)
    assert made.text.index("YTTRANDE") < made.text.index("PROTOKOLL")


@pytest.mark.parametrize("lying", [1, 2])
async def test_a_page_that_was_shown_lying_is_turned_from_how_it_was_shown(
    reads: Intake, children: Sandbox, lying: int
) -> None:
    file = scans.as_pdf([minutes(lying)])
    read = await reads.read(children, letter(("bilaga.pdf", file)))
    turns = {(1, 1): Turn(90 * lying)}
    told = await reread(reads, children, arranged(read, ((1, 1),), turns=turns))
    [turned] = told.documents[0].pages
    assert turned.width_px < turned.height_px
    assert turned.image is not None
    picture = cv2.imdecode(
        np.frombuffer(reads.archive.get(turned.image, Area.DERIVED), np.uint8),
        cv2.IMREAD_GRAYSCALE,
    )
    assert picture is not None
    upper, lower = np.array_split(picture < 128, 2)
    assert upper.sum() > 20 * max(lower.sum(), 1)


async def test_a_form_is_read_however_it_is_turned(reads: Intake, children: Sandbox) -> None:
    read = await reads.read(children, one_answer())
    turns = {(1, 1): Turn.HALF}
    told = await reread(reads, children, arranged(read, ((1, 1),), turns=turns))
    assert said(told.documents[0]) == ("0305", "ja")


@pytest.mark.parametrize("fault", list(RereadFault))
async def test_every_fault_leaves_what_was_read_before(
    reads: Intake, children: Sandbox, fault: RereadFault
) -> None:
    read = await reads.read(children, one_answer())
    event = arranged(read, ((1, 1),))
    [document] = event.documents
    match fault:
        case RereadFault.ORIGINAL_GONE:
            event = event.model_copy(update={"digest": "0" * 64})
        case RereadFault.MAIL_UNREADABLE:
            digest = reads.archive.put(nested(1000))
            event = event.model_copy(update={"digest": digest})
        case RereadFault.FILE_GONE:
            other = document.pages[0].model_copy(update={"file": "0" * 64})
            event = event.model_copy(
                update={"documents": (document.model_copy(update={"pages": (other,)}),)}
            )
        case RereadFault.FILE_UNREADABLE:
            read = await reads.read(children, letter(("trasig.pdf", b"%PDF-1.7\nrubbish")))
            event = arranged(read, ((1, 1),))
        case RereadFault.PAGE_GONE:
            event = arranged(read, ((1, 7),))
        case RereadFault.FORM_WITHDRAWN:
            more = {"initiative": "kompetens-2024", "version": 101}
            event = arranged(read, ((1, 1),), read_as=ReadAs.LEARNED_FORM, **more)
    told = await reread(reads, children, event)
    assert (told.fault, told.documents) == (fault, ())


# --- The whole way, to the register and back ------------------------------------------------------


async def carried_out(
    register: Register,
    reads: Intake,
    children: Sandbox,
    read: MailRead,
    placed: dict[Page, Placing],
) -> list[ReviewItem]:
    """Register a mail, have its pages arranged, and return what waits for a person then."""
    register.record(read)
    arranger = Arranger(register.database, now, lambda: None)
    first = register.all(ReviewItem)[0]
    assert first.id is not None
    seen = register.ask(lambda session: mark_of(arrangeable(session, read.mail_id)))
    plan = Plan({PageId(*page): to for page, to in placed.items()}, {}, first.document_id or "")
    asked = arranger.ask(first.id, seen, plan, "rut")
    assert isinstance(asked, Asked), asked
    [event] = register.emitted(PagesArranged)
    told = await reread(reads, children, event)
    Rereader(register.database, RegistrySection(), now).take_up(told)
    account = account_of(register.database, read.mail_id)
    assert account is not None
    assert account.complete
    return [one for one in register.all(ReviewItem) if one.state is ReviewState.OPEN]


async def test_two_answers_taken_for_one_are_proposed_each_by_itself_and_decided(
    register: Register, reads: Intake, children: Sandbox
) -> None:
    read = await reads.read(children, two_answers_in_one_file())
    [whole] = read.documents
    placed = {(1, 1): Placing(1), (1, 2): Placing(2)}
    habo, other = await carried_out(register, reads, children, read, placed)
    documents = {one.document_id: one for one in register.documents()}
    assert documents[whole.document_id].fate is Fate.REARRANGED
    known = documents[habo.document_id or ""]
    assert (known.municipality, known.initiative) == ("0305", "kompetens-2024")
    assert habo.reasons == [Reason.REARRANGED]
    assert set(other.reasons) == {Reason.NO_CODE, Reason.REARRANGED}
    resolver = Resolver(register.database, RegistrySection(), now, lambda: None)
    for item, municipality, option in ((habo, "0305", "ja"), (other, "1281", "nej")):
        verdict = Attach(Pair("kompetens-2024", municipality), option, SignatureState.HANDWRITTEN)
        assert item.id is not None
        done = resolver.resolve(item.id, item.revision, verdict, "rut")
        assert isinstance(done, Resolved), done
    assert sorted((one.municipality, one.answer) for one in register.all(Answer)) == [
        ("0305", "ja"),
        ("1281", "nej"),
    ]
    # Of the two mails that follow, the one whose number is not the receipt's names that too.
    told = register.emitted(DocumentResolved)
    assert [bool(one.former_dnr) for one in told] == [False, True]


async def test_one_answer_over_two_files_is_merged_and_proposed(
    register: Register, reads: Intake, children: Sandbox
) -> None:
    read = await reads.read(children, one_answer_over_two_files())
    assert len(read.documents) == 3
    placed = {(1, 1): Placing(1), (2, 1): Placing(2), (3, 1): Placing(2)}
    unchanged, merged = await carried_out(register, reads, children, read, placed)
    assert unchanged.document_id == read.documents[0].document_id
    [document] = [one for one in register.documents() if one.document_id == merged.document_id]
    assert document.municipality == "1281"
    assert document.parts == [2, 3]
    assert set(merged.reasons) == {Reason.EXTRA_PAGE, Reason.REARRANGED}
