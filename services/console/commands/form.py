"""`handslag form`: our own forms, and those that were learned."""

import json
from pathlib import Path
from typing import Annotated

import typer

from services.console.commands import WHO
from shared.forms import MUNICIPALITY_NAME

form = typer.Typer(help="Answer forms.", no_args_is_help=True)


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
    print(f"`handslag form withdraw {initiative_id}:{template.version}` takes it back.")


@form.command("list")
def form_list(
    initiative_id: Annotated[
        str | None, typer.Option("--initiative", metavar="ID", help="Only this initiative's.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also those withdrawn, or replaced by a newer one.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List the forms that scans are read by: our own and those learned."""
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
