"""What was done to a form at the desk: well, oddly, without a signature, or doubtfully.

Each function here spoils one thing on a form that is otherwise in order, and returns a few words
on what it drew by lot. What a person would make of the form stands in `Truth`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from shared.forms import Box, FormTemplate, Rect
from shared.identifiers import OptionKey
from tests.bench.forms.generator import marks, printing, wear
from tests.bench.forms.generator.letters import write
from tests.bench.forms.generator.pen import PER_MM, Pen, Sheet, any_pen
from tests.bench.forms.generator.printing import Overlay
from tests.bench.forms.generator.signatures import USUAL, Style, sign


class Kind(StrEnum):
    """GOOD: to be read by the machine. ODD: plain to a person, the machine may leave it.
    UNSIGNED: nobody signed. DOUBTFUL: only a person may say what it means.

    Good is one box marked as people do (felt pens, pencils, crosses gone over twice and long ticks
    among them), a signature by hand and nothing beside it. A fold, a streak, worn toner or the
    back shining through takes nothing from that: they fall where they fall, now and then through
    a box or a code, and what is held back for them counts against the machine.
    """

    GOOD = "good"
    ODD = "odd"
    UNSIGNED = "unsigned"
    DOUBTFUL = "doubtful"


@dataclass
class Desk:
    """A form being filled in, and all that lies around it."""

    sheet: Sheet
    template: FormTemplate
    pen: Pen
    answer: OptionKey
    texts: dict[str, str]
    overlay: Overlay
    stamps: Overlay
    stamped: float = 0.0
    """How black the stamp's ink is; 0: nothing was stamped."""
    drawn: dict[str, str] = field(default_factory=dict)

    @property
    def random(self) -> np.random.Generator:
        return self.sheet.random

    @property
    def chosen(self) -> Rect:
        return self.chosen_box.area

    @property
    def other(self) -> Rect:
        return self.other_box.area

    @property
    def other_box(self) -> Box:
        return next(box for box in self.template.boxes if box.option != self.answer)

    @property
    def signature(self) -> Rect:
        return self.template.signatures[0].area

    @property
    def chosen_box(self) -> Box:
        return next(box for box in self.template.boxes if box.option == self.answer)

    def pick(self, *choices: str) -> str:
        return choices[int(self.random.integers(len(choices)))]

    def between(self, low: float, high: float) -> float:
        return float(self.random.uniform(low, high))


Work = Callable[[Desk], str]


def mark_well(desk: Desk) -> str:
    name = desk.pick(*marks.GOOD)
    marks.GOOD[name](desk.sheet, desk.pen, desk.chosen)
    return name


def sign_well(desk: Desk) -> str:
    style = USUAL[int(desk.random.integers(len(USUAL)))]
    pen = desk.pen if desk.random.random() < 0.7 else any_pen(desk.random)
    for place in desk.template.signatures:
        sign(desk.sheet, pen, place.area, style, desk.texts["signatory.name"])
    return style.value


def print_name(desk: Desk) -> None:
    """Sign with the name in letters that stand apart."""
    for place in desk.template.signatures:
        sign(desk.sheet, desk.pen, place.area, Style.SCHOOL_NAME, desk.texts["signatory.name"])


# --- Nobody signed ---------------------------------------------------------------------------


def nothing(desk: Desk) -> str:
    return ""


def typed_name(desk: Desk) -> str:
    return printing.typed_name(
        desk.overlay, desk.signature, desk.texts["signatory.name"], desk.random
    )


def typed_lines(desk: Desk) -> str:
    """A block of print, as a case system writes it."""
    box, size = desk.signature, desk.between(9, 13)
    x, y = box.left_mm + desk.between(3, 8), box.top_mm + desk.between(6, 9)
    words = ("Godkänt elektroniskt av", desk.texts["signatory.name"], "2024-09-12 14:03:22 (CEST)")
    font = desk.pick(*printing.TYPED)
    for row, line in enumerate(words):
        desk.overlay.text(line, x, y + row * size * 0.42, font=font, points=size)
    return f"{font} {size:.1f}"


def date_stamp(desk: Desk) -> str:
    words = ("UMEÅ KOMMUN", desk.pick("2024 -09- 12", "Ink. 2024-09-12"), "Dnr")
    angle, wide, frame = desk.between(-6, 6), desk.between(40, 60), desk.random.random() < 0.8
    desk.stamps.turned(
        desk.signature.centre_mm, angle, lambda c: printing.date_stamp(c, wide, words, frame=frame)
    )
    desk.stamped = desk.between(0.5, 0.95)
    return f"{angle:.0f}° {'framed' if frame else 'bare'}"


def round_stamp(desk: Desk) -> str:
    radius, angle = desk.between(9, 15), desk.between(-30, 30)
    x, y = desk.signature.centre_mm
    at = x + desk.between(-25, 25), y + desk.between(-3, 3)
    desk.stamps.turned(
        at, angle, lambda c: printing.round_stamp(c, radius, "UMEÅ KOMMUN · REGISTRATUR ·", "1622")
    )
    desk.stamped = desk.between(0.5, 0.95)
    return f"radius {radius:.0f} mm"


def ruled_line(desk: Desk) -> str:
    """A stroke through a place that is not used."""
    box = desk.signature
    x = box.left_mm + desk.between(5, 20)
    y = box.centre_mm[1] + desk.between(-4, 4)
    marks.strike(desk.sheet, desk.pen, (x, y), (x + desk.between(10, 60), y + desk.between(-6, 6)))
    return ""


def small_cross(desk: Desk) -> str:
    """The cross that says: sign here."""
    box = desk.signature
    x, y = box.left_mm + desk.between(3, 8), box.centre_mm[1] + desk.between(0, 4)
    at = Rect(left_mm=x, top_mm=y, width_mm=desk.between(3, 5.5), height_mm=4)  # fmt: skip
    marks.cross(desk.sheet, desk.pen, at)
    return f"{at.width_mm:.1f} mm"


def crossed_over(desk: Desk) -> str:
    """The whole place struck out, as accountants do."""
    box = desk.signature.grown(-desk.between(2, 6))
    corners = [(box.left_mm, box.top_mm), (box.right_mm, box.top_mm),
               (box.left_mm, box.bottom_mm), (box.right_mm, box.bottom_mm)]  # fmt: skip
    how = desk.pick("diagonal", "z", "x")
    marks.strike(desk.sheet, desk.pen, corners[1], corners[2])
    if how == "z":
        marks.strike(desk.sheet, desk.pen, corners[0], corners[1])
        marks.strike(desk.sheet, desk.pen, corners[2], corners[3])
    elif how == "x":
        marks.strike(desk.sheet, desk.pen, corners[0], corners[3])
    return how


def cup(desk: Desk) -> str:
    x, y = desk.signature.centre_mm
    radius = desk.between(28, 42)
    strength = desk.between(0.25, 0.6)
    wear.stain(desk.sheet, (x + desk.between(-30, 30), y + desk.between(-20, 20)), radius, strength)
    return f"strength {strength:.2f}"


def folded_through(desk: Desk) -> str:
    x, y = desk.signature.centre_mm
    depth = desk.between(0.3, 0.8)
    slope = desk.between(-6, 6)
    wear.fold(desk.sheet, (0, y - slope), (210, y + slope), depth)
    if desk.random.random() < 0.5:
        wear.fold(desk.sheet, (x + 2, 0), (x - 2, 297), depth)
    return f"depth {depth:.2f}"


def dirty_lines(desk: Desk) -> str:
    count = int(desk.random.integers(1, 5))
    box = desk.signature
    for _ in range(count):
        if desk.random.random() < 0.5:
            x = desk.between(box.left_mm, box.right_mm)
            wear.line_of_dirt(desk.sheet, (x, 0), (x + desk.between(-1, 1), 297),
                              desk.between(0.1, 0.5), desk.between(0.4, 0.9))  # fmt: skip
        else:
            y = desk.between(box.top_mm, box.bottom_mm)
            wear.line_of_dirt(desk.sheet, (0, y), (210, y + desk.between(-1, 1)),
                              desk.between(0.1, 0.5), desk.between(0.4, 0.9))  # fmt: skip
    return str(count)


def shows_through(desk: Desk) -> str:
    """Somebody signed another paper, printed on the back of this one."""
    strength = desk.between(0.06, 0.25)
    back = Sheet(np.full_like(desk.sheet.printed, 255), desk.random)
    box = desk.signature
    mirrored = Rect(left_mm=210 - box.right_mm, top_mm=box.top_mm, width_mm=box.width_mm,
                    height_mm=box.height_mm)  # fmt: skip
    sign(back, any_pen(desk.random), mirrored, Style.FLOWING, desk.texts["signatory.name"])
    text = Overlay()
    for row in range(40):
        text.text("Protokollsutdrag ur kommunstyrelsens sammanträde den 12 september 2024, forts.",
                  25, 20 + row * 6.3, font="Times-Roman", points=12)  # fmt: skip
    behind = np.minimum(255 - back.written, 255 - text.layer())
    wear.show_through(desk.sheet, behind, strength)
    return f"strength {strength:.2f}"


def tail_from_elsewhere(desk: Desk) -> str:
    """A long swing from the title's line reaches into the place for the signature."""
    box = desk.signature
    y = box.top_mm + desk.between(8, 24)
    marks.strike(desk.sheet, desk.pen, (box.right_mm + 20, y), (box.right_mm - desk.between(3, 12),
                 y + desk.between(-3, 3)))  # fmt: skip
    return ""


UNSIGNED: dict[str, Work] = {
    "nothing": nothing,
    "typed_name": typed_name,
    "typed_lines": typed_lines,
    "date_stamp": date_stamp,
    "round_stamp": round_stamp,
    "ruled_line": ruled_line,
    "small_cross": small_cross,
    "crossed_over": crossed_over,
    "cup": cup,
    "folded_through": folded_through,
    "dirty_lines": dirty_lines,
    "shows_through": shows_through,
    "tail_from_elsewhere": tail_from_elsewhere,
}
"""What stands where a signature should; the boxes are in order."""


# --- Only a person may say what it means -----------------------------------------------------


def initials(desk: Desk) -> str:
    sign(desk.sheet, desk.pen, desk.signature, Style.INITIALS, desk.texts["signatory.name"])
    return ""


def note_for_signature(desk: Desk) -> str:
    """Written by hand, and no signature."""
    words = desk.pick("se bilaga", "enl. delegation", "underskrift kommer", "ej beslutat")
    box = desk.signature
    write(desk.sheet, desk.pen, words, box.left_mm + 8, box.centre_mm[1] + 2,
          x_height_mm=desk.between(2, 3.5))  # fmt: skip
    return words


UNCLEAR_SIGNATURE: dict[str, Work] = {
    "initials": initials,
    "note_for_signature": note_for_signature,
}
"""The boxes are in order; the hand in the signature's place is doubtful."""


def both(desk: Desk) -> str:
    first = mark_well(desk)
    name = desk.pick(*marks.GOOD)
    marks.GOOD[name](desk.sheet, desk.pen, desk.other)
    return f"{first} and {name}"


def no_mark(desk: Desk) -> str:
    return ""


def struck_and_marked(desk: Desk) -> str:
    how = desk.pick("struck_out", "scrawled_over")
    getattr(marks, how)(desk.sheet, desk.pen, desk.other)
    return f"{how}, {mark_well(desk)}"


def only_struck(desk: Desk) -> str:
    how = desk.pick("struck_out", "scrawled_over")
    getattr(marks, how)(desk.sheet, desk.pen, desk.chosen)
    return how


def faint_other(desk: Desk) -> str:
    marks.faint(desk.sheet, desk.pen, desk.other)
    return mark_well(desk)


def beside_other(desk: Desk) -> str:
    marks.beside(desk.sheet, desk.pen, desk.other)
    return mark_well(desk)


def between_boxes(desk: Desk) -> str:
    a, b = desk.chosen, desk.other
    top = (min(a.top_mm, b.top_mm) + max(a.top_mm, b.top_mm)) / 2
    middle = Rect(left_mm=a.left_mm, top_mm=top, width_mm=a.width_mm, height_mm=a.height_mm)
    marks.cross(desk.sheet, desk.pen, middle)
    return ""


def rings_other(desk: Desk) -> str:
    """A cross in one box, a ring around the other's words."""
    label = desk.other_box.label
    words = Rect(left_mm=label.left_mm - 1, top_mm=label.top_mm, width_mm=desk.between(15, 50),
                 height_mm=label.height_mm)  # fmt: skip
    marks.ring(desk.sheet, desk.pen, words)
    return mark_well(desk)


def strikes_label(desk: Desk) -> str:
    """The words of the box that is marked are struck through."""
    label = desk.chosen_box.label
    y = label.centre_mm[1] + desk.between(-0.8, 0.8)
    marks.strike(desk.sheet, desk.pen, (label.left_mm - desk.between(0, 3), y),
                 (label.left_mm + desk.between(18, 60), y + desk.between(-1, 1)))  # fmt: skip
    return mark_well(desk)


_NOTES = (
    "ja, men inte i år", "med förbehåll", "se bilaga", "gäller ej skolan", "beslut saknas!",
    "ej beslutat", "jfr mejl", "nej", "OBS!",
)  # fmt: skip


def _blank_place(desk: Desk) -> tuple[float, float]:
    """Return a place with nothing printed, and where nothing is asked for, within 35 mm by 6."""
    asked = [
        *(field.area for field in desk.template.fields),
        *(place.reach for place in desk.template.signatures),
        *([desk.template.stamp.grown(2)] if desk.template.stamp else []),
    ]
    for _ in range(200):
        x, y = desk.between(14, 155), desk.between(14, 270)
        taken = any(
            x < area.right_mm and x + 35 > area.left_mm and y - 5 < area.bottom_mm
            and y + 2 > area.top_mm - 5
            for area in asked
        )  # fmt: skip
        rows = slice(round((y - 5) * PER_MM), round((y + 2) * PER_MM))
        columns = slice(round(x * PER_MM), round((x + 35) * PER_MM))
        if not taken and desk.sheet.printed[rows, columns].min() > 200:
            return x, y
    return desk.between(45, 120), (desk.chosen.top_mm + desk.other.bottom_mm) / 2


def note(desk: Desk) -> str:
    """A remark somewhere on the form that may change what the cross means."""
    chosen, label = desk.chosen, desk.chosen_box.label
    places = {
        "after the label": (label.left_mm + desk.between(75, 95), chosen.bottom_mm - 1.2),
        "below the label": (label.left_mm + desk.between(0, 60), label.bottom_mm + 4),
        "between the options": (desk.between(45, 120), (chosen.top_mm + desk.other.bottom_mm) / 2),
        "in the left margin": (desk.between(6.5, 9), chosen.top_mm + desk.between(-2, 8)),
        "on blank paper": _blank_place(desk),
    }
    where = desk.pick(*places)
    words = desk.pick(*_NOTES)
    if where == "in the left margin":
        words = desk.pick("ja?", "nej!", "OBS!")
    x, y = places[where]
    write(desk.sheet, any_pen(desk.random), words, x, y, x_height_mm=desk.between(1.7, 2.6),
          joined=bool(desk.random.random() < 0.4))  # fmt: skip
    mark_well(desk)
    return f"{words!r} {where}"


def stamped_boxes(desk: Desk) -> str:
    x, y = desk.chosen.centre_mm
    at = x + desk.between(-8, 12), y + desk.between(-6, 6)
    if desk.random.random() < 0.5:
        words = ("UMEÅ KOMMUN", "Ink. 2024-09-12", "Dnr")
        desk.stamps.turned(at, desk.between(-8, 8),
                           lambda c: printing.date_stamp(c, 50, words, frame=True))  # fmt: skip
    else:
        desk.stamps.turned(
            at, 0, lambda c: printing.round_stamp(c, 13, "UMEÅ KOMMUN · KS ·", "1622")
        )
    desk.stamped = desk.between(0.5, 0.95)
    return mark_well(desk)


def dirt_for_mark(desk: Desk) -> str:
    """No box marked, and a line of dirt or a fold through one."""
    x, y = desk.chosen.centre_mm
    slope = desk.between(-1.5, 1.5)
    how = desk.pick("across", "across", "fold", "slanting")
    if how == "across":
        y += desk.between(-1.5, 1.5)
        wear.line_of_dirt(desk.sheet, (0, y - slope), (210, y + slope * 6),
                          desk.between(0.2, 0.9), desk.between(0.5, 0.95))  # fmt: skip
    elif how == "fold":
        wear.fold(desk.sheet, (0, y - slope), (210, y + slope * 6), desk.between(0.5, 0.95))
    else:
        wear.line_of_dirt(desk.sheet, (x - 20, y - 16), (x + 90, y + 72),
                          desk.between(0.2, 0.7), desk.between(0.5, 0.95))  # fmt: skip
    return how


def pen_slip(desk: Desk) -> str:
    """No box marked: a long stroke, meant for something else, runs through one."""
    x, y = desk.chosen.centre_mm
    angle = desk.between(0.15, 1.2)
    reach = desk.between(9, 25)
    dx, dy = np.cos(angle) * reach, np.sin(angle) * reach
    marks.strike(desk.sheet, desk.pen, (x - dx, y + dy), (x + dx, y - dy))
    return f"{reach:.0f} mm"


DOUBTFUL: dict[str, Work] = {
    "both": both,
    "no_mark": no_mark,
    "struck_and_marked": struck_and_marked,
    "only_struck": only_struck,
    "faint_other": faint_other,
    "beside_other": beside_other,
    "between_boxes": between_boxes,
    "rings_other": rings_other,
    "strikes_label": strikes_label,
    "note": note,
    "note_again": note,
    "stamped_boxes": stamped_boxes,
    "dirt_for_mark": dirt_for_mark,
    "pen_slip": pen_slip,
}
"""The signature is in order; the boxes, or words elsewhere, are not."""
