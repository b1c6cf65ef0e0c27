"""Pages that a person arranges: read anew from the original, on real children and archives."""

import shutil
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from pathlib import Path
from uuid import uuid4

import cv2
import numpy as np
import pytest

from services.console.demo import scans
from services.console.demo.scans import Channel, Filling, Scan, Stroke
from services.intake.rearrange import Rearranger
from services.intake.sandbox.client import Sandbox
from services.registry.forms.print import print_form
from shared.archive import Area
from shared.events import (
    ArrangedDocument,
    ArrangedPage,
    DocumentKind,
    DocumentReading,
    MailRead,
    Outcome,
    PagesArranged,
    PagesRead,
    ReadAs,
    Reason,
    RereadFault,
    Turn,
)
from shared.identifiers import document_id_of
from shared.outbox import now
from shared.own_form import own_form
from tests.intake import KEY, Intake, initiative
from tests.letters import letter
from tests.unit.intake.test_message import nested

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
def minutes(quarter_turns: int = 0) -> Scan:
    """A page without a form: large words on the upper half."""
    page = np.full((1754, 1240), 250, np.uint8)
    for line, text in enumerate(("PROTOKOLL", "Kommunstyrelsen", "Paragraf 112")):
        cv2.putText(page, text, (120, 250 + 160 * line), cv2.FONT_HERSHEY_SIMPLEX, 3, (0,), 7)
    return Scan(np.ascontiguousarray(np.rot90(page, quarter_turns)), 150, 150, False, 80)


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


async def test_pages_of_two_files_become_one_document_in_the_order_given(
    reads: Intake, children: Sandbox
) -> None:
    files = (("1.pdf", scans.as_pdf([minutes()])), ("2.pdf", scans.as_pdf([answer(LUND, "nej")])))
    read = await reads.read(children, letter(*files))
    told = await reread(reads, children, arranged(read, ((2, 1), (1, 1))))
    [document] = told.documents
    assert said(document) == ("1281", "nej")
    assert [(page.number, page.part) for page in document.pages] == [(1, 2), (2, 1)]
    assert document.parts == (1, 2)
    assert document.content == read.parts[2].digest
    assert set(document.reasons) == {Reason.EXTRA_PAGE, Reason.REARRANGED}
    assert all(account.faults == () for account in reads.accounts())


@pytest.mark.parametrize("lying", [1, 2, 3])
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
    read = await reads.read(children, letter(("svar.pdf", scans.as_pdf([answer()]))))
    turns = {(1, 1): Turn.HALF}
    told = await reread(reads, children, arranged(read, ((1, 1),), turns=turns))
    assert said(told.documents[0]) == ("0305", "ja")


@pytest.mark.parametrize("fault", list(RereadFault))
async def test_every_fault_leaves_what_was_read_before(
    reads: Intake, children: Sandbox, fault: RereadFault
) -> None:
    read = await reads.read(children, letter(("svar.pdf", scans.as_pdf([answer()]))))
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
