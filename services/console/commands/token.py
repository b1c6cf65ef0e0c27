"""`handslag token`: keys by which programs use the interface."""

from typing import Annotated

import typer

from services.console.commands import WHO
from services.console.commands.app import Commands

token = Commands("Keys by which programs use the interface (API).")


@token.command("add")
def token_add(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="What the event log calls the program.")
    ],
    role: Annotated[
        str,
        typer.Option(metavar="ROLE", help="registrator, programkontor, läsare or administratör."),
    ],
    days: Annotated[
        int, typer.Option(metavar="N", help="How many days it works, at most 730.")
    ] = 365,
) -> None:
    """Make a key, and print it: it is kept nowhere and cannot be shown again."""
    from services.console.stores import open_store
    from services.registry.admin.tokens import add
    from shared.outbox import now

    with open_store("registry") as database:
        print(add(database, name, role, days=days, who=WHO, now=now()).token)


@token.command("list")
def token_list() -> None:
    """List the keys: name, role, state, until when, when last used, by whom it was made."""
    from services.console.stores import office_zone, open_store
    from services.registry.admin.tokens import list_all, state_of
    from shared.outbox import now

    zone, at = office_zone(), now()
    with open_store("registry") as database, database.read() as session:
        for each in list_all(session):
            used = each.last_used_at
            print(
                each.name,
                each.role,
                state_of(each, at),
                each.expires_at.astimezone(zone).isoformat(timespec="minutes"),
                used.astimezone(zone).isoformat(timespec="minutes") if used else "never",
                each.created_by,
                sep="\t",
            )


@token.command("withdraw")
def token_withdraw(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `handslag token list` shows it.")],
) -> None:
    """Let a key work no longer, at once; its name is never given to another."""
    from services.console.stores import open_store
    from services.registry.admin.tokens import withdraw
    from shared.outbox import now

    with open_store("registry") as database:
        print(f"{withdraw(database, name, who=WHO, now=now()).name} is withdrawn.")
