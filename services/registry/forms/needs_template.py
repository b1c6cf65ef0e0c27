"""The needs template (behovsmall), empty: to be sent to whoever proposes something."""

from enum import StrEnum
from typing import Final

from services.registry.forms.needs_docx import needs_docx
from services.registry.forms.needs_pdf import needs_pdf
from shared.settings import DEFAULT_ORGANISATION

RETURN_ADDRESS: Final = "handslaget@skr.se"


class TemplateKind(StrEnum):
    """What the template can be printed as; the value is the file name's ending."""

    DOCX = "docx"
    PDF = "pdf"


def needs_template(
    kind: TemplateKind,
    return_address: str = RETURN_ADDRESS,
    organisation: str = DEFAULT_ORGANISATION,
) -> bytes:
    """Return the empty template, to be filled in on the screen or by hand.

    `organisation` stands in the file's properties, as its author.
    """
    match kind:
        case TemplateKind.DOCX:
            return needs_docx(return_address, organisation)
        case TemplateKind.PDF:
            return needs_pdf(return_address, organisation)
