"""`handslag dead-letters`: what could not be handled."""

import json
from typing import Annotated

import typer

from services.console.commands.app import Commands

dead_letters = Commands("Events that a service could not handle.")


@dead_letters.command("list")
def dead_letters_list(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """List what could not be handled: ID, when, which event, why."""
    from services.console.letters import list_letters

    for letter in list_letters():
        print(json.dumps(letter.as_dict(), ensure_ascii=False) if as_json else letter.in_words())


@dead_letters.command("retry")
def dead_letters_retry(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID", help="As listed; all of them if left out.")
    ] = None,
) -> None:
    """Have it handled once more; running services take it up at once."""
    from services.console.letters import retry_letters

    print(f"{retry_letters(ids or [])} to be handled again.")
