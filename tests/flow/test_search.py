"""From a mail that was read to text and copies that can be searched, behind all other work."""

import asyncio
import io
import time
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
import psutil
import pypdfium2 as pdfium
import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from services.intake.sandbox.client import Sandbox
from services.intake.search import NotSearchable, Searcher, SearchStopped
from services.intake.settings import ReaderLimits, SearchSettings
from shared import outbox
from shared.archive import Area
from shared.consumers import READ
from shared.events import DocumentSearchable, MailArchived, MailRead
from tests.intake import Intake, Process, initiative, plain_mail, wait_for
from tests.letters import letter, scanned_answer
from tests.nats import NatsServer


@pytest.fixture
def intake(intake: Intake) -> Intake:
    intake.define(initiative())
    return intake


@pytest.fixture
def reads(tmp_path: Path) -> Intake:
    """Intake on SQLite alone, where it is the reading that is tested."""
    return Intake(f"sqlite:///{tmp_path / 'reads.sqlite3'}", tmp_path)


def searcher(intake: Intake, children: Sandbox, **limits: Any) -> Searcher:
    settings = SearchSettings(**limits)
    return Searcher(intake.archive, intake.database, children, ReaderLimits(), settings)


LINES = ("Yttrande från kommunstyrelsen", "Ärendet behandlades den 12 september 2024")


def scanned(*lines: str, turned: int = 0) -> bytes:
    """A picture of the same, as a scanner makes it."""
    with pdfium.PdfDocument(printed(*lines)) as document:
        picture = document[0].render(scale=150 / 72, grayscale=True).to_pil()
    made = io.BytesIO()
    picture.rotate(turned).save(made, "PNG", dpi=(150, 150))
    return made.getvalue()


def text_of(pdf: bytes) -> str:
    with pdfium.PdfDocument(pdf) as document:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)


def printed(*lines: str, picture: Image.Image | None = None, hidden: bool = False) -> bytes:
    """A PDF that a program made; `hidden` text lies behind the picture."""
    made = io.BytesIO()
    canvas = Canvas(made, pagesize=(595, 842))
    for number, line in enumerate(lines):
        canvas.drawString(72, 760 - 20 * number, line)
    if picture is not None and hidden:
        canvas.drawImage(ImageReader(picture), 0, 0, 595, 842)
    canvas.save()
    return made.getvalue()


async def test_a_scan_becomes_text_and_a_copy_in_which_nothing_can_act(
    reads: Intake, children: Sandbox
) -> None:
    intake, answer = reads, scanned_answer(contact_email="asa.oberg@habo.se")
    intake.define(initiative())
    read = await intake.read(children, letter(("svar.pdf", answer)))
    before = {area: sorted(intake.archive.digests(area)) for area in Area}
    await searcher(intake, children).search(read)
    [told] = intake.told(DocumentSearchable)
    [document] = read.documents
    assert (told.mail_id, told.document_id, told.pages) == (read.mail_id, document.document_id, 1)
    for words in ("Kompetensgemenskaper", "Håbo kommun", "asa.oberg@habo.se", "Underskrift"):
        assert words in told.text
    copy = intake.archive.get(told.pdf, Area.DERIVED)
    assert "Håbo kommun" in text_of(copy)
    # Only the copy is new; what was there is as it was.
    assert sorted(intake.archive.digests(Area.ORIGINALS)) == before[Area.ORIGINALS]
    assert set(intake.archive.digests(Area.DERIVED)) - set(before[Area.DERIVED]) == {told.pdf}

    with pdfium.PdfDocument(copy) as document:
        shown = document[0].render(scale=1, grayscale=True).to_numpy()
        found = document[0].get_textpage().search("Håbo").get_next()
        assert found is not None
        left, bottom, right, top = document[0].get_textpage().get_charbox(found[0])
    height = shown.shape[0]
    # The invisible word lies on the printed one.
    assert shown[int(height - top) : int(height - bottom), int(left) : int(right) + 8].min() < 128
    with pikepdf.open(io.BytesIO(copy)) as pdf:
        assert "/AcroForm" not in pdf.Root
        assert "/OpenAction" not in pdf.Root
        assert "/Names" not in pdf.Root
        assert all("/Annots" not in page for page in pdf.pages)
        assert str(pdf.Root.Lang) == "sv-SE"


async def test_told_once_however_often_it_is_asked(intake: Intake, children: Sandbox) -> None:
    read = await intake.read(children, letter(("yttrande.pdf", printed(*LINES))))
    for _ in range(2):
        await searcher(intake, children).search(read)
    assert len(intake.told(DocumentSearchable)) == 1


async def test_a_page_that_was_scanned_upside_down_is_turned(
    reads: Intake, children: Sandbox
) -> None:
    read = await reads.read(children, letter(("brev.png", scanned(*(8 * LINES), turned=180))))
    await searcher(reads, children).search(read)
    [told] = reads.told(DocumentSearchable)
    assert LINES[1] in told.text


async def test_text_of_a_programs_own_is_taken_where_the_page_shows_it(
    reads: Intake, children: Sandbox
) -> None:
    read = await reads.read(children, letter(("yttrande.pdf", printed(*LINES))))
    await searcher(reads, children).search(read)
    [told] = reads.told(DocumentSearchable)
    assert told.text == "\n".join(LINES)


async def test_text_behind_a_picture_is_not_believed(reads: Intake, children: Sandbox) -> None:
    intake = reads
    with pdfium.PdfDocument(printed("Kommunen avstår från anslutning till initiativet")) as shown:
        picture = shown[0].render(scale=3).to_pil()
    lying = printed("Kommunen ansluter sig till initiativet", picture=picture, hidden=True)
    read = await intake.read(children, letter(("svar.pdf", lying)))
    await searcher(intake, children).search(read)
    [told] = intake.told(DocumentSearchable)
    assert "avstår" in told.text
    assert "ansluter" not in told.text


async def test_a_blank_page_and_a_page_of_noise_have_copies_too(
    reads: Intake, children: Sandbox
) -> None:
    intake = reads
    noise = np.random.default_rng(1).integers(0, 256, (600, 400)).astype(np.uint8)
    files = []
    for name, pixels in (("tom.png", np.full((600, 400), 255, np.uint8)), ("brus.png", noise)):
        made = io.BytesIO()
        Image.fromarray(pixels).save(made, "PNG")
        files.append((name, made.getvalue()))
    read = await intake.read(children, letter(*files))
    await searcher(intake, children).search(read)
    assert [told.pages for told in intake.told(DocumentSearchable)] == [1, 1]


async def test_a_file_that_cannot_be_opened_has_nothing_to_be_found(
    reads: Intake, children: Sandbox
) -> None:
    intake = reads
    read = await intake.read(children, letter(("trasig.pdf", b"%PDF-1.7\nrubbish")))
    await searcher(intake, children).search(read)
    assert intake.told(DocumentSearchable) == []


async def test_one_that_exceeds_its_limits_is_told_of_after_the_others(
    reads: Intake, children: Sandbox
) -> None:
    files = ("brev.png", scanned(*(18 * LINES))), ("yttrande.pdf", printed(*LINES))
    read = await reads.read(children, letter(*files))
    slow, quick = (document.document_id for document in read.documents)
    with pytest.raises(NotSearchable, match=slow):
        await searcher(reads, children, cpu_s=1).search(read)
    assert [told.document_id for told in reads.told(DocumentSearchable)] == [quick]
    # Retried with limits that are wide enough, nothing is missing.
    await searcher(reads, children).search(read)
    assert {told.document_id for told in reads.told(DocumentSearchable)} == {slow, quick}


async def test_it_waits_as_long_as_a_mail_is_to_be_read(intake: Intake, children: Sandbox) -> None:
    read = await intake.read(children, letter(("yttrande.pdf", printed(*LINES))))
    waiting = intake.receive(plain_mail("en till"))
    search = asyncio.create_task(searcher(intake, children).search(read))
    await asyncio.sleep(2.5)
    assert not search.done()
    assert intake.told(DocumentSearchable) == []
    await intake.reader(children).read(waiting)
    await asyncio.wait_for(search, 30)
    assert len(intake.told(DocumentSearchable)) == 1


async def test_it_does_not_wait_for_a_mail_whose_reading_was_given_up(
    intake: Intake, children: Sandbox
) -> None:
    read = await intake.read(children, letter(("yttrande.pdf", printed(*LINES))))
    dead: MailArchived = intake.receive(plain_mail("dött"))
    with intake.database.write() as session:
        outbox.bury(
            session, event_id=dead.event_id, consumer=READ.durable, subject=dead.subject,
            body=dead.model_dump_json(), mail_id=dead.mail_id, code="x", message="x", remedy="x",
            tries=5,
        )  # fmt: skip
    await asyncio.wait_for(searcher(intake, children).search(read), 30)
    assert len(intake.told(DocumentSearchable)) == 1


async def test_one_that_waits_lets_go_when_the_service_stops(
    intake: Intake, children: Sandbox
) -> None:
    read = await intake.read(children, letter(("yttrande.pdf", printed(*LINES))))
    intake.receive(plain_mail("en till"))
    made = searcher(intake, children)
    running = asyncio.create_task(made.run())
    search = asyncio.create_task(made.search(read))
    await asyncio.sleep(0.5)
    running.cancel()
    with pytest.raises(SearchStopped):
        await asyncio.wait_for(search, 5)


async def test_its_children_have_the_lowest_priority(reads: Intake, children: Sandbox) -> None:
    read = await reads.read(children, letter(("brev.png", scanned(*LINES))))
    search = asyncio.create_task(searcher(reads, children).search(read))
    server = psutil.Process(children.warm_up())
    seen: dict[str, int] = {}
    while not search.done():
        for child in server.children(recursive=True):
            try:
                seen[child.name()] = child.nice()
            except psutil.NoSuchProcess:
                continue
        await asyncio.sleep(0.05)
    await search
    assert "tesseract" in seen
    assert set(seen.values()) == {19}


def test_the_service_does_it_by_itself_on_a_real_bus(
    database_url: str, nats_server: NatsServer, tmp_path: Path
) -> None:
    intake = Intake(database_url, tmp_path / "home")
    intake.receive(letter(("brev.png", scanned(*LINES))))
    process = Process(
        tmp_path / "home",
        NATS_URL=nats_server.url,
        INTAKE__DATABASE_URL=database_url,
        INTAKE__SEARCH__ENABLED=True,
    )
    process.start()
    try:
        wait_for(lambda: intake.told(DocumentSearchable), 60)
        [told] = intake.told(DocumentSearchable)
        [read] = intake.told(MailRead)
        assert told.document_id == read.documents[0].document_id
        assert told.occurred_at > read.occurred_at
        assert process.stop() == 0
    finally:
        process.kill()


def test_switched_off_it_leaves_all_as_it_is(
    reads: Intake, nats_server: NatsServer, tmp_path: Path
) -> None:
    reads.receive(letter(("brev.png", scanned(*LINES))))
    process = Process(
        tmp_path,
        NATS_URL=nats_server.url,
        INTAKE__DATABASE_URL=f"sqlite:///{tmp_path / 'reads.sqlite3'}",
        INTAKE__SEARCH__ENABLED=False,
    )
    process.start()
    try:
        wait_for(lambda: reads.told(MailRead), 60)
        time.sleep(3)
        assert reads.told(DocumentSearchable) == []
        assert process.stop() == 0
    finally:
        process.kill()
