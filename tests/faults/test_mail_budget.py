"""A mail whose files take too long together: the rest is kept unread, and a person sees it all."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from services.intake.budget import Budget
from services.intake.read import Reader, ReaderSettings
from services.intake.sandbox.client import Done, Sandbox
from services.intake.sandbox.containment import Bounds
from services.intake.sandbox.wire import Message
from services.intake.settings import ReaderLimits
from shared.archive import Area
from shared.events import MailRead, Outcome, PartFate, Reason
from shared.identifiers import digest_of, mail_id_of
from tests.bench.forms.cases import INITIATIVE, KEY
from tests.intake import USER, Intake, initiative, sandbox
from tests.unit.reading.mails import mail_of
from tests.unit.reading.papers import paper, pdf
from tests.unit.reading.test_splitting import in_zip


@pytest.fixture(scope="module")
def children() -> Iterator[Sandbox]:
    with closing(sandbox()) as made:
        yield made


@pytest.fixture
def intake(tmp_path: Path) -> Iterator[Intake]:
    made = Intake(f"sqlite:///{tmp_path}/intake.sqlite3", tmp_path)
    made.define(initiative(INITIATIVE))
    yield made
    made.database.close()


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """An answer, and two more files that may say anything about it."""
    return {
        "svar.pdf": pdf([paper()]),
        "ändring.pdf": pdf([paper(seed=4)]),
        "protokoll.pdf": pdf([paper(seed=5)]),
    }


def reader(intake: Intake, children: Sandbox, mail_cpu_s: float) -> Reader:
    limits = ReaderLimits(mail_cpu_s=mail_cpu_s)
    settings = ReaderSettings(KEY, limits, frozenset({USER}), None)
    return Reader(intake.archive, intake.database, children, settings)


async def test_past_the_time_of_a_mail_the_rest_is_kept_unread_and_nothing_is_decided(
    intake: Intake, children: Sandbox, files: dict[str, bytes]
) -> None:
    event = intake.receive(mail_of(files))
    await reader(intake, children, 0.01).read(event)
    [read] = intake.told(MailRead)
    first, *others = read.documents
    assert first.answer is not None
    assert [one.reasons for one in others] == [(Reason.READER_BUDGET,)] * 2
    assert {one.outcome for one in others} == {Outcome.REVIEW}
    # What was read is for a person, too: the rest may take it back.
    assert read.mail_reasons == (Reason.READER_BUDGET,)
    documents = [part for part in read.parts if part.fate is PartFate.DOCUMENT]
    assert [part.filename for part in documents] == list(files)
    for part, data in zip(documents, files.values(), strict=True):
        assert part.digest == digest_of(data)
        assert intake.archive.get(part.digest, Area.DERIVED) == data


async def test_within_its_time_a_mail_is_read_whole(
    intake: Intake, children: Sandbox, files: dict[str, bytes]
) -> None:
    event = intake.receive(mail_of(files))
    await reader(intake, children, 300).read(event)
    [read] = intake.told(MailRead)
    assert Reason.READER_BUDGET not in read.mail_reasons
    assert all(Reason.READER_BUDGET not in one.reasons for one in read.documents)
    assert {one.part for document in read.documents for one in document.pages} == {1, 2, 3}


async def test_of_an_archive_read_without_a_mail_no_document_is_certain(
    intake: Intake, children: Sandbox, files: dict[str, bytes]
) -> None:
    data = in_zip(files)
    mail_id = mail_id_of(digest_of(data))
    read = await reader(intake, children, 0.01).examine_file("svar.zip", data, mail_id)
    assert len(read) == 3
    assert all(Reason.READER_BUDGET in one.reasons for one in read)
    assert {one.outcome for one in read} == {Outcome.REVIEW}


async def test_a_file_that_is_given_up_is_counted_too() -> None:
    bounds = Bounds(memory_mib=200, cpu_s=1, wall_s=20, scratch_mib=8)
    hostile = Sandbox(bounds, at_once=1, jobs_module="tests.faults.hostile_jobs")
    with closing(hostile) as hasty:
        ended = await hasty.run("loop", Message({}))
    assert not isinstance(ended, Done)
    assert ended.cpu_s >= 1.0


def test_a_budget_is_spent_by_what_was_used_and_never_comes_back() -> None:
    budget = Budget(1.0)
    budget.spend(0.6)
    assert not budget.is_spent
    budget.spend(5)
    assert budget.is_spent
    budget.spend(0)
    assert budget.is_spent
