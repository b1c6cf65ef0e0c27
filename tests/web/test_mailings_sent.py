"""Mailings all the way: ordered in batches, sent by the real notifier, and told of row by row."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from services.notifier.gate import Caps
from services.notifier.notify import Notifier
from services.registry.mailings import runner as mailings_runner
from services.registry.mailings.flow import pause, resume
from services.registry.tables import Bounce, BounceState, MailingStage, RecipientState, Role
from shared.archive import Area
from shared.database import Database
from shared.events import LetterOrdered, MailingState, MailingSteered
from shared.outbox import now
from tests.faults.test_registry_kill import kill_at
from tests.unit.notifier.builders import house, notifier, parsed, text_of
from tests.unit.notifier.scripted_relay import ScriptedRelay
from tests.unit.notifier.sending import all_settled, sending, until
from tests.web.client import Client
from tests.web.conftest import logged_in
from tests.web.mailed import (
    KOMPETENS,
    MOLN,
    REGISTRARS,
    compose,
    deliver,
    hand_in,
    hear_back,
    open_round,
    ordered,
    recipient_states,
    runner,
    the_mailing,
)
from tests.web.world import World

SENT = RecipientState.SENT
UPDATE = {"varde.rubrik": "Införandet börjar", "varde.nyheter": "Det börjar i januari."}
NEWS = {"varde.rubrik": "Höstens hearing", "varde.innehåll": "Vi ses i Lund."}


@pytest.fixture
def world(fresh: World) -> World:
    open_round(fresh)
    return fresh


@pytest.fixture
def petra(world: World) -> Client:
    return logged_in(world, Role.PROGRAMME_OFFICE)


@pytest.fixture
def office(world: World, notifier_url: str, tmp_path: Path) -> Iterator[Notifier]:
    made = notifier(notifier_url, tmp_path / "archive", caps=Caps(100, 100), migrated=True)
    yield made
    made.database.close()


def work(world: World) -> None:
    """Let the runner do all that there is to do."""
    does = runner(world.database, world.archive)
    while does.step():
        pass


def sent_link(html: str) -> str:
    """Where the mail to Lund can be read as it was sent."""
    found = re.search(r'href="(/utgaende/[^"]+)" aria-label="Läs mejlet till lunds.kommun', html)
    assert found
    return found[1]


def readers(count: int) -> str:
    return "\n".join(f"kontakt{number}@kommun{number}.se" for number in range(count))


async def test_an_offer_arrives_with_each_municipalitys_own_forms_and_each_row_says_so(
    world: World, petra: Client, office: Notifier, relay: ScriptedRelay
) -> None:
    page = compose(petra, "offer", KOMPETENS, MOLN)
    preview_of_umea = f"{page}/forhandsvisning?mottagare=3"
    assert hand_in(petra, page).location == page
    work(world)
    deliver(world, office)
    async with sending(office, relay):
        await until(lambda: all_settled(office))
    hear_back(world, office)
    work(world)

    assert recipient_states(world) == [(one, SENT, "") for one in REGISTRARS.values()]
    assert the_mailing(world).stage is MailingStage.DONE
    assert "3 av 3" in petra.get("/utskick").text
    assert {mail.recipient for mail in relay.accepted} == set(REGISTRARS.values())
    assert "Lunds kommun" in petra.get(sent_link(petra.get(page).html)).text
    umea = next(mail for mail in relay.accepted if "umea" in mail.recipient)
    shown = re.search(r"<pre[^>]*>(.*?)</pre>", petra.get(preview_of_umea).text, re.DOTALL)
    assert shown
    words, _, signature = " ".join(shown[1].split()).rpartition(" Sveriges Kommuner")
    assert signature == " och Regioner"
    assert text_of(umea.data).startswith(words), "it arrives as it was shown"
    files = {
        part.get_filename(): part.get_content() for part in parsed(umea.data).iter_attachments()
    }
    assert set(files) == {
        "Svarsformulär Kompetensgemenskaper, Umeå kommun.pdf",
        "Svarsformulär Gemensam molntjänst för skolan, Umeå kommun.pdf",
    }
    assert all(content.startswith(b"%PDF") for content in files.values())
    assert parsed(umea.data)["Subject"].startswith("Erbjudande till Umeå kommun: två initiativ")


async def test_one_click_in_a_newsletter_keeps_its_reader_out_of_the_next(
    world: World, petra: Client, office: Notifier, relay: ScriptedRelay
) -> None:
    hand_in(petra, compose(petra, "newsletter", by_hand=readers(2), **NEWS))
    work(world)
    page_of = "https://handslag.example/avsluta/{token}"
    office = replace(office, house=house(unsubscribe_url=page_of))
    deliver(world, office)
    async with sending(office, relay):
        await until(lambda: all_settled(office))
    mail = parsed(relay.accepted[0].data)
    link = re.search(r"<https://[^/]+(/avsluta/[^>]+)>", mail["List-Unsubscribe"])
    assert link
    program = Client(world.address)
    assert program.post(link[1], {"List-Unsubscribe": "One-Click"}).status == 200

    again = compose(petra, "newsletter", by_hand=readers(2), **NEWS)
    left_out = petra.get(f"{again}/mottagare?visa=utelamnade").text
    assert relay.accepted[0].recipient in left_out
    assert "Vill inte ha nyhetsbrev" in left_out


async def test_a_reminder_stands_in_its_offers_thread(
    world: World, petra: Client, office: Notifier, relay: ScriptedRelay
) -> None:
    hand_in(petra, compose(petra, "offer", KOMPETENS))
    work(world)
    deliver(world, office)
    async with sending(office, relay):
        await until(lambda: all_settled(office))
        hear_back(world, office)
        hand_in(petra, compose(petra, "reminder", KOMPETENS))
        work(world)
        deliver(world, office)
        await until(lambda: all_settled(office))
    offers = {mail.recipient: parsed(mail.data)["Message-ID"] for mail in relay.accepted[:3]}
    reminders = {mail.recipient: parsed(mail.data)["In-Reply-To"] for mail in relay.accepted[3:]}
    assert reminders == offers


async def test_paused_nothing_leaves_resumed_it_goes_on_stopped_it_ends(
    world: World,
    petra: Client,
    office: Notifier,
    relay: ScriptedRelay,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mailings_runner, "LETTERS_AT_ONCE", 2)
    page = compose(petra, "update", KOMPETENS, by_hand=readers(6), **UPDATE)
    hand_in(petra, page)
    does = runner(world.database, world.archive)
    assert does.step()
    token = {"_csrf": petra.token(page)}
    assert petra.post(f"{page}/pausa", token).status == 303
    assert not does.step(), "a paused mailing orders nothing more"
    deliver(world, office)
    async with sending(office, relay):
        assert len(ordered(world)) == 2
        assert relay.accepted == []
        assert petra.post(f"{page}/fortsatt", token).status == 303
        assert does.step()
        deliver(world, office)
        await until(lambda: all_settled(office))
    assert len(relay.accepted) == 4
    hear_back(world, office)
    assert petra.post(f"{page}/stoppa", token).status == 303
    work(world)
    assert [state for _, state, _ in recipient_states(world)] == [SENT] * 4 + [
        RecipientState.HELD_BACK
    ] * 2
    assert "Utskicket stoppades innan brevet gick" in petra.get(f"{page}?visa=gick-inte").text
    steered = [event.state for event in ordered(world, MailingSteered)]  # type: ignore[attr-defined]
    assert steered == [
        MailingState.RUNNING,
        MailingState.PAUSED,
        MailingState.RUNNING,
        MailingState.STOPPED,
    ]
    assert petra.post(f"{page}/fortsatt", token).status == 409, "for good"


@pytest.mark.parametrize("step", ["composed", "ordered"])
def test_killed_between_batches_it_goes_on_and_doubles_nothing(
    world: World, petra: Client, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setattr(mailings_runner, "LETTERS_AT_ONCE", 4)
    hand_in(petra, compose(petra, "newsletter", by_hand=readers(10), **NEWS))
    world.database.engine.dispose()
    url = world.database.engine.url.render_as_string(hide_password=False)

    def order_all(database: Database) -> None:
        does = runner(database, world.archive)
        while does.step():
            pass

    kill_at(f"registry.mailing.{step}:2", url, order_all)
    before = len(ordered(world))
    assert before == (4 if step == "composed" else 8)
    work(world)
    letters = [event for event in ordered(world) if isinstance(event, LetterOrdered)]
    assert len(letters) == 10
    assert len({event.letter_id for event in letters}) == 10
    assert len({event.recipient for event in letters}) == 10


def test_what_was_composed_before_a_pause_is_not_ordered_after_it(
    world: World, petra: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(petra, compose(petra, "newsletter", by_hand=readers(3), **NEWS))
    one = the_mailing(world)
    composed = mailings_runner.failpoint

    def paused_meanwhile(name: str) -> None:
        if name == "registry.mailing.composed":
            pause(world.database, one.id, who="petra", at=now())
        composed(name)

    monkeypatch.setattr(mailings_runner, "failpoint", paused_meanwhile)
    work(world)
    assert ordered(world) == []
    monkeypatch.undo()
    resume(world.database, one.id, who="petra", at=now())
    work(world)
    assert len(ordered(world)) == 3


def test_whoever_is_known_to_bounce_when_it_leaves_is_left_out_after_all(
    world: World, petra: Client
) -> None:
    hand_in(petra, compose(petra, "offer", KOMPETENS))
    with world.database.write() as session:
        session.add(
            Bounce(
                mail_id="m" + "0" * 23,
                recipient="registrator@umea.se",
                token="",
                status="5.1.1",
                diagnostic="",
                state=BounceState.OPEN,
                came_at=now(),
            )
        )
    work(world)
    assert recipient_states(world)[-1] == (
        "registrator@umea.se",
        RecipientState.LEFT_OUT,
        "bounces",
    )
    assert len(ordered(world)) == 2


def test_a_scheduled_mailing_waits_for_its_time(world: World, petra: Client) -> None:
    page = compose(petra, "newsletter", by_hand=readers(2), **NEWS)
    ready = petra.get(f"{page}/skicka").fields
    when = {"dag": "2099-01-02", "klockan": "09:30", "takt": "30"}
    assert petra.post(f"{page}/tid", ready | when).status == 303
    assert "Schemalägg 2 brev" in petra.get(f"{page}/skicka").text
    hand_in(petra, page)
    work(world)
    one = the_mailing(world)
    assert (one.stage, ordered(world)) == (MailingStage.SCHEDULED, [])
    assert one.send_at is not None
    assert runner(world.database, world.archive, one.send_at).step()
    (steered,) = ordered(world, MailingSteered)
    assert isinstance(steered, MailingSteered)
    assert (steered.state, steered.per_minute) == (MailingState.RUNNING, 30)


def test_a_form_that_does_not_fit_fails_one_letter_and_no_other(
    world: World, petra: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(petra, compose(petra, "offer", KOMPETENS))
    real = mailings_runner.forms_of

    def no_room_for_umea(mailing: object, row: object, *rest: object) -> object:
        if getattr(row, "municipality", "") == "2480":
            raise mailings_runner.DoesNotFit("Umeå kommun")
        return real(mailing, row, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(mailings_runner, "forms_of", no_room_for_umea)
    work(world)
    assert [state for _, state, _ in recipient_states(world)] == [
        RecipientState.ORDERED,
        RecipientState.ORDERED,
        RecipientState.FAILED,
    ]
    assert all(
        world.archive.has(file.content, Area.DERIVED)
        for event in ordered(world)
        if isinstance(event, LetterOrdered)
        for file in event.files
    )
