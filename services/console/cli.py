"""`handslag`: everything that is done from a command line."""

import asyncio
import functools
import json
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, ParamSpec

import structlog
import typer

from services.console.commands.app import Commands
from services.console.commands.dead_letters import dead_letters
from services.console.commands.form import form
from services.console.commands.register import export, initiative, municipality, user
from services.console.commands.token import token
from shared.errors import HandslagError

P = ParamSpec("P")

app = Commands(
    "Intake of signed paper answers and needs by e-mail.\n\n"
    "Settings come from the environment and from .env; deploy/env.example lists them all."
)
for name, group in (
    ("form", form),
    ("initiative", initiative),
    ("municipality", municipality),
    ("user", user),
    ("token", token),
    ("export", export),
    ("dead-letters", dead_letters),
):
    app.add_typer(group, name=name)


def main() -> None:
    """Run the command line; say what is wrong in one line."""
    # What commands print is for other programs; whatever is logged must not stand in between.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(file=sys.stderr))
    try:
        app()
    except HandslagError as error:
        said = " ".join(str(error).split()).rstrip(".") + "."
        line = f"{said} {error.remedy}".strip()
        typer.secho(f"handslag: {line}", err=True, fg=typer.colors.RED)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _async(function: Callable[P, Any]) -> Callable[P, None]:
    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        asyncio.run(function(*args, **kwargs))

    return run


@app.command()
@_async
async def up(
    services: Annotated[
        str,
        typer.Option(metavar="NAMES", help="Start only these services, separated by commas."),
    ] = "intake,registry,notifier",
) -> None:
    """Start the services and the web pages, as the settings say; Ctrl-C stops them."""
    from services.console.stores import registry_settings
    from services.console.up import run_up
    from shared.settings import CommonSettings
    from shared.telemetry import configure_logs

    settings = CommonSettings.load()
    configure_logs("up", format=settings.log_format, level=settings.log_level)

    def tell() -> None:
        print(f"Data folder: {settings.home}", flush=True)
        if "registry" in services:
            print(f"Web pages:   http://{registry_settings().web.listen}/", flush=True)

    chosen = [each.strip() for each in services.split(",") if each.strip()]
    await run_up(settings, chosen, tell)


@app.command()
@_async
async def demo(
    mails: Annotated[int, typer.Option(metavar="N", help="How many mails to send.")] = 40,
    seed: Annotated[int, typer.Option(metavar="N", help="Another number, other mails.")] = 1,
    once: Annotated[
        bool,
        typer.Option("--once", help="Stop when all is settled; exit code 1 if not as it should."),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print addresses and the outcome as JSON.")
    ] = False,
) -> None:
    """Show the whole flow on a throw-away folder, with a post office of its own."""
    from services.console.demo.show import run_demo

    settled = await run_demo(mails, seed, once=once, as_json=as_json)
    if not settled:
        raise typer.Exit(1)


@app.command()
def read(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="PDF, picture, Word file, zip or .eml.")
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a document.")
    ] = False,
    debug: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Write each page there as a picture, with what was found drawn on it.",
        ),
    ] = None,
) -> None:
    """Read files as intake would, without any server, and say what was found."""
    from services.console.read import read_files

    for line in read_files(files, debug):
        print(json.dumps(line, ensure_ascii=False) if as_json else _in_words(line), flush=True)


def _in_words(line: dict[str, Any]) -> str:
    found = [
        f"{key} {line[key]}"
        for key in ("initiative", "municipality", "answer", "signature")
        if line.get(key)
    ]
    if line["need"]:
        found += [f"{key} {' '.join(text.split())}" for key, text in line["need"]["fields"].items()]
    reasons = f" ({', '.join(line['reasons'])})" if line["reasons"] else ""
    pages = ",".join(map(str, line["pages"]))
    where = f"{line['file']}{f' page {pages}' if pages else ''}"
    return f"{where}: {line['kind']}, {line['outcome']}{reasons}: {'; '.join(found) or 'nothing'}"


@app.command()
def verify(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Prove that nothing is lost: every mail and every part of it is accounted for."""
    from services.console.verify import prove, remember
    from shared.outbox import now

    began_at = now()
    proof = prove()
    remember(proof, began_at)
    print(json.dumps(proof.as_dict(), ensure_ascii=False) if as_json else proof.in_words())
    if not proof.holds:
        raise typer.Exit(1)


@app.command()
def replay(
    mail_id: Annotated[
        str | None,
        typer.Option("--mail", metavar="ID", help="Have this mail read and registered once more."),
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            metavar="DATE",
            help="Only mails that arrived on this day (2026-09-30) or later.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --mail: only compare, change nothing.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a document, and last the counts.")
    ] = False,
) -> None:
    """Read stored originals again, with the present reader.

    Without --mail, or with --dry-run, nothing is changed: what would be read
    now is printed beside what was recorded. Exit code 1 if any recorded answer
    would be read as another, or an original is lost.

    With --mail alone, the mail is handed to the running services as if it had
    just arrived: what was shunted is registered, and what is registered
    already stays as it is.
    """
    if mail_id is not None and since is not None:
        raise typer.BadParameter("give either --mail ID or --since DATE")
    if mail_id is not None and not dry_run:
        from services.console.replay import read_again

        read_again(mail_id)
        print(f"{mail_id} will be read again.")
        return
    _compare(since, mail_id, as_json=as_json)


def _compare(since: datetime | None, mail_id: str | None, *, as_json: bool) -> None:
    from rich.console import Console

    from services.console.replay import compare
    from services.console.replay_report import progress, report
    from services.console.stores import office_zone

    morning = since.replace(tzinfo=office_zone()) if since is not None else None
    with progress(shown=not as_json and sys.stderr.isatty()) as advance:
        found = compare(morning, mail_id, advance)
    if as_json:
        for one in found.differences:
            print(json.dumps(one.as_dict(), ensure_ascii=False))
        print(json.dumps(found.as_dict()))
    else:
        report(found, Console())
    if found.answers_differ or found.unreadable:
        raise typer.Exit(1)


@app.command()
def asyncapi() -> None:
    """Print the description of all events between the services (AsyncAPI, JSON)."""
    from services.console.asyncapi import describe

    print(describe())
