"""The migrations make exactly the tables that the code expects, on both databases."""

import shutil
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from services.notifier.accounts import messages_by_mail
from services.notifier.tables import METADATA, MessageState
from shared.database import Database
from shared.migrate import upgrade
from tests.unit.notifier.builders import (
    MIGRATIONS,
    NOON,
    correspondence,
    document,
    mail_id,
    notifier,
    registered,
    rows,
)


def test_migrations_and_tables_agree(database_url: str) -> None:
    database = Database(database_url, schema="notifier")
    upgrade(database, MIGRATIONS)
    upgrade(database, MIGRATIONS)
    with database.read() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
    database.close()


def test_mails_from_before_there_were_decisions_are_kept(database_url: str, tmp_path: Path) -> None:
    database = Database(database_url, schema="notifier")
    upgrade(database, _only(tmp_path, "0001"))
    with database.write() as session:
        for number, (state, settled_at) in enumerate(
            [("queued", None), ("sent", NOON), ("held_back", NOON)], 1
        ):
            session.connection().execute(
                text(
                    "INSERT INTO message (number, kind, mail_id, message_id, token, "
                    "envelope_sender, recipient, recipient_key, subject, state, reason, "
                    "received_at, created_at, attempts, doubts, next_try_at, last_error, sender, "
                    "settled_at) VALUES (:number, 'receipt', :mail_id, :message_id, :token, "
                    "'r@skr.se', 'k@umea.se', 'k@umea.se', 'Bekräftelse', :state, '', :at, :at, "
                    "2, 1, :at, 'later', '', :settled_at)"
                ),
                {
                    "number": number,
                    "mail_id": mail_id(number),
                    "message_id": f"<{number}@skr.se>",
                    "token": str(number),
                    "state": state,
                    "at": NOON.replace(tzinfo=None) if database.schema is None else NOON,
                    "settled_at": settled_at,
                },
            )
    upgrade(database, MIGRATIONS)
    found = rows(database)
    assert [(row.state, row.message_id) for row in found] == [
        ("queued", "<1@skr.se>"),
        ("sent", "<2@skr.se>"),
        ("held_back", "<3@skr.se>"),
    ]
    assert {(row.about, row.document_id, row.due_at) for row in found} == {("", None, NOON)}
    assert {(row.subject, row.attempts, row.doubts) for row in found} == {("Bekräftelse", 2, 1)}
    database.close()


def _only(folder: Path, *revisions: str) -> Path:
    """The migrations as they were when there were no others."""
    older = folder / "migrations"
    (older / "versions").mkdir(parents=True)
    shutil.copy(MIGRATIONS / "env.py", older)
    for revision in revisions:
        for file in (MIGRATIONS / "versions").glob(f"{revision}_*.py"):
            shutil.copy(file, older / "versions")
    return older


def test_the_accounts_tell_what_became_of_each_mails_messages(
    database_url: str, tmp_path: Path
) -> None:
    office = notifier(database_url, tmp_path / "archive")
    office.answer(registered(document(), seed="answered"))
    office.answer(registered(seed="bounce", correspondence=correspondence(return_path="")))
    accounts = messages_by_mail(office.database)
    (queued,) = accounts[mail_id("answered")]
    (held,) = accounts[mail_id("bounce")]
    assert (queued.state, queued.kind) == (MessageState.QUEUED, "receipt")
    assert queued.content is not None
    assert (held.state, held.reason, held.content) == (
        MessageState.HELD_BACK,
        "no_return_path",
        None,
    )
    office.database.close()
