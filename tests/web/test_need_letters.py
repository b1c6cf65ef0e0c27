"""Asking for the needs template: seen first, sent once, with the empty template in two forms."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.notifier.gate import Caps
from services.notifier.notify import Notifier
from services.registry.tables import Role
from shared.events import (
    Disposition,
    DocumentKind,
    LetterOrdered,
    MailboxRole,
    MessageFate,
    NeedReading,
    Reason,
)
from shared.needs import NeedField
from tests.unit.notifier.builders import notifier, parsed, text_of
from tests.unit.notifier.scripted_relay import ScriptedRelay
from tests.unit.notifier.sending import all_settled, sending, until
from tests.unit.registry.builders import form
from tests.web.client import Client
from tests.web.conftest import logged_in
from tests.web.mailed import deliver, ordered
from tests.web.sent import sent
from tests.web.world import World, arrived, described

NEEDS = {"disposition": Disposition.NEED, "role": MailboxRole.NEEDS}


@pytest.fixture
def petra(fresh: World) -> Client:
    return logged_in(fresh, Role.PROGRAMME_OFFICE)


@pytest.fixture
def office(notifier_url: str, tmp_path: Path) -> Iterator[Notifier]:
    made = notifier(notifier_url, tmp_path / "archive", caps=Caps(100, 100), migrated=True)
    yield made
    made.database.close()


def proposed(world: World, need: NeedReading, note: Reason) -> str:
    """A need that came in as a document; return the address of the letter about it."""
    document = form(
        None, initiative=None, municipality=None, kind=DocumentKind.NEED, signature=None
    ).model_copy(update={"need": need, "reasons": (note,)})
    world.record(arrived(document, name="need", **NEEDS), "need")
    return f"/behov/{world.ids['need']}/mall"


async def test_the_template_is_asked_for_once_and_goes_with_the_letter(
    fresh: World, petra: Client, office: Notifier, relay: ScriptedRelay
) -> None:
    page = proposed(fresh, described((NeedField.TITLE,)), Reason.NEED_INCOMPLETE)
    assert f'href="{page}"' in petra.get("/behov").html
    seen = petra.get(f"{page}/brev").text
    assert "Behovsmall.docx" in seen
    assert ordered(fresh) == []
    for _ in range(2):
        assert petra.submit("/behov", page).status == 303
    deliver(fresh, office)
    async with sending(office, relay):
        await until(lambda: all_settled(office))
    (mail,) = relay.accepted
    found = parsed(mail.data)
    assert found["Subject"] == "Beskriv behovet i vår mall, dnr SKR 2024/00001"
    assert found["Auto-Submitted"] == "auto-replied"
    files = {part.get_filename(): part.get_content()[:4] for part in found.iter_attachments()}
    assert files == {"Behovsmall.docx": b"PK\x03\x04", "Behovsmall.pdf": b"%PDF"}
    said = text_of(mail.data)
    assert "Det här saknas" in said
    assert "- Vem berörs?" in said
    assert "Behovsmallen begärd" in petra.get("/behov").text
    assert "petra bad om mallen" in petra.get(page).text


def test_a_proposal_that_stands_in_the_mail_itself_can_be_asked_about_too(
    fresh: World, petra: Client
) -> None:
    fresh.record(arrived(name="mail", reasons=(Reason.NEED_WITHOUT_TEMPLATE,), **NEEDS), "mail")
    page = f"/behov/{fresh.ids['mail']}/mall"
    assert f'href="{page}"' in petra.get("/behov").html
    petra.submit(page, page)
    (letter,) = ordered(fresh)
    assert isinstance(letter, LetterOrdered)
    assert letter.document_id is None
    assert "\n- " not in letter.text


def test_that_the_letter_never_left_stands_beside_that_it_was_asked_for(
    fresh: World, petra: Client
) -> None:
    fresh.record(arrived(name="mail", reasons=(Reason.NEED_WITHOUT_TEMPLATE,), **NEEDS), "mail")
    page = f"/behov/{fresh.ids['mail']}/mall"
    document = proposed(fresh, described((NeedField.TITLE,)), Reason.NEED_INCOMPLETE)
    for address in (page, document):
        petra.submit(address, address)
    assert petra.get(page).text.count("Väntar på att skickas") == 1
    for letter in ordered(fresh):
        assert isinstance(letter, LetterOrdered)
        assert letter.answers is not None
        sent(
            fresh,
            letter.recipient,
            message_id=f"<{letter.letter_id}@skr.example>",
            kind="template_request",
            letter_id=letter.letter_id,
            mail_id=letter.answers.mail_id,
            fate=MessageFate.HELD_BACK,
            reason="mailing_list",
            content=None,
        )
    shown = petra.get(page).text
    assert "Skickades inte" in shown
    assert "Mejlet kom från en e-postlista" in shown
    assert petra.get("/behov").text.count("Skickades inte") == 2


def test_nobody_is_asked_about_a_mail_that_proposes_nothing(fresh: World, petra: Client) -> None:
    fresh.record(arrived(form("ja"), name="svar"), "svar")
    page = f"/behov/{fresh.ids['svar']}/mall"
    assert petra.get(page).status == 404
    assert petra.get(f"{page}/brev").status == 404
    assert petra.submit("/behov", page).status == 404
    assert ordered(fresh) == []
