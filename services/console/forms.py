"""`handslag form print` and `handslag form needs-template`."""

from collections.abc import Iterator
from pathlib import Path

from services.console.files import write
from services.console.initiatives import initiative_called
from services.console.stores import answers_go_to, open_store, registry_settings
from services.registry.forms.needs_template import TemplateKind, needs_template
from services.registry.forms.print import print_form
from shared.errors import UsageError
from shared.form_key import form_key
from shared.municipalities import all_municipalities, by_code, display_name


def print_forms(initiative_id: str, code: str | None, output: Path) -> Iterator[Path]:
    """Write the form of one municipality to a file, or those of all to a folder; yield the paths.

    Raises UsageError for an initiative or a municipality that does not exist.
    """
    with open_store("registry") as database:
        initiative = initiative_called(database, initiative_id)
    if code is None:
        chosen = list(all_municipalities())
    else:
        one = by_code(code)
        if one is None:
            raise UsageError(f"No municipality has the code {code}.")
        chosen = [one]
    key = form_key(registry_settings())
    for municipality in chosen:
        path = output
        if code is None:
            path = output / f"{initiative_id} {municipality.code} {municipality.name}.pdf"
        data = print_form(
            initiative=initiative.id,
            initiative_name=initiative.name,
            round_name=initiative.round,
            last_answer_day=initiative.last_answer_day,
            options=initiative.options,
            signatories=initiative.signatories,
            municipality=municipality.code,
            municipality_name=display_name(municipality),
            key=key,
            return_address=answers_go_to(),
            organisation=registry_settings().organisation,
        )
        write(path, data)
        yield path


def print_needs_template(output: Path, send_to: str | None = None) -> None:
    """Write the empty needs template, as the file's ending says.

    Raises UsageError for an ending that is neither .docx nor .pdf.
    """
    ending = output.suffix.lower().removeprefix(".")
    if ending not in list(TemplateKind):
        raise UsageError(f"{output}: the needs template is a .docx or a .pdf file.")
    data = needs_template(
        TemplateKind(ending),
        send_to or registry_settings().registry.needs_address,
        registry_settings().organisation,
    )
    write(output, data)
