"""A document and its truth, made again from (seed, index) alone."""

from copy import deepcopy
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import Any

import numpy as np

from shared.identifiers import OptionKey
from tests.bench.forms.cases import OPTIONS, printed, template
from tests.bench.forms.generator import fillings, marks, people, printing, wear
from tests.bench.forms.generator.devices import Device, Made, deliver, left_of_writing
from tests.bench.forms.generator.fillings import Desk, Kind
from tests.bench.forms.generator.letters import write
from tests.bench.forms.generator.pen import Layer, Sheet, any_pen
from tests.bench.forms.generator.printing import Overlay, render
from tests.bench.forms.other_form import Blank, learned
from tests.unit.reading.screen import filled
from tests.unit.reading.signing import director, issue, sign

OTHER_TYPED, OTHER_BY_HAND = "other_scanner", "other_by_hand"

SENDER = "umea.se"
"""Whose mail server the mail came from, where the page alone does not say whose form it is."""

DOMAINS = (
    (SENDER, "2480"), ("lund.se", "1281"), ("habo.se", "0305"), ("habokommun.se", "0643"),
    ("nora.se", "1884"), ("morakommun.se", "2062"), ("mala.se", "2418"), ("sala.se", "1981"),
)  # fmt: skip
"""What the register knows: some municipalities' domains."""

PRINTED_BY_HAND = "printed_by_hand"
"""A signature that only a person tells from print: the name, letter by letter."""

VANISHED = "vanished"
"""Written with a pale pen, and scanned in two levels that leave nothing of it."""

_LEAST_LEFT = 0.03

_TWO_LEVELS = ("fax", "bitonal", "local", "diffused", "halftone")

_TYPED = 0.62
_TYPED_OTHER = 0.85
"""An office's own blank comes as a Word file: most fill it in there, and print it then."""


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
def _blank() -> Layer:
    return render(printed())


def own_form_case(
    seed: int, index: int, device: Device, kind: Kind | None = None, what: str | None = None
) -> Case:
    """Return a case on our own form. `kind` and `what` are drawn by lot unless given."""
    random = np.random.default_rng([seed, index])
    sheet = Sheet(_blank(), random)
    desk = Desk(sheet, template(), any_pen(random), _answer_of(random), people.texts(random),
                Overlay(), Overlay())  # fmt: skip
    truth, what, drawn = fill(desk, kind or _kind_of(random), what)
    made, truth, what = _delivered(desk, device, truth, what)
    drawn |= made.drawn
    return Case(seed, index, f"own_{device.value}", what, truth, made.data, made.filename, drawn)


def other_form_case(seed: int, index: int, kind: Kind | None = None) -> Case:
    """Return a case on a form without codes that an office made itself, from an office scanner.

    Filled in by hand it is a channel of its own: what is written by hand is no evidence of whose
    it is, and a person has to look.
    """
    random = np.random.default_rng([seed, index])
    blank = list(Blank)[int(random.integers(len(Blank)))]
    form = learned(blank)
    sheet = Sheet(np.asarray(form.paper), random)
    named = {field.name for field in form.template.fields}
    texts = {"municipality.name": "Umeå kommun", **people.texts(random)}
    texts = {name: text for name, text in texts.items() if name in named}
    desk = Desk(sheet, form.template, any_pen(random), _answer_of(random), texts, Overlay(),
                Overlay())  # fmt: skip
    desk.texts.setdefault("signatory.name", "Åsa Öberg")
    truth, what, drawn = fill(desk, kind or _kind_of(random), None, _TYPED_OTHER)
    made, truth, what = _delivered(desk, Device.SCANNER, truth, what)
    drawn |= {"form": blank.value, **made.drawn}
    channel = OTHER_TYPED if truth.typed else OTHER_BY_HAND
    return Case(seed, index, channel, what, truth, made.data, made.filename, drawn)


def _delivered(desk: Desk, device: Device, truth: Truth, what: str) -> tuple[Made, Truth, str]:
    """Scan the sheet. What two levels leave out, nobody sees."""
    before = deepcopy(desk.sheet.random)
    made = deliver(desk.sheet, device)
    if made.drawn["mode"] not in _TWO_LEVELS:
        return made, truth, what
    if truth.signed is Signed.YES:
        left = left_of_writing(desk.sheet, device, before, made)
        if left < _LEAST_LEFT:
            nothing = replace(truth, kind=Kind.UNSIGNED, answer=None, signed=Signed.NO)
            return made, nothing, VANISHED
    if what == "faint_other":
        return made, replace(truth, kind=Kind.ODD, answer=desk.answer), what
    return made, truth, what


def screen_case(seed: int, index: int) -> Case:
    """Return a case filled in on the screen and never printed; good ones are signed there, too."""
    random = np.random.default_rng([seed, index])
    texts, answer = people.texts(random), _answer_of(random)
    other = next(option for option in OPTIONS if option != answer)
    what = str(random.choice(["good", "good", "unsigned", "unknown_root", "hidden", "both"]))
    checked = (f"answer.{answer}", *((f"answer.{other}",) if what == "both" else ()))
    data = filled(texts, checked, render=what != "hidden")
    if what != "unsigned":
        holder = issue("Någon Annan") if what == "unknown_root" else director()
        data = sign(data, holder, **({"chain": ()} if what == "unknown_root" else {}))
    kind = {"good": Kind.GOOD, "unsigned": Kind.UNSIGNED}.get(what, Kind.DOUBTFUL)
    signed = {"unsigned": Signed.NO, "unknown_root": Signed.UNCLEAR}.get(what, Signed.YES)
    truth = Truth(kind, answer if kind is Kind.GOOD else None, signed, texts, typed=True)
    return Case(seed, index, "screen", what, truth, data, "svar.pdf", {"mode": "screen"})


def _kind_of(random: np.random.Generator) -> Kind:
    return Kind(random.choice(list(Kind), p=[0.48, 0.06, 0.26, 0.2]))


def _answer_of(random: np.random.Generator) -> OptionKey:
    return str(random.choice(list(OPTIONS)))


def fill(
    desk: Desk, kind: Kind, what: str | None, typed_share: float = _TYPED
) -> tuple[Truth, str, dict[str, Any]]:
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
    typed = bool(random.random() < typed_share)
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
            what = what or desk.pick(*marks.ODD, PRINTED_BY_HAND)
            if what == PRINTED_BY_HAND:
                fillings.print_name(desk)
                return what, fillings.mark_well(desk), Signed.UNCLEAR
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
    named = {field.name for field in desk.template.fields}
    for name, text in desk.texts.items():
        if name not in named:
            continue
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
