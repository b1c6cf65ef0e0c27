"""The needs template filled in, as a municipality would: in Word, or in a PDF reader."""

import io
from collections.abc import Mapping
from typing import Final

import pikepdf
from docx import Document
from docx.oxml.ns import qn

from services.registry.forms.needs_template import TemplateKind, needs_template
from shared.municipalities import Municipality, display_name
from shared.needs import NeedField

WORD: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def example_answers(municipality: Municipality) -> dict[NeedField, str]:
    """What a municipality might answer; a question that need not be answered is left."""
    return {
        NeedField.TITLE: "Gemensam tjänst för bokning av lokaler",
        NeedField.PROBLEM: (
            "Föreningar och invånare bokar lokaler i många olika system. Det är svårt att se "
            "lediga tider, och handläggarna lägger mycket tid på telefon och mejl."
        ),
        NeedField.AFFECTED: "Föreningar, invånare och ett femtontal handläggare i kommunen.",
        NeedField.EFFECT: (
            "Kortare handläggningstid och högre nyttjande av lokaler. Vi kan mäta antalet "
            "bokningar och tiden för varje ärende."
        ),
        NeedField.EXISTING: "Tre olika bokningssystem. Grannkommunen ska upphandla ett nytt.",
        NeedField.URGENCY: "Avtalen löper ut om två år.",
        NeedField.PROPOSER: display_name(municipality),
        NeedField.CONTACT_NAME: "Märta Åkerlund",
        NeedField.CONTACT_EMAIL: "marta.akerlund@kommun.example",
        NeedField.CONTACT_PHONE: "070-174 06 58",
    }


def letter(municipality: Municipality) -> bytes:
    """A proposal as a Word file without the template."""
    document = Document()
    document.add_heading("Skrivelse till programkontoret")
    document.add_paragraph(
        "Vi föreslår ett gemensamt system för felanmälan. I dag ringer invånarna till växeln, och "
        "ingen kan följa vad som händer med ärendet. Vi är flera kommuner i länet som har samma "
        "svårighet och gärna deltar i arbetet."
    )
    document.add_paragraph(f"För {display_name(municipality)}: Örjan Hägg, digitaliseringschef")
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


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
