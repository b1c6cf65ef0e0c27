"""`handslag form`: our own forms, and those that were learned."""

import json
from pathlib import Path
from typing import Annotated

import typer

from services.console.commands import WHO
from services.console.commands.app import Commands
from shared.forms import MUNICIPALITY_NAME

form = Commands("Answer forms: print ours, have others' learned, see which are read.")


@form.command("print")
def form_print(
    initiative_id: Annotated[
        str,
        typer.Option("--initiative", metavar="ID", help="As `handslag initiative list` shows it."),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="PATH", help="The PDF to write; with --all, a folder."
        ),
    ],
    code: Annotated[
        str | None,
        typer.Option("--municipality", metavar="CODE", help="Its kommunkod, four digits: 0180."),
    ] = None,
    everyone: Annotated[
        bool, typer.Option("--all", help="A form for each of the 290 municipalities.")
    ] = False,
) -> None:
    """Write our answer form as a PDF, for one municipality or for all.

    It can be filled in by hand or on the screen. Give either --municipality or --all.
    """
    from services.console.forms import print_forms

    if (code is None) == (not everyone):
        raise typer.BadParameter("give either --municipality CODE or --all")
    for path in print_forms(initiative_id, code, output):
        print(path)


@form.command("needs-template")
def form_needs_template(
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="PATH", help="The file to write, .docx (Word) or .pdf."
        ),
    ],
    send_to: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="Where it is to be mailed, if not to handslaget@skr.se."
        ),
    ] = None,
) -> None:
    """Write the empty template in which a need is described (behovsmallen)."""
    from services.console.forms import print_needs_template

    print_needs_template(output, send_to)
    print(output)


@form.command("learn")
def form_learn(
    blank: Annotated[
        Path, typer.Argument(metavar="BLANK.pdf", help="The PDF that the form is printed from.")
    ],
    initiative_id: Annotated[
        str, typer.Option("--initiative", metavar="ID", help="The initiative that it answers.")
    ],
    fields: Annotated[
        Path | None,
        typer.Option(
            metavar="FIELDS.yaml",
            help="Which field is where (see README.md). Not needed if the PDF has form fields "
            "with our names.",
        ),
    ] = None,
    preview: Annotated[
        Path | None,
        typer.Option(metavar="FILE.png", help="Write a picture of the blank with what was found."),
    ] = None,
    unnamed: Annotated[
        bool,
        typer.Option("--unnamed", help="Accept a blank that does not print the initiative's name."),
    ] = False,
) -> None:
    """Learn a form that somebody else made, so that scans of it can be read.

    Look at the --preview before scans come in.
    """
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
    print(f"`handslag form withdraw {initiative_id}:{template.version}` takes it back.")


@form.command("list")
def form_list(
    initiative_id: Annotated[
        str | None, typer.Option("--initiative", metavar="ID", help="Only this initiative's.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also those withdrawn, or replaced by a newer one.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a form.")] = False,
) -> None:
    """List the forms that scans are read by, our own and those learned.

    A learned form has an ID, which `handslag form withdraw` takes.
    """
    from services.console.learned import list_forms
    from services.console.stores import office_zone

    for each in list_forms(initiative_id, everything=everything):
        if as_json:
            print(json.dumps(each.as_dict(), ensure_ascii=False))
        else:
            print(each.in_words(office_zone()))


@form.command("withdraw")
def form_withdraw(
    form_id: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="As `handslag form list` shows it, for example kompetens-2026:1."
        ),
    ],
    undo: Annotated[
        bool, typer.Option("--undo", help="Take a form that was withdrawn into use again.")
    ] = False,
) -> None:
    """Have scans no longer read by a form that was learned.

    Nothing is deleted, and what was recorded stays. Scans of the form that come in from now on
    are left to a person. Learning the blank again takes it into use again, and so does --undo.
    """
    from services.console.learned import withdraw_form

    withdrawn = withdraw_form(form_id, undo=undo)
    state = "in use again" if undo else "withdrawn"
    print(f"{withdrawn.id}{f' ({withdrawn.blank_name})' if withdrawn.blank_name else ''}: {state}.")
