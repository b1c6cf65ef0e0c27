"""A letter that was ordered becomes a mail, when its turn to leave has come.

Not when it is ordered: a mailing may take days, and a mail's Date is when it was sent.
"""

from collections.abc import Callable
from typing import Protocol

import structlog

from services.notifier import store
from services.notifier.compose import House
from services.notifier.compose_letter import compose_letter
from services.notifier.tables import MessageRow
from shared import outbox
from shared.archive import Archive, Area
from shared.database import Database
from shared.errors import HandslagError, Permanent
from shared.events import LetterOrdered
from shared.failpoint import failpoint

log = structlog.get_logger()


class ComposingDesk(Protocol):
    """What composing needs."""

    @property
    def database(self) -> Database: ...

    @property
    def archive(self) -> Archive: ...

    @property
    def house(self) -> House: ...

    @property
    def signed(self) -> Callable[[bytes], bytes]: ...


def compose_order(desk: ComposingDesk, row: MessageRow) -> bytes:
    """Compose a letter whose turn has come. `Permanent` if a file of it is lost."""
    assert row.letter_id is not None
    assert row.number is not None
    with desk.database.read() as session:
        event = LetterOrdered.model_validate_json(store.order_of(session, row.letter_id))
    data = _composed(desk, event)
    content = desk.archive.put(data, Area.DERIVED)
    with desk.database.write() as session:
        store.keep_content(session, row.number, content)
    failpoint("notifier.composed")
    return data


def _composed(desk: ComposingDesk, event: LetterOrdered) -> bytes:
    """The bytes, signed; whatever keeps them from being made is this letter's end, and no other's.

    Else it would be tried again for ever, before all that wait behind it.
    """
    try:
        mail = compose_letter(
            event,
            desk.house,
            dated=outbox.now(),
            read=lambda digest: desk.archive.get(digest, Area.DERIVED),
        )
        return desk.signed(mail)
    except HandslagError:
        raise
    except Exception as error:
        log.error("letter_not_composed", letter_id=event.letter_id.hex, exc_info=error)
        raise Permanent(f"{type(error).__name__}: {error}", code="not_composed") from error
