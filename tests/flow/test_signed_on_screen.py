"""A form filled in and signed on the screen, from the mail to MailRead: real contained children."""

from datetime import timedelta

import pytest

from services.intake.read import Reader, ReaderSettings
from services.intake.sandbox.client import Sandbox
from services.intake.settings import ReaderLimits
from shared.events import (
    DocumentReading,
    InitiativeDefined,
    MailRead,
    Outcome,
    Reason,
    SignatureFault,
)
from tests.bench.forms import cases
from tests.intake import USER, Intake, initiative
from tests.letters import letter
from tests.unit.reading.screen import filled
from tests.unit.reading.signing import NOW, director, root, sign


@pytest.fixture
def intake(intake: Intake) -> Intake:
    defined = initiative().model_dump() | {"options": cases.OPTIONS}
    intake.define(InitiativeDefined.model_validate(defined))
    return intake


@pytest.fixture(scope="module")
def signed() -> bytes:
    return sign(filled({}, ("answer.nej",)), director())


async def read(
    intake: Intake, children: Sandbox, file: bytes, *, roots: tuple[str, ...], **more: object
) -> DocumentReading:
    event = intake.receive(letter(("svar.pdf", file), sender="kommun@umea.example"), **more)
    settings = ReaderSettings(
        cases.KEY, ReaderLimits(), frozenset({USER}), None, trusted_roots=roots
    )
    await Reader(intake.archive, intake.database, children, settings).read(event)
    [told] = [one for one in intake.told(MailRead) if one.mail_id == event.mail_id]
    [document] = told.documents
    return document


async def test_a_trusted_signature_is_validated_in_the_child_and_told(
    intake: Intake, children: Sandbox, signed: bytes
) -> None:
    document = await read(intake, children, signed, roots=(root().pem,))
    assert (document.outcome, document.reasons) == (Outcome.AUTO, ())
    assert document.answer is not None
    assert document.answer.text == "nej"
    [signature] = document.electronic_signatures
    assert (signature.name, signature.fault) == ("Åsa Öberg", None)


async def test_nobody_is_trusted_who_is_not_named(
    intake: Intake, children: Sandbox, signed: bytes
) -> None:
    document = await read(intake, children, signed, roots=())
    assert document.reasons == (Reason.E_SIGNATURE_UNTRUSTED,)


async def test_what_counts_is_when_the_mail_came_and_not_when_it_is_read_again(
    intake: Intake, children: Sandbox, signed: bytes
) -> None:
    late = NOW + timedelta(days=500)
    document = await read(intake, children, signed, roots=(root().pem,), received_at=late)
    assert document.electronic_signatures[0].fault is SignatureFault.EXPIRED
