"""`handslag`: everything that is done from a command line."""

import asyncio
import functools
import json
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, ParamSpec, TypeVar

import structlog
import typer

from shared.errors import HandslagError, UsageError
from shared.forms import MUNICIPALITY_NAME
from shared.outbox import now
from shared.settings import CommonSettings

P = ParamSpec("P")
T = TypeVar("T")

app = typer.Typer(
    help="Intake of signed paper answers and needs by e-mail.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
form = typer.Typer(help="Answer forms.", no_args_is_help=True)
initiative = typer.Typer(help="Initiatives and rounds.", no_args_is_help=True)
municipality = typer.Typer(help="The register of municipalities.", no_args_is_help=True)
user = typer.Typer(help="Local accounts for the web pages.", no_args_is_help=True)
export = typer.Typer(help="Tables for other programs.", no_args_is_help=True)
dead_letters = typer.Typer(help="What could not be handled.", no_args_is_help=True)
for name, group in (
    ("form", form),
    ("initiative", initiative),
    ("municipality", municipality),
    ("user", user),
    ("export", export),
    ("dead-letters", dead_letters),
):
    app.add_typer(group, name=name)

WHO = "command"
"""The name under which the event log keeps what is done here."""

InitiativeOption = Annotated[
    str | None, typer.Option("--initiative", metavar="ID", help="Only this initiative.")
]
Output = Annotated[
    Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write to a file.")
]


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
        str, typer.Option(help="Start only these, separated by commas.")
    ] = "intake,registry,notifier",
) -> None:
    """Start what the settings ask for; Ctrl-C stops it."""
    from services.console.stores import registry_settings
    from services.console.up import run_up
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
    mails: Annotated[int, typer.Option(help="How many mails to send.")] = 40,
    seed: Annotated[int, typer.Option(help="Another seed, other mails.")] = 1,
    once: Annotated[bool, typer.Option("--once", help="Stop when all is settled.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Lines for scripts.")] = False,
) -> None:
    """Show the whole flow on a throw-away folder, with a post office of its own."""
    from services.console.demo.show import run_demo

    settled = await run_demo(mails, seed, once=once, as_json=as_json)
    if not settled:
        raise typer.Exit(1)


@app.command()
def read(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="PDF, image or .eml files.")],
    as_json: Annotated[bool, typer.Option("--json", help="One line a document.")] = False,
    debug: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write the pages with what was found drawn on them."),
    ] = None,
) -> None:
    """Read files as intake would, without any server."""
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


@form.command("print")
def form_print(
    initiative_id: Annotated[str, typer.Option("--initiative", metavar="ID")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="A PDF file; with --all a folder.")
    ],
    code: Annotated[
        str | None, typer.Option("--municipality", metavar="CODE", help="Kommunkod, four digits.")
    ] = None,
    everyone: Annotated[bool, typer.Option("--all", help="One for each of the 290.")] = False,
) -> None:
    """Print our answer form, pre-filled for a municipality."""
    from services.console.forms import print_forms

    if (code is None) == (not everyone):
        raise typer.BadParameter("give either --municipality CODE or --all")
    for path in print_forms(initiative_id, code, output):
        print(path)


@form.command("needs-template")
def form_needs_template(
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Where to: FILE.docx (Word) or FILE.pdf.")
    ],
    send_to: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Instead of handslaget@skr.se.")
    ] = None,
) -> None:
    """Print the template in which a need is described (behovsmallen), empty."""
    from services.console.forms import print_needs_template

    print_needs_template(output, send_to)
    print(output)


@form.command("learn")
def form_learn(
    blank: Annotated[Path, typer.Argument(metavar="BLANK.pdf")],
    initiative_id: Annotated[str, typer.Option("--initiative", metavar="ID")],
    fields: Annotated[
        Path | None,
        typer.Option(
            metavar="FIELDS.yaml",
            help="Which field is where; not needed where the PDF has form fields of our names.",
        ),
    ] = None,
    preview: Annotated[
        Path | None,
        typer.Option(metavar="FILE.png", help="Draw what was found on the blank, to check it."),
    ] = None,
    unnamed: Annotated[
        bool,
        typer.Option("--unnamed", help="The blank does not print the initiative's name."),
    ] = False,
) -> None:
    """Learn a form that somebody else made: scans of it can be read from now on."""
    from services.console.learn import learn_form

    template = learn_form(blank, fields, initiative_id, preview, WHO, unnamed=unnamed).template
    found = [
        *(f"answer.{box.option}" for box in template.boxes),
        *(signature.name for signature in template.signatures),
        *(field.name for field in template.fields),
    ]
    print(f"{initiative_id}: form {template.version} learned: {', '.join(found)}.")
    if not any(field.name == MUNICIPALITY_NAME for field in template.fields):
        print(f"Without the field {MUNICIPALITY_NAME} it takes other proof whose an answer is.")


@initiative.command("load")
def initiative_load(
    file: Annotated[Path, typer.Argument(metavar="ROUND.yaml")],
) -> None:
    """Define or change the initiatives of a round file."""
    from services.console.stores import office_zone, open_store
    from services.registry.admin.initiatives import load_round

    with open_store("registry") as database:
        loaded = load_round(database, _bytes_of(file), who=WHO, now=now(), zone=office_zone())
    for what, ids in (
        ("New", loaded.new),
        ("Changed", loaded.changed),
        ("Unchanged", loaded.unchanged),
    ):
        for each in ids:
            print(f"{what}: {each}")


@initiative.command("add")
def initiative_add(
    id: Annotated[str, typer.Option(metavar="ID", help="For example kompetens-2024.")],
    name: Annotated[str, typer.Option(help="As printed on the form.")],
    round: Annotated[str, typer.Option(help="For example 2024.")],
    last_answer_day: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"])],
    option: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=LABEL",
            help="Once for each box, in the order of the form. The keys and their order are final.",
        ),
    ] = None,
    signatories: Annotated[
        int | None, typer.Option(min=1, max=2, help="How many must sign for a municipality.")
    ] = None,
) -> None:
    """Define or change one initiative; what is left out of it stays as it was."""
    from services.console.stores import office_zone, open_store
    from services.registry.admin.initiatives import add

    entry: dict[str, Any] = {"id": id, "name": name, "last_answer_day": last_answer_day.date()}
    if option:
        pairs = [each.partition("=") for each in option]
        if not all(key and equals and label for key, equals, label in pairs):
            raise typer.BadParameter("--option is written KEY=LABEL, for example ja=Ja")
        entry["options"] = {key: label for key, _, label in pairs}
    if signatories is not None:
        entry["signatories"] = signatories
    with open_store("registry") as database:
        loaded = add(database, entry, round=round, who=WHO, now=now(), zone=office_zone())
    print("New" if loaded.new else "Changed" if loaded.changed else "Unchanged", id, sep=": ")


@initiative.command("list")
def initiative_list() -> None:
    """List the initiatives: identifier, last answer day, options, name."""
    from services.console.stores import open_store
    from services.registry.admin.initiatives import list_all

    with open_store("registry") as database:
        for each in list_all(database):
            options = "/".join(each.options)
            print(f"{each.id}\t{each.last_answer_day}\t{options}\t{each.name}")


@municipality.command("import")
def municipality_import(file: Annotated[Path, typer.Argument(metavar="FILE.csv")]) -> None:
    """Import registrar addresses and mail domains; all rows or none."""
    from services.console.stores import open_store
    from services.registry.admin.municipalities import import_csv

    with open_store("registry") as database:
        count = import_csv(database, _bytes_of(file), who=WHO, now=now())
    print(f"{count} municipalities imported.")


@user.command("add")
def user_add(
    name: str,
    role: Annotated[str, typer.Option(help="registrator, programkontor, läsare or administratör.")],
) -> None:
    """Make a local account; prints its first password."""
    from services.console.stores import open_store
    from services.registry.admin.users import add

    with open_store("registry") as database:
        print(add(database, name, role, who=WHO, now=now()).first_password)


@export.command("answers")
def export_answers(
    format: Annotated[str, typer.Option(help="json, csv or xlsx.")] = "csv",
    initiative_id: InitiativeOption = None,
    output: Output = None,
) -> None:
    """Write current answers: a row per initiative and municipality, also those missing."""
    from services.console.stores import office_zone, open_store
    from services.registry.exports.table import TableFormat
    from services.registry.exports.table import export_answers as table

    try:
        wanted = TableFormat(format)
    except ValueError as error:
        raise typer.BadParameter(f"--format: json, csv or xlsx, not {format}") from error
    with open_store("registry") as database:
        data = table(database, wanted, office_zone(), initiative_id)
    if output is None:
        sys.stdout.buffer.write(data)
    else:
        _write(output, data)


@app.command()
def verify(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Prove that nothing is lost: every mail and every part of it is accounted for."""
    from services.console.verify import prove

    proof = prove()
    print(json.dumps(proof.as_dict(), ensure_ascii=False) if as_json else proof.in_words())
    if not proof.holds:
        raise typer.Exit(1)


@dead_letters.command("list")
def dead_letters_list(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List what could not be handled, and why."""
    from services.console.letters import list_letters

    for letter in list_letters():
        print(json.dumps(letter.as_dict(), ensure_ascii=False) if as_json else letter.in_words())


@dead_letters.command("retry")
def dead_letters_retry(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID…", help="As listed; none: all of them.")
    ] = None,
) -> None:
    """Have them handled once more; running services take them up at once."""
    from services.console.letters import retry_letters

    print(f"{retry_letters(ids or [])} to be handled again.")


@app.command()
def replay(
    mail_id: Annotated[
        str | None,
        typer.Option("--mail", metavar="ID", help="Have this mail read and registered once more."),
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Only mails that arrived on this day or later."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --mail: compare only, change nothing.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a document; the last has the counts.")
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


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror or error}.") from error


def _write(file: Path, data: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror or error}.") from error
