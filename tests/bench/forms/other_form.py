"""Forms without a code, as an office makes them in its word processor: blanks, learned in process.

`learned(blank)` gives the template, for filling in, and what a reader must be told; `teach` tells
a ledger and an archive; `weighed` is what the registry makes of a reading.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

import reportlab
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from services.console.demo.scans import Picture, blank_page
from services.intake import forms
from services.intake.learn import Learned, Surveyed, learned_from
from services.intake.learning.fields import read_fields
from services.intake.learning.survey import survey
from services.intake.pages.page import Limits
from services.intake.reading.learned.blank import LearnedForm
from services.registry.domain.witnesses import Evidence, WitnessRule, weigh
from shared.archive import Archive, Area
from shared.database import Database
from shared.events import DocumentReading, FormLearned
from shared.forms import FormTemplate
from shared.identifiers import digest_of
from shared.outbox import now

OPTIONS = {"ja": "Ja, kommunen ansluter sig", "nej": "Nej, kommunen avstår"}
INITIATIVE = "kompetens-2024"
NAME = "Kompetensgemenskaper"
_FOLDER = Path(__file__).parents[2] / "scans" / "other_form"


class Blank(StrEnum):
    """Who made the blank, and with what."""

    DRAWN = "drawn"
    """Boxes and lines drawn, as a layout program does; boxes of 4.5 mm."""
    LIBREOFFICE = "libreoffice"
    """LibreOffice Writer: boxes are characters of 2.8 mm, lines are underscores."""


@dataclass(frozen=True)
class OtherForm:
    """A blank and what was learned of it; `paper` is the page at 300 dpi, to be filled in."""

    initiative: str
    pdf: bytes
    template: FormTemplate
    picture: bytes
    paper: Picture

    @property
    def for_reader(self) -> LearnedForm:
        """What `measure_file` takes in `learned`."""
        return LearnedForm(self.initiative, self.template, self.picture)

    @property
    def event(self) -> FormLearned:
        """What the registry tells."""
        return FormLearned(
            occurred_at=now(),
            initiative=self.initiative,
            template=self.template,
            blank=digest_of(self.pdf),
        )


@cache
def learned(
    blank: Blank = Blank.DRAWN,
    *,
    initiative: str = INITIATIVE,
    name: str = NAME,
    version: int | None = None,
) -> OtherForm:
    """Return a form, learned from its blank. `name` is printed on the drawn one.

    Unless a version is given each blank has its own, so that all can be learned side by side.
    """
    version = version or 1 + list(Blank).index(blank)
    if blank is Blank.DRAWN:
        pdf, fields = drawn_blank(name), DRAWN_FIELDS.encode()
    else:
        pdf = (_FOLDER / "libreoffice.pdf").read_bytes()
        fields = (_FOLDER / "libreoffice.yaml").read_bytes()
    found = learn_in_process(pdf, fields, name=name, version=version)
    return OtherForm(initiative, pdf, found.template, found.picture, blank_page(pdf))


def learn_in_process(pdf: bytes, fields: bytes, *, name: str = NAME, version: int = 1) -> Learned:
    """Learn a blank without a child or a register."""
    blank, pictures = survey(pdf, Limits())
    return learned_from(
        Surveyed(blank, tuple(pictures)),
        read_fields(fields),
        options=tuple(OPTIONS),
        names=(name,),
        version=version,
    )


def teach(ledger: Database, archive: Archive, known: Sequence[OtherForm]) -> None:
    """Tell a reader's ledger and archive of learned forms, as the registry's event would."""
    for form in known:
        archive.put(form.picture, Area.DERIVED)
        with ledger.write() as session:
            forms.learn(session, form.event)


def weighed(
    reading: DocumentReading,
    domains: Sequence[tuple[str, str]],
    *,
    sender_hosts: Sequence[str] = (),
    rule: WitnessRule | None = None,
) -> DocumentReading:
    """Return what the registry makes of a reading; `domains` are pairs of domain and kommunkod.

    `sender_hosts` are those of an authentic sender; a bare file has none, and then only a rule
    without an outside witness proves anything.
    """
    return weigh(reading, Evidence(domains, (), sender_hosts), rule or WitnessRule())


# --- A blank of our own making -----------------------------------------------------------------

DRAWN_FIELDS = """
fields:
  answer.ja: {box: "Ja, vi ansluter…"}
  answer.nej: {box: "Nej, vi avstår"}
  municipality.name: {after: "Kommun:"}
  their_reference: {after: "Er beteckning:"}
  signature: {in: "Underskrift av behörig företrädare"}
  signatory.name: {after: "Namnförtydligande:"}
  signatory.title: {after: "Befattning:"}
  place_date: {after: "Ort och datum:"}
  contact.name: {after: "Kontaktperson:"}
  contact.email: {after: "E-postadress:"}
  contact.phone: {after: "Telefonnummer:"}
stamp: {mm: [120, 240, 66, 30]}
"""

_MM = 72 / 25.4
_HEIGHT_MM = 297.0


def drawn_blank(name: str = NAME, *, year: str = "2024", yes: str = "Ja, vi ansluter oss") -> bytes:
    """Return an office's own form as a PDF of one A4 page, without any code or mark."""
    for font, file in (("Vera", "Vera"), ("VeraBd", "VeraBd")):
        if font not in pdfmetrics.getRegisteredFontNames():
            path = Path(reportlab.__file__).parent / "fonts" / f"{file}.ttf"
            pdfmetrics.registerFont(TTFont(font, path))
    out = io.BytesIO()
    page = Canvas(out, pagesize=(210 * _MM, _HEIGHT_MM * _MM), invariant=1)

    def text(x: float, y: float, said: str, size: float = 10, bold: bool = False) -> None:
        page.setFont("VeraBd" if bold else "Vera", size)
        page.drawString(x * _MM, (_HEIGHT_MM - y) * _MM, said)

    def line(x: float, y: float, end: float) -> None:
        page.setLineWidth(0.6)
        page.line(x * _MM, (_HEIGHT_MM - y) * _MM, end * _MM, (_HEIGHT_MM - y) * _MM)

    def box(x: float, y: float, width: float, height: float, border: float = 0.8) -> None:
        page.setLineWidth(border)
        page.rect(x * _MM, (_HEIGHT_MM - y - height) * _MM, width * _MM, height * _MM)

    text(22, 22, "Svarsblankett", 18, bold=True)
    text(22, 31, f"Erbjudande om anslutning till {name}", 12, bold=True)
    text(22, 41, f"Handslag för digitalisering, omgång {year}. Blanketten fylls i av kommunen,")
    text(22, 46, "skrivs under av behörig företrädare och skickas inskannad till registratorn.")
    text(22, 51, f"Sista dag att svara är den 30 september {year}. Ett svar lämnas per initiativ.")
    text(22, 64, "Kommun:")
    line(40, 65, 130)
    text(135, 64, "Er beteckning:")
    line(162, 65, 190)
    text(22, 78, "Kommunens ställningstagande (kryssa i en ruta)", 11, bold=True)
    for row, label in enumerate((f"{yes} till {name}", "Nej, vi avstår")):
        box(24, 84 + row * 11, 4.5, 4.5)
        text(33, 87.6 + row * 11, label)
    text(22, 114, "Den som undertecknar intygar att beslut har fattats i behörig ordning.", 9)
    box(22, 119, 110, 30, 0.6)
    text(24, 147, "Underskrift av behörig företrädare", 7)
    for row, (label, start) in enumerate(
        (("Namnförtydligande:", 58), ("Befattning:", 44), ("Ort och datum:", 50))
    ):
        text(22, 162 + row * 11, label)
        line(start, 163 + row * 11, 150)
    text(22, 200, "Kontaktuppgifter för frågor om svaret", 11, bold=True)
    for row, (label, start) in enumerate(
        (("Kontaktperson:", 50), ("E-postadress:", 48), ("Telefonnummer:", 53))
    ):
        text(22, 210 + row * 11, label)
        line(start, 211 + row * 11, 150)
    text(22, 248, "Skicka den ifyllda blanketten till", 9)
    text(22, 253, "registratur@skr.se. Ni får en bekräftelse.", 9)
    text(22, 280, f"Sveriges Kommuner och Regioner · blankett SKR-17 · {year}-06", 7)
    page.showPage()
    page.save()
    return out.getvalue()
