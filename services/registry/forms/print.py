"""Our answer form for one municipality and one initiative, as a fillable PDF of one A4 page.

What stands where is decided in `shared/own_form.py`, which the reader measures by; this module
says what is printed there, in the order in which it is read aloud.
"""

from collections.abc import Mapping, Sequence
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
from shared.own_form import own_form, signatory_fields
from shared.own_form_lines import (
    ADDRESS,
    ANSWER_BASELINE_MM,
    BAR_INSET_MM,
    CAPTION_BASELINE_MM,
    CODE_BASELINE_MM,
    CODE_LEFT_MM,
    DAY,
    DAY_LEFT_MM,
    HINT_LEFT_MM,
    IDENTITY,
    INSTRUCTION_BASELINES_MM,
    KICKER,
    LEFT_MM,
    MUNICIPALITY,
    NAME,
    RIGHT_MM,
    RULES_AT_MM,
    STAMP_BASELINE_MM,
    STEP_BASELINES_MM,
    STEPS_BASELINE_MM,
    STRIP_LEFT_MM,
    contact_baseline,
    signing_baseline,
)
from shared.settings import DEFAULT_ORGANISATION

_PROGRAMME = "Handslag för digitalisering"
_LINE_MM = 0.25
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
    organisation: str = DEFAULT_ORGANISATION,
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
    title = f"Svarsformulär – {initiative_name} – {municipality_name}"
    form = _Form(template, title, organisation)
    form.heading(initiative_name, f"{organisation} · {_PROGRAMME} · omgång {round_name}")
    form.addressee(municipality_name, municipality, last_day)
    form.instruction()
    form.answer(options)
    form.signing()
    form.contact()
    form.sending(return_address, f"{initiative} · {municipality}")
    form.registration(sign(code, key))
    return form.page.finish()


class _Form:
    """The parts of the form; each stands where the template leaves room for it."""

    def __init__(self, template: FormTemplate, title: str, author: str) -> None:
        self._template = template
        self.page = Page(
            template.page_width_mm,
            template.page_height_mm,
            title=title,
            author=author,
        )

    def heading(self, initiative_name: str, kicker: str) -> None:
        self._barred((KICKER,), kicker, (9, 8, 7, 6), bold=False)
        with self.page.element("H1"):
            self.page.text(LEFT_MM, 26.0, "Svarsformulär", 21, bold=True)
        self._barred(NAME, initiative_name, (12, 10, 8.5, 7), bold=True)

    def addressee(self, name: str, code: str, last_day: str) -> None:
        page = self.page
        page.rule(LEFT_MM, RIGHT_MM, RULES_AT_MM[0], _LINE_MM)
        self._caption(LEFT_MM, "Kommun")
        self._barred((MUNICIPALITY,), name, (12, 10, 8.5, 7, 6), bold=True)
        self._caption(CODE_LEFT_MM, "Kommunkod")
        with page.element("P"):
            page.text(CODE_LEFT_MM, CODE_BASELINE_MM, code, 12, bold=True)
        self._caption(DAY_LEFT_MM, "Sista svarsdag")
        self._barred((DAY,), last_day, (11, 10), bold=True)
        page.rule(LEFT_MM, RIGHT_MM, RULES_AT_MM[1], _LINE_MM)

    def instruction(self) -> None:
        lines, size = self.page.fitted(
            "Här svarar kommunen på erbjudandet om initiativet, med ett svar per initiativ. Fyll i "
            "på skärmen eller för hand. Skriv bara i rutorna och på raderna, så att svaret kan "
            "läsas av.",
            RIGHT_MM - LEFT_MM,
            ((9, 2),),
        )
        with self.page.element("P"):
            first, second = INSTRUCTION_BASELINES_MM
            self.page.lines(LEFT_MM, first, lines, size, second - first)

    def answer(self, options: Mapping[OptionKey, str]) -> None:
        where = "rutan" if len(options) == 1 else "en av rutorna"
        self._section(
            ANSWER_BASELINE_MM,
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
        self._section(signing_baseline(boxes[0].area.top_mm), heading, who)
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
            contact_baseline(first.caption.top_mm + 0.3),
            "3. Kontaktperson",
            "Den som vi kan vända oss till om svaret.",
        )
        for name, caption in _CONTACT_CAPTIONS.items():
            whose = caption if name == "their_reference" else f"Kontaktperson: {caption}"
            self._field(self._template.field(name), caption, whose)

    def sending(self, return_address: str, identity: str) -> None:
        page = self.page
        with page.element("H2"):
            page.text(STRIP_LEFT_MM, STEPS_BASELINE_MM, "4. Skicka in svaret", 11, bold=True)
        *steps, last = zip(
            STEP_BASELINES_MM,
            (
                "Skriv ut och skriv under.",
                "Skanna hela sidan, även hörnen.",
                "Mejla senast på sista svarsdagen till",
                "Ni får en bekräftelse med e-post.",
            ),
            strict=True,
        )
        for baseline, step in steps:
            with page.element("P"):
                page.text(STRIP_LEFT_MM, baseline, step, 8)
        self._barred((ADDRESS,), return_address, (8, 7, 6, 5, 4.5), bold=False)
        with page.element("P"):
            page.text(STRIP_LEFT_MM, *last, 8)
        version = f"{identity} · version {self._template.version}"
        self._barred((IDENTITY,), version, (6.5, 5.5, 4.5), bold=False)
        stamp = self._template.stamp
        assert stamp is not None
        with page.element("P"):
            page.text(stamp.left_mm, STAMP_BASELINE_MM, "Plats för kommunens stämpel", 8)
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
        lines, size = self.page.fitted(hint, RIGHT_MM - HINT_LEFT_MM, ((9, 1), (8, 1)))
        with self.page.element("P"):
            self.page.lines(HINT_LEFT_MM, baseline_mm, lines, size, 0)

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
        self._bar(box.label.left_mm + 1 + width_mm, box.label.centre_mm[1])

    def _barred(
        self, strips: Sequence[Rect], text: str, sizes: Sequence[float], *, bold: bool
    ) -> None:
        """Write one text, a line to a strip, in the largest size in which it fits."""
        room = strips[0].width_mm - 2 * BAR_INSET_MM - _BAR_GAP_MM - LABEL_BAR_WIDE_MM
        choices = [(sizes[0], 1), *((size, len(strips)) for size in sizes)]
        lines, size = self.page.fitted(text, room, choices, bold=bold)
        for strip, line in zip(strips, lines, strict=False):
            left, middle = strip.left_mm + BAR_INSET_MM, strip.centre_mm[1]
            with self.page.element("P"):
                self.page.text(left, middle + size * 0.125, line + " ", size, bold=bold)
            self._bar(left + self.page.width_mm([line], size, bold=bold), middle)

    def _bar(self, text_end_mm: float, middle_mm: float) -> None:
        """Not a letter, but told from handwriting by the reader: what is after it was added."""
        self.page.square(
            Rect(
                left_mm=text_end_mm + _BAR_GAP_MM,
                top_mm=middle_mm - LABEL_BAR_HIGH_MM / 2,
                width_mm=LABEL_BAR_WIDE_MM,
                height_mm=LABEL_BAR_HIGH_MM,
            )
        )

    def _caption(self, left_mm: float, words: str) -> None:
        with self.page.element("P"):
            self.page.text(left_mm, CAPTION_BASELINE_MM, words, 8)

    def _field(self, field: TextField, caption: str, tooltip: str) -> None:
        with self.page.element("P"):
            self.page.text(field.caption.left_mm, field.caption.bottom_mm - 0.4, caption, 7.5)
        area = field.area
        self.page.rule(area.left_mm, area.right_mm, area.bottom_mm, _LINE_MM)
        self.page.text_field(field.name, tooltip, area)
