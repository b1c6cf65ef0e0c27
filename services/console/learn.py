"""`handslag form learn`: a template from somebody else's blank; and learned forms for `read`."""

import asyncio
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from services.console.files import bytes_of, write
from services.console.initiatives import initiative_called
from services.console.stores import intake_settings, open_store, registry_settings
from services.intake import forms
from services.intake.learn import Learned, learned_from, survey_blank
from services.intake.learning.fields import FieldsFile, read_fields
from services.intake.learning.preview import preview
from services.intake.sandbox.client import Sandbox
from services.intake.sandbox.containment import Bounds
from services.intake.settings import MIB
from services.registry.admin.forms import (
    keep,
    kept_forms,
    naming,
    next_version,
    refuse_one_blank_for_two,
    told_in_force,
)
from services.registry.admin.initiatives import list_all
from services.registry.knowledge import weighed
from services.registry.tables import Initiative
from shared.archive import Archive, Area, NotInArchive, open_archive
from shared.database import Database
from shared.errors import UsageError
from shared.events import MailRead
from shared.outbox import now


def learn_form(
    blank: Path,
    fields: Path | None,
    initiative_id: str,
    preview_to: Path | None,
    who: str,
    *,
    unnamed: bool = False,
) -> Learned:
    """Learn a form and keep it; return it. Raises UsageError for whatever stands against it.

    Without `fields` the blank's own form fields must say where everything is. `unnamed` says that
    the blank may do without the initiative's name; another's it may never print.
    """
    data = bytes_of(blank)
    said = None if fields is None else bytes_of(fields)
    file = FieldsFile() if said is None else read_fields(said)
    with open_store("registry") as database:
        initiative = initiative_called(database, initiative_id)
        learned = _learned(data, file, initiative, next_version(database, initiative_id))
        _refuse_another_name(learned, initiative, list_all(database), unnamed=unnamed)
        assert learned.template.print is not None
        refuse_one_blank_for_two(
            kept_forms(database), learned.template.print.picture, initiative_id
        )
        if preview_to is not None:
            write(preview_to, preview(learned.template, learned.picture))
        keep(
            database,
            open_archive(registry_settings()),
            initiative=initiative_id,
            template=learned.template,
            blank=data,
            blank_name=blank.name,
            picture=learned.picture,
            fields="" if said is None else said.decode("utf-8-sig"),
            who=who,
            now=now(),
        )
    return learned


def teach_learned(registry: Database, ledger: Database, archive: Archive) -> None:
    """Tell a throw-away ledger and archive of the forms that the registry keeps."""
    kept = open_archive(registry_settings())
    for event in told_in_force(registry):
        assert event.template.print is not None
        try:
            archive.put(kept.get(event.template.print.picture, Area.DERIVED), Area.DERIVED)
        except NotInArchive as error:
            raise UsageError(
                f"The picture of the form learned for {event.initiative} is missing; "
                "learn it again."
            ) from error
        with ledger.write() as session:
            forms.learn(session, event)


def weighed_by_registry(registry: Database, read: MailRead) -> MailRead:
    """Return a mail as the registry takes it: forms without a code with their municipality."""
    if not any(document.once_proven for document in read.documents):
        return read
    with registry.read() as session:
        return weighed(session, read, registry_settings().registry.witness_rule)


def _learned(data: bytes, file: FieldsFile, initiative: Initiative, version: int) -> Learned:
    limits = intake_settings().intake.reader
    bounds = Bounds(
        memory_mib=limits.memory_mib,
        cpu_s=limits.cpu_s,
        wall_s=limits.wall_s,
        scratch_mib=limits.scratch_mib,
    )
    sandbox = Sandbox(bounds, at_once=1, result_bytes=limits.result_mib * MIB)
    with closing(sandbox):
        surveyed = asyncio.run(survey_blank(sandbox, data, limits))
    return learned_from(
        surveyed,
        file,
        options=tuple(initiative.options),
        names=(initiative.name,),
        version=version,
        signatories=initiative.signatories,
    )


def _refuse_another_name(
    learned: Learned, initiative: Initiative, all_of_them: Sequence[Initiative], *, unnamed: bool
) -> None:
    """A slip in --initiative would record every answer under the wrong one."""
    found = naming(learned.template, initiative.id, {each.id: each.name for each in all_of_them})
    if found.another:
        raise UsageError(
            f"The blank prints the name of {', '.join(found.others)} and not that of "
            f"{initiative.id} ({initiative.name})."
        )
    if not found.named and not unnamed:
        raise UsageError(
            f"The blank does not print the name of {initiative.id}, “{initiative.name}”. "
            "If it is the right one all the same, add --unnamed."
        )
