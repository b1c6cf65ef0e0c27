"""Our answer form for one municipality and one initiative, as a fillable PDF of one A4 page.

What stands where is decided in `shared/own_form.py`, which the reader measures by; this module
says what is printed there, in the order in which it is read aloud.
"""

from collections.abc import Mapping
from datetime import date

from babel.dates import format_date

from services.registry.forms.page import Page
from shared.form_code import FormCode, options_mark, sign
from shared.forms import (
    LABEL_BAR_HIGH_MM,
    LABEL_BAR_WIDE_MM,
    Box,
    FormTemplate,
    Rect,
    TextField,
)
from shared.identifiers import InitiativeId, MunicipalityCode, OptionKey
from shared.own_form import COLUMN_MM, LEFT_MM, RIGHT_MM, own_form, signatory_fields

_LINE_MM = 0.25
_HINT_LEFT_MM = 78.0
_STRIP_LEFT_MM = 60.0
_BAR_GAP_MM = 2.5

_SIGNATORY_CAPTIONS = ("Namnförtydligande", "Befattning", "Ort och datum")
_CONTACT_CAPTIONS = {
    "contact.name": "Namn",
    "contact.email": "E-postadress",
    "contact.phone": "Telefon",
    "their_reference": "Ert diarienummer (om ni har ett)",
}


def print_form(
    *,
    initiative: InitiativeId,
    initiative_name: str,
    round_name: str,
    last_answer_day: date,
    options: Mapping[OptionKey, str],
    municipality: MunicipalityCode,
    municipality_name: str,
    key: bytes,
    signatories: int = 1,
    return_address: str = "registratur@skr.se",
) -> bytes:
    """Return the form as a PDF. `options` are key → label in the order to print them.

    The same input gives the same bytes. Raises DoesNotFit for a label or a name without room on
    the form, ValueError for a number of options or signatories that it is not made for.
    """
    template = own_form(tuple(options), signatories=signatories)
    code = FormCode(
        initiative=initiative,
        municipality=municipality,
        version=template.version,
        page=1,
        signatories=signatories,
        options=options_mark(tuple(options)),
    )
    last_day = format_date(last_answer_day, format="d MMMM y", locale="sv_SE")
    form = _Form(template, title=f"Svarsformulär – {initiative_name} – {municipality_name}")
    form.heading(initiative_name, round_name)
    form.addressee(municipality_name, municipality, last_day)
    form.instruction()
    form.answer(options)
    form.signing()
    form.contact()
    form.sending(return_address, last_day, f"{initiative} · {municipality}")
    form.registration(sign(code, key))
    return form.page.finish()


class _Form:
    """The parts of the form; each stands where the template leaves room for it."""

    def __init__(self, template: FormTemplate, title: str) -> None:
        self._template = template
        self.page = Page(
            template.page_width_mm,
            template.page_height_mm,
            title=title,
            author="Handslag för digitalisering",
        )

    def heading(self, initiative_name: str, round_name: str) -> None:
        page = self.page
        lines, size = page.fitted(
            f"Handslag för digitalisering · omgång {round_name}", 126, ((9, 1), (7, 2))
        )
        with page.element("P"):
            page.lines(LEFT_MM, 16.5 - 2.8 * (len(lines) - 1), lines, size, 2.8)
        with page.element("H1"):
            page.text(LEFT_MM, 26.0, "Svarsformulär", 21, bold=True)
        lines, size = page.fitted(
            initiative_name, 126, ((14, 1), (12, 2), (10, 3), (8, 4)), bold=True
        )
        with page.element("P"):
            page.lines(LEFT_MM, 34.0, lines, size, size * 0.43, bold=True)

    def addressee(self, name: str, code: str, last_day: str) -> None:
        page = self.page
        page.rule(LEFT_MM, RIGHT_MM, 47.6, _LINE_MM)
        lines, size = page.fitted(name, 85, ((13, 1), (11, 1), (9, 2)), bold=True)
        for left, caption, said, points in (
            (LEFT_MM, "Kommun", lines, size),
            (112.0, "Kommunkod", [code], 13),
            (140.0, "Sista svarsdag", [last_day], 11),
        ):
            with page.element("P"):
                page.text(left, 51.9, caption + " ", 8)
                page.lines(left, 58.6 - 1.9 * (len(said) - 1), said, points, 3.8, bold=True)
        page.rule(LEFT_MM, RIGHT_MM, 62.0, _LINE_MM)

    def instruction(self) -> None:
        lines, size = self.page.fitted(
            "Här svarar kommunen på erbjudandet om initiativet, med ett svar per initiativ. Fyll i "
            "på skärmen eller för hand. Skriv bara i rutorna och på raderna, så att svaret kan "
            "läsas av.",
            RIGHT_MM - LEFT_MM,
            ((9, 2),),
        )
        with self.page.element("P"):
            self.page.lines(LEFT_MM, 67.6, lines, size, 4.6)

    def answer(self, options: Mapping[OptionKey, str]) -> None:
        where = "rutan" if len(options) == 1 else "en av rutorna"
        self._section(
            80.0,
            "1. Kommunens svar",
            f"Sätt ett kryss i {where}. Blev det fel? Skriv ut ett nytt formulär.",
        )
        for box in self._template.boxes:
            self._option(box, options[box.option])

    def signing(self) -> None:
        boxes = self._template.signatures
        if len(boxes) == 1:
            heading, who = (
                "2. Underskrift",
                "Den som får skriva under för kommunen undertecknar i rutan.",
            )
        else:
            heading, who = (
                "2. Underskrifter",
                "Två som får skriva under för kommunen undertecknar, en i varje ruta.",
            )
        self._section(boxes[0].area.top_mm - 2.8, heading, who)
        for number, box in enumerate(boxes, start=1):
            which = f"Underskrift {number} av {len(boxes)}" if len(boxes) > 1 else "Underskrift"
            self.page.frame(box.area, 0.35)
            self.page.text_field(
                box.name,
                f"{which}. Skriv under för hand på utskriften.",
                box.area,
                read_only=True,
            )
            for name, caption in zip(signatory_fields(number), _SIGNATORY_CAPTIONS, strict=True):
                whose = f"{caption}, {which.lower()}" if len(boxes) > 1 else caption
                self._field(self._template.field(name), caption, whose)

    def contact(self) -> None:
        first = self._template.field("contact.name")
        self._section(
            first.caption.top_mm - 3.2,
            "3. Kontaktperson",
            "Den som vi kan vända oss till om svaret.",
        )
        for name, caption in _CONTACT_CAPTIONS.items():
            whose = caption if name == "their_reference" else f"Kontaktperson: {caption}"
            self._field(self._template.field(name), caption, whose)

    def sending(self, return_address: str, last_day: str, identity: str) -> None:
        page = self.page
        with page.element("H2"):
            page.text(_STRIP_LEFT_MM, 257.0, "4. Skicka in svaret", 11, bold=True)
        room = COLUMN_MM - 3 - _STRIP_LEFT_MM
        for row, step in enumerate(
            (
                "Skriv ut och skriv under.",
                "Skanna hela sidan, även hörnen.",
                f"Mejla till {return_address}.",
                f"Gör det senast den {last_day}.",
                "Ni får en bekräftelse med e-post.",
            )
        ):
            lines, size = page.fitted(step, room, ((8, 1), (7, 1), (5.5, 2)))
            with page.element("P"):
                page.lines(_STRIP_LEFT_MM, 262.0 + row * 4.5, lines, size, 2.2)
        lines, size = page.fitted(
            f"{identity} · version {self._template.version}", room, ((6.5, 1), (5.5, 2))
        )
        with page.element("P"):
            page.lines(_STRIP_LEFT_MM, 285.0 - 2.2 * (len(lines) - 1), lines, size, 2.2)
        stamp = self._template.stamp
        assert stamp is not None
        with page.element("P"):
            page.text(stamp.left_mm, stamp.top_mm - 1.4, "Plats för kommunens stämpel", 8)
        page.frame(stamp, 0.2)

    def registration(self, code_text: str) -> None:
        """The corner marks and the two codes; read aloud last, as they are for the reader."""
        for mark in self._template.corner_marks:
            self.page.square(mark)
        for area in self._template.codes:
            self.page.code(area, code_text, "Kod som visar vilken kommun och vilket initiativ")

    def _section(self, baseline_mm: float, heading: str, hint: str) -> None:
        with self.page.element("H2"):
            self.page.text(LEFT_MM, baseline_mm, heading, 13, bold=True)
        lines, size = self.page.fitted(hint, RIGHT_MM - _HINT_LEFT_MM, ((9, 1), (8, 1)))
        with self.page.element("P"):
            self.page.lines(_HINT_LEFT_MM, baseline_mm, lines, size, 0)

    def _option(self, box: Box, label: str) -> None:
        # The border is drawn on the page too: some viewers do not print a widget's own border.
        border = self._template.box_border_mm
        self.page.frame(box.area.grown(-border / 2), border)
        self.page.check_box(f"answer.{box.option}", label, box.area)
        lines, size = self.page.fitted(
            label, box.label.width_mm - 2 * _BAR_GAP_MM - 1, ((12, 1), (11, 2), (10, 2), (8.5, 3))
        )
        lines, width_mm = self.page.balanced(label, lines, size)
        leading_mm = size * 0.385
        first = box.label.centre_mm[1] + size * 0.125 - leading_mm * (len(lines) - 1) / 2
        with self.page.element("P"):
            self.page.lines(box.label.left_mm + 1, first, lines, size, leading_mm)
        # Not a letter, but told from handwriting by the reader: what stands after it was added.
        self.page.square(
            Rect(
                left_mm=box.label.left_mm + 1 + width_mm + _BAR_GAP_MM,
                top_mm=box.label.centre_mm[1] - LABEL_BAR_HIGH_MM / 2,
                width_mm=LABEL_BAR_WIDE_MM,
                height_mm=LABEL_BAR_HIGH_MM,
            )
        )

    def _field(self, field: TextField, caption: str, tooltip: str) -> None:
        with self.page.element("P"):
            self.page.text(field.caption.left_mm, field.caption.bottom_mm - 0.4, caption, 7.5)
        area = field.area
        self.page.rule(area.left_mm, area.right_mm, area.bottom_mm, _LINE_MM)
        self.page.text_field(field.name, tooltip, area)
