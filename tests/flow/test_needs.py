"""From a mail to one of our mailboxes to a need in the register, with what its template says."""

import pytest

from services.console.demo import needs as demo
from services.intake.sandbox.client import Sandbox
from services.registry.forms.needs_template import TemplateKind, needs_template
from services.registry.store.details import document_detail
from services.registry.tables import Mail, MailState, ReviewItem
from shared.events import (
    Disposition,
    DocumentKind,
    Fate,
    MailboxRole,
    MailRead,
    MailRegistered,
    Outcome,
    Reason,
)
from shared.municipalities import all_municipalities
from shared.needs import REQUIRED
from tests import letters
from tests.intake import Intake, initiative
from tests.unit.registry.builders import Register

HABO = next(one for one in all_municipalities() if one.code == "0643")
ANSWERS = demo.example_answers(HABO)
WORD = TemplateKind.DOCX
NEEDS, REGISTRY = MailboxRole.NEEDS, MailboxRole.ANSWERS


@pytest.fixture
def intake(intake: Intake) -> Intake:
    intake.define(initiative())
    return intake


def letter(
    *files: tuple[str, bytes],
    subject: str = "Ett förslag",
    text: str = "Hej, se bilagan.",
    **headers: str,
) -> bytes:
    kind = files[0][0].rpartition(".")[2] if files else ""
    return letters.letter(*files, subject=subject, text=text, subtype=kind, **headers)


async def arrived(
    intake: Intake, register: Register, children: Sandbox, mail: bytes, role: MailboxRole = NEEDS
) -> MailRead:
    """Receive, read and register a mail."""
    read = await intake.read(children, mail, role=role)
    register.record(read)
    return read


async def test_a_filled_template_becomes_a_need_with_its_answers(
    intake: Intake, register: Register, children: Sandbox
) -> None:
    filled = demo.filled_template(WORD, ANSWERS)
    read = await arrived(intake, register, children, letter(("behov.docx", filled)))
    [found] = read.documents
    assert (read.disposition, found.kind, found.outcome) == (
        Disposition.NEED,
        DocumentKind.NEED,
        Outcome.AUTO,
    )
    [document] = register.documents()
    assert (document.fate, document.reasons) == (Fate.NEED, [])
    detail = register.ask(lambda session: document_detail(session, document.document_id))
    assert detail is not None
    assert detail.reading.need is not None
    kept = detail.reading.need.fields
    assert {key: value.text for key, value in kept.items()} == ANSWERS
    [told] = register.emitted(MailRegistered)
    assert [line.fate for line in told.documents] == [Fate.NEED]


async def test_a_template_that_comes_to_the_registry_is_a_need_and_no_broken_answer(
    intake: Intake, register: Register, children: Sandbox
) -> None:
    filled = demo.filled_template(WORD, ANSWERS)
    read = await arrived(intake, register, children, letter(("svar.docx", filled)), role=REGISTRY)
    assert (read.disposition, read.disposition_reason) == (
        Disposition.NEED,
        "need_among_answers",
    )
    [document] = register.documents()
    assert (document.fate, document.reasons) == (Fate.NEED, [])
    assert not register.all(ReviewItem)


async def test_an_empty_template_is_a_need_that_says_what_is_missing(
    intake: Intake, register: Register, children: Sandbox
) -> None:
    await arrived(intake, register, children, letter(("behov.docx", needs_template(WORD))))
    [document] = register.documents()
    assert (document.fate, document.reasons) == (Fate.NEED, [Reason.NEED_INCOMPLETE.value])
    assert set(document.reading["need"]["missing"]) == {field.value for field in REQUIRED}


@pytest.mark.parametrize(
    ("filename", "data", "reason"),
    [
        ("skrivelse.docx", demo.letter(HABO), Reason.NEED_WITHOUT_TEMPLATE),
        ("skrivelse.rtf", rb"{\rtf1 Ett system}", Reason.UNSUPPORTED_FORMAT),
    ],
)
async def test_a_proposal_without_the_template_is_a_need_that_says_so(
    intake: Intake,
    register: Register,
    children: Sandbox,
    filename: str,
    data: bytes,
    reason: Reason,
) -> None:
    read = await arrived(intake, register, children, letter((filename, data)))
    [found] = read.documents
    assert (found.kind, found.outcome, found.reasons) == (
        DocumentKind.NEED,
        Outcome.AUTO,
        (reason,),
    )
    [document] = register.documents()
    assert (document.fate, document.reasons) == (Fate.NEED, [reason.value])
    [told] = register.emitted(MailRegistered)
    assert told.documents[0].reasons == (reason,)


async def test_beside_the_template_another_file_is_its_appendix(
    intake: Intake, register: Register, children: Sandbox
) -> None:
    files = (
        ("behov.docx", demo.filled_template(WORD, ANSWERS)),
        ("bilaga.docx", demo.letter(HABO)),
    )
    await arrived(intake, register, children, letter(*files))
    documents = register.documents()
    assert [document.fate for document in documents] == [Fate.NEED, Fate.NEED]
    assert [document.reasons for document in documents] == [[], []]
    assert len({document.case_id for document in documents}) == 1


async def test_a_broken_file_where_needs_are_sent_is_for_a_person(
    intake: Intake, register: Register, children: Sandbox
) -> None:
    broken = demo.filled_template(WORD, ANSWERS)[:5_000]
    await arrived(intake, register, children, letter(("behov.docx", broken)))
    [document] = register.documents()
    assert document.fate is Fate.REVIEW
    assert document.kind is DocumentKind.NEED
    assert register.all(ReviewItem)


PROPOSAL = (
    "Hej!\n\nVi föreslår ett gemensamt system för felanmälan. I dag ringer alla till växeln.\n"
)


async def test_a_proposal_in_the_mail_itself_is_a_need_without_the_template(
    intake: Intake, register: Register, children: Sandbox
) -> None:
    read = await arrived(intake, register, children, letter(text=PROPOSAL))
    assert (read.disposition, read.mail_reasons) == (
        Disposition.NEED,
        (Reason.NEED_WITHOUT_TEMPLATE,),
    )
    [kept] = register.all(Mail)
    assert (kept.state, kept.reasons) == (
        MailState.NEED,
        [Reason.NEED_WITHOUT_TEMPLATE.value],
    )
    assert kept.text.startswith("Hej!")


@pytest.mark.parametrize(
    "mail",
    [
        letter(text=PROPOSAL + "Hur går vi vidare?"),
        letter(text=PROPOSAL, subject="Fråga om förslag"),
        letter(text=PROPOSAL, In_Reply_To="<x@y.example>", References="<x@y.example>"),
        letter(text="Tack."),
    ],
)
async def test_what_may_be_a_question_is_for_a_person(
    intake: Intake, children: Sandbox, mail: bytes
) -> None:
    read = await intake.read(children, mail, role=NEEDS)
    assert read.disposition is Disposition.QUESTION


async def test_a_proposal_in_the_registrys_mailbox_is_for_a_person(
    intake: Intake, children: Sandbox
) -> None:
    read = await intake.read(children, letter(text=PROPOSAL), role=REGISTRY)
    assert read.disposition in (Disposition.QUESTION, Disposition.REVIEW)
