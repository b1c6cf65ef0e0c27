"""The needs template filled in, as a municipality would: in Word, or in a PDF reader."""

import io
from collections.abc import Mapping

import pikepdf
from docx import Document
from docx.oxml.ns import qn

from services.registry.forms.needs_template import TemplateKind, needs_template
from shared.needs import NeedField


def filled_template(kind: TemplateKind, answers: Mapping[NeedField, str]) -> bytes:
    """Return the template with these answers; an answer may have several lines."""
    empty = needs_template(kind)
    named = {field.form_name: text for field, text in answers.items()}
    return _in_word(empty, named) if kind is TemplateKind.DOCX else _in_pdf(empty, named)


def _in_word(empty: bytes, answers: Mapping[str, str]) -> bytes:
    document = Document(io.BytesIO(empty))
    for control in document.element.body.iter(qn("w:sdt")):
        properties = control.find(qn("w:sdtPr"))
        text = answers.get(properties.find(qn("w:tag")).get(qn("w:val")))
        if text is None:
            continue
        properties.remove(properties.find(qn("w:showingPlcHdr")))
        [run] = control.iter(qn("w:r"))
        run.style = None
        run.text = text
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _in_pdf(empty: bytes, answers: Mapping[str, str]) -> bytes:
    """The values alone, as some programs leave them: whoever shows the form draws them."""
    with pikepdf.open(io.BytesIO(empty)) as document:
        for field in document.Root.AcroForm.Fields:
            text = answers.get(str(field.T))
            if text is not None:
                field.V = pikepdf.String(text)
                del field.AP
        document.Root.AcroForm.NeedAppearances = True
        file = io.BytesIO()
        document.save(file, deterministic_id=True)
    return file.getvalue()
