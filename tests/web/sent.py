"""Letters that an office has sent by itself and in a mailing, and what their readers answered."""

from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from uuid import UUID, uuid5

from services.registry.replies import ReplyKeeper
from services.registry.tables import Mailing, MailingRecipient, MailingStage, RecipientState
from shared.archive import Area
from shared.events import (
    Disposition,
    LetterKind,
    MessageFate,
    MessageSettled,
    Reason,
    ReplyKind,
    ReplyReceived,
)
from tests.web.world import REGISTERED, START, World, arrived

TOKEN = "nyhetsbrev-till-anna-ek-1234567890"
NEWSLETTER = UUID("5f0d4e34-6d0b-4c6f-9a55-70f6d3b1c001")


def newsletter(world: World, *, token: str = TOKEN, address: str = "Anna.Ek@umea.se") -> str:
    """A newsletter that was sent to one address; return the id of its letter."""
    letter_id = str(uuid5(NEWSLETTER, address))
    with world.database.write() as session:
        session.merge(
            Mailing(
                id=str(NEWSLETTER),
                kind=LetterKind.NEWSLETTER,
                stage=MailingStage.DONE,
                title="Nyhetsbrev september",
                initiatives=[],
                audience={},
                attention=[],
                subject="Nytt från oss",
                heading="Nytt från oss",
                text="Hej",
                said={},
                written_by=["petra"],
                made_by="petra",
                made_at=START,
            )
        )
        session.flush()
        session.merge(
            MailingRecipient(
                mailing_id=str(NEWSLETTER),
                number=1,
                letter_id=letter_id,
                state=RecipientState.SENT,
                address=address,
                name="Anna Ek",
                initiatives=[],
                unsubscribe=token,
                ordered_at=START,
                settled_at=START + timedelta(minutes=1),
            )
        )
    return letter_id


OURS = "<receipt.m00000000000000000000001@skr.example>"
"""Our mail that the replies name, unless told otherwise."""


def sent(
    world: World,
    recipient: str,
    *,
    message_id: str = OURS,
    kind: str = "receipt",
    at: datetime = START,
    **more: object,
) -> bytes:
    """Let a mail of ours have left, its bytes in the archive; return them."""
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"] = "SKR registratur <registratur@skr.example>", recipient
    mail["Subject"] = "Vi har tagit emot ert svar – åäö"
    mail["Message-ID"] = message_id
    mail.set_content("Hej\n\nVi har tagit emot ert svar.\nPersonnummer 811218-9876.\n")
    mail.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="blankett.pdf")
    data = mail.as_bytes()
    settled: dict[str, object] = {
        "occurred_at": at,
        "message_id": message_id,
        "kind": kind,
        "recipient": recipient,
        "fate": MessageFate.SENT,
        "content": world.archive.put(data, Area.DERIVED),
        "settled_at": at,
    }
    world.settler.settle(MessageSettled.model_validate(settled | more))
    return data


def replied(
    world: World,
    kind: ReplyKind,
    *,
    name: str,
    text: str,
    sender: str,
    suggested: tuple[str, ...] = (),
    answers: tuple[str, ...] = (OURS,),
    minutes: int = 3000,
    forged: bool = False,
) -> str:
    """Let a reply come in, and be told of; return the mail's id."""
    automatic = kind in (ReplyKind.LEFT, ReplyKind.AWAY)
    read = arrived(
        name=name,
        subject="Autosvar: Vi har tagit emot ert svar" if automatic else "Sv: Vi har tagit emot",
        text=text,
        sender=sender,
        disposition=Disposition.SET_ASIDE if automatic else Disposition.QUESTION,
        disposition_reason="autoreply" if automatic else "question",
        reasons=(Reason.SENDER_NOT_AUTHENTIC,) if forged else (),
        minutes=minutes,
    )
    world.record(read, name)
    ReplyKeeper(world.database, lambda: REGISTERED).keep(
        ReplyReceived(
            occurred_at=read.received_at,
            mail_id=read.mail_id,
            received_at=read.received_at,
            kind=kind,
            sender=sender,
            answers=answers,
            suggested=suggested,
        )
    )
    return read.mail_id


def correspond(world: World) -> None:
    """What comes back to a full register: somebody has left, is the wrong one, or just answers."""
    sent(world, "asa.oberg@kommun1.example", kind="decision", message_id=OURS,
         mail_id=world.ids["late"])  # fmt: skip
    replied(
        world,
        ReplyKind.LEFT,
        name="left",
        text="Hej!\n\nJag har slutat på kommunen. Kontakta i stället Eva Ek, eva.ek@umea.se, eller "
        "kommunstyrelsen@umea.se.\n\nVänliga hälsningar\nÅsa Öberg",
        sender="asa.oberg-lindqvist@vallentuna.example",
        suggested=("eva.ek@umea.se", "kommunstyrelsen@umea.se"),
    )
    replied(
        world,
        ReplyKind.WRONG_PERSON,
        name="wrong person",
        text="Hej, det här har hamnat fel. Jag arbetar med skolan.\n/Bo",
        sender="bo@habo.example",
        minutes=3010,
        forged=True,
    )
    replied(
        world,
        ReplyKind.REPLY,
        name="thanks",
        text="Tack så mycket!\n\nHälsningar\nRegistratorn",
        sender="asa.oberg@kommun1.example",
        minutes=3020,
    )
