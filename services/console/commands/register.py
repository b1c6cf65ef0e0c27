"""`handslag initiative`, `municipality`, `user` and `export`: what the registry keeps."""

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.console.commands import WHO
from services.console.commands.app import Commands
from services.console.files import bytes_of, write

if TYPE_CHECKING:
    from services.registry.exports.table import TableFormat

initiative = Commands("What is offered to the municipalities, and until when.")
municipality = Commands("What is known of the municipalities.")
user = Commands("Accounts for the web pages.")
export = Commands("Tables for other programs.")

InitiativeOption = Annotated[
    str | None, typer.Option("--initiative", metavar="ID", help="Only this initiative.")
]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="PATH", help="The file to write, else it is printed."),
]


@initiative.command("load")
def initiative_load(
    file: Annotated[
        Path, typer.Argument(metavar="ROUND.yaml", help="The round file (see README.md).")
    ],
) -> None:
    """Define or change the initiatives of a round file: all of them or none."""
    from services.console.stores import office_zone, open_store
    from services.registry.admin.initiatives import load_round
    from shared.outbox import now

    with open_store("registry") as database:
        loaded = load_round(database, bytes_of(file), who=WHO, now=now(), zone=office_zone())
    for what, ids in (
        ("New", loaded.new),
        ("Changed", loaded.changed),
        ("Unchanged", loaded.unchanged),
    ):
        for each in ids:
            print(f"{what}: {each}")


@initiative.command("add")
def initiative_add(
    id: Annotated[str, typer.Option(metavar="ID", help="For example kompetens-2026.")],
    name: Annotated[str, typer.Option(metavar="NAME", help="Its name, as printed on the form.")],
    round: Annotated[str, typer.Option(metavar="ROUND", help="For example 2026.")],
    last_answer_day: Annotated[
        datetime,
        typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="For example 2026-09-30."),
    ],
    option: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=LABEL",
            help="Once for each box, in the order of the form: ja=Ja. Of a new initiative, Ja and "
            "Nej if left out. The keys and their order are final.",
        ),
    ] = None,
    signatories: Annotated[
        int | None,
        typer.Option(metavar="N", help="How many must sign for a municipality: 1 or 2."),
    ] = None,
) -> None:
    """Define or change one initiative; what is left out of it stays as it was."""
    from services.console.stores import office_zone, open_store
    from services.registry.admin.initiatives import add
    from shared.outbox import now

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
    """List the initiatives: ID, last answer day, options, name."""
    from services.console.stores import open_store
    from services.registry.admin.initiatives import list_all

    with open_store("registry") as database:
        for each in list_all(database):
            options = "/".join(each.options)
            print(f"{each.id}\t{each.last_answer_day}\t{options}\t{each.name}")


@municipality.command("import")
def municipality_import(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="A row each (see README.md).")],
) -> None:
    """Import the municipalities' registrar addresses and mail domains: all rows or none."""
    from services.console.stores import open_store
    from services.registry.admin.municipalities import import_csv
    from shared.outbox import now

    with open_store("registry") as database:
        count = import_csv(database, bytes_of(file), who=WHO, now=now())
    print(f"{count} municipalities imported.")


@user.command("add")
def user_add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the person logs in as.")],
    role: Annotated[
        str,
        typer.Option(metavar="ROLE", help="registrator, programkontor, läsare or administratör."),
    ],
) -> None:
    """Add an account, and print its first password."""
    from services.console.stores import open_store
    from services.registry.admin.users import add
    from shared.outbox import now

    with open_store("registry") as database:
        print(add(database, name, role, who=WHO, now=now()).first_password)


@export.command("contacts")
def export_contacts(
    format: Annotated[str, typer.Option(metavar="FORMAT", help="csv, json or xlsx.")] = "csv",
    initiative_id: InitiativeOption = None,
    output: Output = None,
) -> None:
    """Write whom to reach about the answers that stand."""
    from services.console.exports import contacts_table

    _put(contacts_table(_wanted(format), initiative_id), output)


@export.command("package")
def export_package(
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE.zip", help="The zip to write.")
    ],
    initiative_id: Annotated[
        str | None,
        typer.Option("--initiative", metavar="ID", help="All answers to this initiative."),
    ] = None,
    answer: Annotated[
        str | None,
        typer.Option("--answer", metavar="DNR", help="This answer, with or without -HANDLING."),
    ] = None,
) -> None:
    """Write everything about answers: originals, copies, mails sent, metadata and ERMS XML.

    Give either --initiative or --answer. Exit code 1 if the archive lacks anything; what it lacks
    stands in the package.
    """
    from services.console.exports import write_package

    if (initiative_id is None) == (answer is None):
        raise typer.BadParameter("give either --initiative ID or --answer DNR")
    missing = write_package(output, initiative_id, answer)
    for line in missing:
        print(f"missing: {line}", file=sys.stderr)
    print(output)
    if missing:
        raise typer.Exit(1)


@export.command("answers")
def export_answers(
    format: Annotated[str, typer.Option(metavar="FORMAT", help="csv, json or xlsx.")] = "csv",
    initiative_id: InitiativeOption = None,
    output: Output = None,
) -> None:
    """Write the current answers, a row per initiative and municipality, also those missing."""
    from services.console.exports import answers_table

    _put(answers_table(_wanted(format), initiative_id), output)


def _wanted(format: str) -> "TableFormat":
    from services.registry.exports.table import TableFormat

    try:
        return TableFormat(format)
    except ValueError as error:
        raise typer.BadParameter(f"--format: json, csv or xlsx, not {format}") from error


def _put(data: bytes, output: Path | None) -> None:
    if output is None:
        sys.stdout.buffer.write(data)
    else:
        write(output, data)
