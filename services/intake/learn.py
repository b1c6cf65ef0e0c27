"""Learning a form that somebody else made: a blank PDF and a few words about it → a template.

    blank → survey it (contained) → find the fields that staff named → FormTemplate and picture

Nothing is kept here: the registry stores what was learned, and tells intake.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from services.intake.learning.fields import FieldsFile, WrongFields
from services.intake.learning.place import template_of
from services.intake.sandbox.client import Failed, Sandbox
from services.intake.sandbox.wire import Message
from services.intake.settings import ReaderLimits
from shared.blank import BlankSurveyed
from shared.errors import UsageError
from shared.events import Reason
from shared.forms import FormTemplate
from shared.identifiers import OptionKey, digest_of

_WHY: Final = {
    Reason.LOCKED_FILE: "it has a password",
    Reason.EMPTY_FILE: "it is empty",
    Reason.TOO_LARGE: "it is too large",
    Reason.TOO_MANY_PAGES: "it has too many pages",
}


class WrongBlank(UsageError):
    """The blank cannot be opened, or is no PDF."""

    code = "wrong_blank"
    remedy = "Use the PDF that the form was printed from."

    def __init__(self, message: str, *, fault: str) -> None:
        """`fault` is a stable key: one of `Reason`, or `not_pdf`, `not_understood`."""
        super().__init__(message)
        self.fault = fault


@dataclass(frozen=True)
class Surveyed:
    """A blank that was opened: what stands on its pages, and a grey PNG of each."""

    blank: BlankSurveyed
    pictures: tuple[bytes, ...]


@dataclass(frozen=True)
class Learned:
    """A learned form: its template, and the picture that the template names."""

    template: FormTemplate
    picture: bytes


async def survey_blank(sandbox: Sandbox, data: bytes, limits: ReaderLimits) -> Surveyed:
    """Have a blank opened in a contained child. Raises WrongBlank."""
    if b"%PDF-" not in data[:1024]:
        raise WrongBlank("the blank is not a PDF", fault="not_pdf")
    order = Message({"limits": limits.of_a_file}, (data,))
    outcome = await sandbox.run("survey_blank", order)
    if isinstance(outcome, Failed):
        raise WrongBlank(f"the blank cannot be opened: {outcome.reason}", fault=outcome.reason)
    fault = outcome.fields.get("fault")
    if fault is not None:
        raise WrongBlank(f"the blank cannot be opened: {_WHY.get(fault, fault)}", fault=str(fault))
    try:
        blank = BlankSurveyed.model_validate(outcome.fields.get("blank"))
    except ValidationError as error:
        raise WrongBlank("the blank cannot be understood", fault="not_understood") from error
    if len(outcome.blobs) != len(blank.pages):
        raise WrongBlank("the blank cannot be understood", fault="not_understood")
    return Surveyed(blank, tuple(outcome.blobs))


def learned_from(
    surveyed: Surveyed,
    fields: FieldsFile,
    *,
    options: Sequence[OptionKey],
    names: Sequence[str],
    version: int,
    signatories: int = 1,
) -> Learned:
    """Return the form. `names` are texts that say which initiative it is. Raises WrongFields."""
    if fields.page > len(surveyed.pictures):
        raise WrongFields(f"page: the blank has {len(surveyed.pictures)} pages")
    picture = surveyed.pictures[fields.page - 1]
    template = template_of(
        surveyed.blank,
        fields,
        picture=digest_of(picture),
        options=options,
        names=names,
        version=version,
    )
    signatures = len(template.signatures)
    if signatures < signatories:
        raise WrongFields(
            f"{signatories} must sign, and {signatures} signature is given; name the others "
            "signature.2, …",
            field=f"signature.{signatures + 1}",
            fault="not_given",
        )
    return Learned(template, picture)
