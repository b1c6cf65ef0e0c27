"""A document and its truth, made again from (seed, index) alone."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any

import numpy as np

from services.registry.forms.print import print_form
from shared.forms import FormTemplate
from shared.identifiers import OptionKey
from shared.own_form import own_form
from tests.bench.forms.generator import fillings, marks, people, printing, wear
from tests.bench.forms.generator.devices import Device, deliver
from tests.bench.forms.generator.fillings import Desk, Kind
from tests.bench.forms.generator.letters import write
from tests.bench.forms.generator.pen import Layer, Sheet, any_pen
from tests.bench.forms.generator.printing import Overlay, render

KEY = b"a key that signs forms in tests."
INITIATIVE = "kompetens-2024"
MUNICIPALITY = "2480"
OPTIONS = {"ja": "Ja, kommunen ansluter sig", "nej": "Nej, kommunen avstår"}


class Signed(StrEnum):
    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Truth:
    """What a person would say. `answer` is None where the machine may record nothing."""

    kind: Kind
    answer: OptionKey | None
    signed: Signed
    texts: dict[str, str]
    typed: bool


@dataclass(frozen=True)
class Case:
    seed: int
    index: int
    channel: str
    what: str
    truth: Truth
    data: bytes
    filename: str
    drawn: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.seed}:{self.index}"


@cache
def printed_form() -> bytes:
    """Return the form that all cases of our own are filled in on."""
    return print_form(
        initiative=INITIATIVE,
        initiative_name="Kompetensgemenskaper",
        round_name="2024",
        last_answer_day=date(2024, 9, 30),
        options=OPTIONS,
        municipality=MUNICIPALITY,
        municipality_name="Umeå kommun",
        key=KEY,
    )


@cache
def _blank() -> Layer:
    return render(printed_form())


@cache
def template() -> FormTemplate:
    return own_form(tuple(OPTIONS))


def own_form_case(
    seed: int, index: int, device: Device, kind: Kind | None = None, what: str | None = None
) -> Case:
    """Return a case on our own form. `kind` and `what` are drawn by lot unless given."""
    random = np.random.default_rng([seed, index])
    sheet = Sheet(_blank(), random)
    kind = kind or Kind(random.choice(list(Kind), p=[0.48, 0.06, 0.26, 0.2]))
    answer = str(random.choice(list(OPTIONS)))
    desk = Desk(sheet, template(), any_pen(random), answer, people.texts(random), Overlay(),
                Overlay())  # fmt: skip
    truth, what, drawn = fill(desk, kind, what)
    made = deliver(sheet, device)
    drawn |= made.drawn
    return Case(seed, index, f"own_{device.value}", what, truth, made.data, made.filename, drawn)


def fill(desk: Desk, kind: Kind, what: str | None) -> tuple[Truth, str, dict[str, Any]]:
    """Fill in a form, let time pass over it, and return the truth, its name, and what was drawn."""
    random = desk.random
    drawn: dict[str, Any] = {"pen": f"{desk.pen.kind.value} {desk.pen.width_mm:.2f} mm"}
    if random.random() < 0.3:
        wear.thick_print(desk.sheet, int(random.integers(1, 3)))
        drawn["thick_print"] = True
    if random.random() < 0.3:
        drawn["worn_toner"] = round(float(random.uniform(0.1, 0.55)), 2)
        wear.worn_toner(desk.sheet, drawn["worn_toner"])
    what, drawn["mark"], signed = _answer(desk, kind, what)
    if signed is Signed.YES:
        drawn["signature"] = fillings.sign_well(desk)
    typed = bool(random.random() < 0.62)
    drawn["typed"] = _write_texts(desk, typed)
    if random.random() < 0.15 and kind is Kind.GOOD and desk.template.stamp is not None:
        _stamp_where_asked(desk)
        drawn["stamp"] = True
    _settle(desk)
    drawn["wear"] = _wear(desk)
    certain = kind in (Kind.GOOD, Kind.ODD)
    truth = Truth(kind, desk.answer if certain else None, signed, desk.texts, typed)
    return truth, what, drawn


def _answer(desk: Desk, kind: Kind, what: str | None) -> tuple[str, str, Signed]:
    match kind:
        case Kind.GOOD:
            return "good", fillings.mark_well(desk), Signed.YES
        case Kind.ODD:
            what = what or desk.pick(*marks.ODD)
            marks.ODD[what](desk.sheet, desk.pen, desk.chosen)
            return what, what, Signed.YES
        case Kind.UNSIGNED:
            mark = fillings.mark_well(desk)
            what = what or desk.pick(*fillings.UNSIGNED)
            return what, f"{mark}; {fillings.UNSIGNED[what](desk)}", Signed.NO
        case Kind.DOUBTFUL:
            what = what or desk.pick(*fillings.DOUBTFUL, *fillings.UNCLEAR_SIGNATURE)
            if what in fillings.UNCLEAR_SIGNATURE:
                mark = fillings.mark_well(desk)
                how = fillings.UNCLEAR_SIGNATURE[what](desk)
                return what, f"{mark}; {how}", Signed.UNCLEAR
            return what, fillings.DOUBTFUL[what](desk), Signed.YES


def _write_texts(desk: Desk, typed: bool) -> str:
    font = desk.pick(*printing.TYPED)
    points = float(desk.random.choice([9, 10, 11, 11, 12]))
    pen = any_pen(desk.random)
    for name, text in desk.texts.items():
        area = desk.template.field(name).area
        if typed:
            desk.overlay.text(
                text, area.left_mm + 1, area.bottom_mm - 1.6, font=font, points=points
            )
        else:
            write(desk.sheet, pen, text, area.left_mm + desk.between(1, 4),
                  area.bottom_mm - desk.between(0.8, 1.5), x_height_mm=desk.between(1.5, 1.9),
                  joined=bool(desk.random.random() < 0.3))  # fmt: skip
    return f"{font} {points:.0f}" if typed else "by hand"


def _stamp_where_asked(desk: Desk) -> None:
    assert desk.template.stamp is not None
    words = ("UMEÅ KOMMUN", "Ink. 2024-09-12", "Dnr 2024/56")
    desk.stamps.turned(desk.template.stamp.centre_mm, desk.between(-5, 5),
                       lambda c: printing.date_stamp(c, 52, words, frame=True))  # fmt: skip
    desk.stamped = desk.between(0.5, 0.95)


def _settle(desk: Desk) -> None:
    """Bring what was typed and stamped onto the sheet."""
    desk.sheet.lay(desk.overlay.layer(), 0, 0, cover=0.96, print_=True)
    if desk.stamped:
        desk.sheet.lay(desk.stamps.layer(), 0, 0, cover=desk.stamped, skips=0.12, print_=True)


def _wear(desk: Desk) -> list[str]:
    """Let happen what may happen to any sheet, and say what did."""
    random, sheet, worn = desk.random, desk.sheet, []
    if random.random() < 0.25:
        wear.specks(sheet, int(random.integers(10, 200)))
        worn.append("specks")
    if random.random() < 0.15:
        y = float(random.choice([99.0, 198.0, 148.5])) + desk.between(-3, 3)
        wear.fold(sheet, (0, y), (210, y + desk.between(-1.5, 1.5)), desk.between(0.1, 0.6))
        worn.append(f"fold at {y:.0f} mm")
    if random.random() < 0.15:
        wear.holes(sheet, int(random.choice([2, 4])), desk.between(9, 14), random.random() < 0.5)
        worn.append("holes")
    if random.random() < 0.1:
        x = desk.between(3, 207)
        wear.line_of_dirt(sheet, (x, 0), (x + desk.between(-0.5, 0.5), 297),
                          desk.between(0.1, 0.35), desk.between(0.15, 0.7))  # fmt: skip
        worn.append(f"streak at {x:.0f} mm")
    if random.random() < 0.08:
        wear.show_through(sheet, _blank(), desk.between(0.03, 0.14))
        worn.append("back shows through")
    if random.random() < 0.03:
        wear.clip(sheet, (desk.between(60, 120), -4))
        worn.append("clip")
    return worn
