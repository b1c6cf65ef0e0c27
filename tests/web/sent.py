"""Letters that an office has sent by itself and in a mailing, and what their readers answered."""

from datetime import timedelta
from uuid import UUID, uuid5

from services.registry.tables import Mailing, MailingRecipient, MailingStage, RecipientState
from shared.events import LetterKind
from tests.web.world import START, World

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
