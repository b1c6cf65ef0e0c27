"""A round that is open today, mailings composed by clicks, and the notifier that sends them."""

from datetime import date, datetime, timedelta

from sqlmodel import col, select

from services.notifier.notify import Notifier
from services.notifier.order import order_letter, steer_mailing
from services.registry.domain.recipients import Audience, RecipientRole
from services.registry.mailings.draft import Chosen, begin, choose
from services.registry.mailings.letters import Office
from services.registry.mailings.runner import MailingRunner
from services.registry.tables import (
    Initiative,
    Mailing,
    MailingRecipient,
    MunicipalityContact,
    RecipientState,
)
from shared.archive import FolderArchive
from shared.database import Database
from shared.events import Event, LetterKind, LetterOrdered, MailingSteered
from shared.outbox import OutboxRow, now
from tests.unit.notifier.builders import settled
from tests.web.client import Answer, Client
from tests.web.world import START, World

KOMPETENS, MOLN = "kompetens-2024", "moln-2024"
REGISTRARS = {
    "0114": "kommun@upplandsvasby.se",
    "1281": "lunds.kommun@lund.se",
    "2480": "registrator@umea.se",
}
OFFICE = Office("Sveriges Kommuner och Regioner", "registratur@skr.se", "handslaget@skr.se", b"k")


def draft_a_reminder(world: World) -> str:
    """A reminder that a registrar has begun; returns its id."""
    made = begin(world.database, LetterKind.REMINDER, [MOLN], who="rut", at=START)
    by_hand = "registrator@lund.se;;1281\nkansliet@umea.se;;2480\nbo@habo.se;;0643"
    chosen = Chosen(
        title="Påminnelse om molntjänsten",
        initiatives=(MOLN,),
        audience=Audience(frozenset({RecipientRole.REGISTRAR}), counties=frozenset({"12"})),
        by_hand=by_hand,
        attention=("Kommundirektör",),
        with_forms=True,
    )
    assert choose(world.database, made.id, made.revision, chosen, who="rut", at=START) == []
    return made.id


def open_round(world: World, days: int = 14) -> None:
    """Let the round be answered for so many days yet, and three registrars be known."""
    with world.database.write() as session:
        for initiative in session.exec(select(Initiative)):
            initiative.last_answer_day = date.today() + timedelta(days=days)  # noqa: DTZ011
            session.add(initiative)
        for code, address in REGISTRARS.items():
            session.merge(
                MunicipalityContact(municipality=code, registrar_address=address, imported_at=START)
            )


def compose(client: Client, kind: str, *initiatives: str, by_hand: str = "", **values: str) -> str:
    """Compose a mailing by its pages, up to the last step; return its address."""
    chosen = {f"initiativ.{one}": "ja" for one in initiatives}
    begun = client.submit("/nytt-utskick", "/nytt-utskick", slag=kind, **chosen)
    assert begun.status == 303, begun.text
    page = begun.location.rpartition("/")[0]
    who = {"titel": "Ett utskick", "for_hand": by_hand, "version": "1", **chosen}
    if kind in ("offer", "reminder"):
        who |= {"roll.registrar": "ja", "blanketter": "ja", "att": "Kommundirektör\nIT-chef"}
    elif kind == "update":
        who |= {"roll.named": "ja", "roll.added": "ja", "initiativ": initiatives[0]}
    saved = client.submit(f"{page}/vilka", f"{page}/vilka", **who)
    assert saved.status == 303, saved.text
    worded = save_text(client, page, **values)
    assert worded.status == 303, worded.text
    return page


def save_text(client: Client, page: str, **values: str) -> Answer:
    """Save the page of a draft's text as it stands, but for these fields."""
    shown = client.get(f"{page}/text")
    return client.post(f"{page}/text", shown.fields | values)


def hand_in(client: Client, page: str) -> Answer:
    """Submit a draft as its last page shows it."""
    return client.post(f"{page}/lamna-in", client.get(f"{page}/skicka").fields)


def runner(database: Database, archive: FolderArchive, at: datetime | None = None) -> MailingRunner:
    """What orders the letters, now or at another time."""
    return MailingRunner(database, archive, lambda: OFFICE, lambda: at or now(), lambda: None)


def ordered(world: World, kind: type[Event] = LetterOrdered) -> list[Event]:
    """The events of a kind that the registry has told, oldest first."""
    with world.database.read() as session:
        return [
            kind.model_validate_json(row.body)
            for row in session.exec(
                select(OutboxRow)
                .where(OutboxRow.subject == kind.subject)
                .order_by(col(OutboxRow.number))
            )
        ]


def deliver(world: World, office: Notifier) -> None:
    """Hand the notifier all that the registry has told, as the bus does, repeats and all."""
    for event in ordered(world):
        assert isinstance(event, LetterOrdered)
        order_letter(office, event)
    for event in ordered(world, MailingSteered):
        assert isinstance(event, MailingSteered)
        steer_mailing(office, event)


def hear_back(world: World, office: Notifier) -> None:
    """Hand the registry all that the notifier has told."""
    for event in settled(office.database):
        world.settler.settle(event)


def recipient_states(world: World) -> list[tuple[str, RecipientState, str]]:
    """Each recipient in its order: address, state and reason, but for those left out at once."""
    with world.database.read() as session:
        return [
            (row.address, row.state, row.reason)
            for row in session.exec(
                select(MailingRecipient)
                .where(col(MailingRecipient.letter_id).is_not(None))
                .order_by(col(MailingRecipient.number))
            )
        ]


def the_mailing(world: World) -> Mailing:
    """The only mailing that there is."""
    with world.database.read() as session:
        return session.exec(select(Mailing)).one()
