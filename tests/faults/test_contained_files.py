"""Files opened by the real jobs in real children: what the limits leave room for, and what not."""

import io
import random
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from services.intake.sandbox.client import Sandbox
from services.intake.settings import ReaderLimits
from services.intake.take_apart import Opened, Opener
from shared.events import DocumentReading, Outcome, PartFate, Reason
from shared.identifiers import digest_of, mail_id_of
from tests.intake import Intake, initiative, sandbox
from tests.outlook import Attached, saved_mail, winmail
from tests.unit.reading.mails import mail_of
from tests.unit.reading.test_splitting import in_pdf, in_zip

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"
HEIC = Path("tests/scans/own_form/auto-ja--phone.heic")


@pytest.fixture(scope="module")
def children() -> Iterator[Sandbox]:
    with closing(sandbox()) as made:
        yield made


@pytest.fixture(scope="module")
def small() -> Iterator[Sandbox]:
    with closing(sandbox(memory_mib=64)) as made:
        yield made


@pytest.fixture
def intake(tmp_path: Path) -> Iterator[Intake]:
    made = Intake(f"sqlite:///{tmp_path}/intake.sqlite3", tmp_path)
    made.define(initiative())
    yield made
    made.database.close()


async def read(
    intake: Intake, children: Sandbox, data: bytes, name: str, **limits: int
) -> list[DocumentReading]:
    reader = intake.reader(children, **limits)
    return await reader.examine_file(name, data, mail_id_of(digest_of(data)))


async def test_a_phones_picture_is_decoded_in_the_child(intake: Intake, children: Sandbox) -> None:
    [reading] = await read(intake, children, HEIC.read_bytes(), "foto.heic")
    assert reading.pages
    # Another key signs the forms of this intake.
    assert Reason.CODE_FORGED in reading.reasons


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("svar.zip", in_zip({"svar.pdf": PDF})),
        ("svar.msg", saved_mail("Hej", [Attached("svar.pdf", PDF)])),
        ("winmail.dat", winmail("Hej", {"svar.pdf": PDF})),
        ("portfölj.pdf", in_pdf(PDF)),
    ],
)
async def test_what_holds_other_files_is_opened_in_the_child(
    children: Sandbox, name: str, data: bytes
) -> None:
    opened = await Opener(children, ReaderLimits(), None).file(data, name)
    assert opened.reasons == ()
    assert opened.parts[0].filename == name
    assert opened.documents[-1] == PDF
    assert opened.parts[-1].filename == f"{name}/svar.pdf"


async def test_an_archive_that_kills_the_child_is_left_closed_and_the_rest_is_read(
    small: Sandbox,
) -> None:
    chance = random.Random(1)
    block = b"".join(chance.randbytes(400) + bytes(65_000) for _ in range(800))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("stor.bin", block)
    data = mail_of({"svar.zip": file.getvalue(), "svar.pdf": PDF})
    opened = await Opener(small, ReaderLimits(), None).mail(data)
    assert isinstance(opened, Opened)
    assert opened.mail.reasons == (Reason.READER_MEMORY,)
    assert [(part.filename, part.fate) for part in opened.mail.parts[1:]] == [
        ("svar.zip", PartFate.DOCUMENT), ("svar.pdf", PartFate.DOCUMENT),
    ]  # fmt: skip
    assert opened.documents == (file.getvalue(), PDF)


def drawn(content: bytes) -> bytes:
    file = io.BytesIO()
    with pikepdf.new() as made:
        page = made.add_blank_page(page_size=(595, 842))
        page.obj.Contents = pikepdf.Stream(made, content)
        made.save(file)
    return file.getvalue()


async def test_a_page_that_takes_for_ever_to_draw_is_given_up(intake: Intake) -> None:
    endless = drawn(b"0 0 595 842 re f\n" * 30_000)
    with closing(sandbox(cpu_s=1)) as hasty:
        [reading] = await read(intake, hasty, endless, "svar.pdf")
    assert (reading.outcome, reading.reasons) == (Outcome.REVIEW, (Reason.READER_TIMEOUT,))


async def test_a_page_that_takes_all_memory_is_given_up(intake: Intake, small: Sandbox) -> None:
    file = io.BytesIO()
    Image.new("RGB", (7_000, 7_000), "white").save(file, "PNG", compress_level=1)
    [reading] = await read(intake, small, file.getvalue(), "svar.png")
    assert (reading.outcome, reading.reasons) == (Outcome.REVIEW, (Reason.READER_MEMORY,))
