"""Ink where the form is blank paper: "ja, men …", a struck-out line, a stamp in the wrong place.

What paper and scanners do by themselves is left out: specks, punched holes, streaks and folds,
the end of a stroke that began where writing was asked for.
"""

import cv2
import numpy as np
from cv2.typing import MatLike

from services.intake.reading.clip import without_clip
from services.intake.reading.edges import grainy_holes, is_punched, written_along_edges
from services.intake.reading.fold import crease
from services.intake.reading.measured import InkMeasure
from services.intake.reading.paper import PER_MM, FlatPage
from services.intake.reading.struck import label_struck, line_continued
from shared.forms import Box, FormTemplate, Rect

_COARSE_PER_MM = 4
_INK = 80
_EDGE_MM = 6.0
"""Along the paper's edge lie shadows of the lid and torn corners: see `edges`."""

_SPECK_MM2 = 0.4
_CREASE_MM = 1.0
"""A speck is not as long; the bits of a crease that is hardly seen are."""
_BOX_ZONE_MORE_MM = 0.2
"""Around a box the ring is measured by `marks`; beyond it, this much may be blurred."""

_OVERSHOOT_MM = 5.0
_SIGNATURE_OVERSHOOT_MM = 15.0
_STREAK_WIDE_MM = 0.7
_STREAK_LONG_MM = 5.0
_FOLD_WIDE_MM, _FOLD_LONG_MM = 1.0, 100.0
_SLIVER_MM = 0.6
"""Of print that lies a little beside its place."""
_MOST_OFF_MM = 1.0
_AT_BOX_MM = 0.6
_BESIDE_BOX_MM = 12.0
_MOST_AREAS = 8
_MOST_GATHERED = 100
_APART_MM = 6.0
"""Words of a remark lie closer together."""
_AROUND_MM = 2.5


def measure_ink(page: FlatPage) -> InkMeasure:
    """Return what is written where nothing should be."""
    page = without_clip(page)
    factor = _COARSE_PER_MM / PER_MM
    coarse = cv2.resize(page.darkness, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    ink = (coarse > _INK).astype(np.uint8)
    explained = _explained(page.template, ink.shape[:2], min(page.off_mm, _MOST_OFF_MM))
    near = _near_writing(page.template, ink.shape[:2])
    beside_print = cv2.dilate(explained, np.ones((3, 3), np.uint8))
    for box in page.template.boxes:
        zone = _as_slices(box.area.grown(box.reach_mm + _BOX_ZONE_MORE_MM))
        around = _as_slices(box.area.grown(box.reach_mm + _BOX_ZONE_MORE_MM + 0.5))
        near[around] = beside_print[around] = 0
        near = cv2.bitwise_or(near, _running_out_of(box, ink))
        explained[zone] = 1
    asked = _asked_for(page.template, ink.shape[:2])
    at_edges = written_along_edges(ink, asked, _EDGE_MM, _COARSE_PER_MM)
    for hole in grainy_holes(ink, _COARSE_PER_MM):
        explained[_as_slices(hole)] = 1
    ink[explained > 0] = 0
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    for signature in page.template.signatures:
        reach = _as_slices(signature.reach.grown(0.5))
        near[reach] = np.where(near[reach] > 0, 2, 0)
    pieces: list[Rect] = []
    unexplained: dict[Rect, float] = {}
    for stat in stats[1:]:
        left, top, width, height, area = (int(v) for v in stat)
        rect = Rect(
            left_mm=left / _COARSE_PER_MM,
            top_mm=top / _COARSE_PER_MM,
            width_mm=width / _COARSE_PER_MM,
            height_mm=height / _COARSE_PER_MM,
        )
        area_mm2 = area / _COARSE_PER_MM**2
        if area_mm2 >= _SPECK_MM2 or max(rect.width_mm, rect.height_mm) >= _CREASE_MM:
            pieces.append(rect)
        if area_mm2 < _SPECK_MM2:
            continue
        where = (slice(top, top + height), slice(left, left + width))
        touches = int((near[where] * ink[where]).max())
        if _continues_print(beside_print[where] * ink[where]):
            continue
        if _explains_itself(rect, area_mm2, touches, page.template):
            continue
        unexplained[rect] = area_mm2
    for rect in crease(pieces, page.template.page_width_mm, page.template.page_height_mm):
        unexplained.pop(rect, None)
    unexplained |= at_edges
    own_labels = page.template.boxes if page.template.print is None else ()
    struck = [box.label for box in own_labels if label_struck(page, box)]
    struck += [line for line in page.template.barred_lines if line_continued(page, line)]
    to_show = unexplained | {rect: rect.width_mm * rect.height_mm for rect in struck}
    return InkMeasure(
        unexplained_mm2=sum(unexplained.values()),
        beside_boxes_mm2=sum(
            area for rect, area in unexplained.items() if _is_beside_box(rect, page.template)
        ),
        longest_mm=max((max(r.width_mm, r.height_mm) for r in unexplained), default=0.0),
        label_struck=bool(struck),
        areas=tuple(page.area(rect) for rect in _gathered(to_show)[:_MOST_AREAS]),
    )


def _gathered(pieces: dict[Rect, float]) -> list[Rect]:
    """Return rectangles around pieces that lie close together: one around a remark, for the eye.

    `pieces` with their areas in mm²; the largest are enough.
    """
    found: list[Rect] = []
    for piece in sorted(pieces, key=lambda rect: pieces[rect], reverse=True)[:_MOST_GATHERED]:
        near = [one for one in found if _overlap(one.grown(_APART_MM), piece)]
        found = [one for one in found if one not in near]
        near.append(piece)
        found.append(
            Rect.spanning(
                min(one.left_mm for one in near),
                min(one.top_mm for one in near),
                max(one.right_mm for one in near),
                max(one.bottom_mm for one in near),
            )
        )
    return [one.grown(_AROUND_MM) for one in found]


def _overlap(one: Rect, other: Rect) -> bool:
    return (
        one.left_mm <= other.right_mm
        and other.left_mm <= one.right_mm
        and one.top_mm <= other.bottom_mm
        and other.top_mm <= one.bottom_mm
    )


def _is_beside_box(rect: Rect, template: FormTemplate) -> bool:
    x, y = rect.centre_mm
    return any(
        near.left_mm <= x <= near.right_mm and near.top_mm <= y <= near.bottom_mm
        for near in (box.area.grown(_BESIDE_BOX_MM) for box in template.boxes)
    )


def _continues_print(beside: MatLike) -> bool:
    """Whether a piece is a sliver of print, or of a streak that goes on under it at both ends."""
    short = min(beside.shape[:2]) / _COARSE_PER_MM
    if short <= _SLIVER_MM and beside.any():
        return True
    ends = (beside[0], beside[-1]) if beside.shape[0] > beside.shape[1] else beside.T[[0, -1]]
    return short <= _STREAK_WIDE_MM + _SLIVER_MM and all(end.any() for end in ends)


def _explains_itself(rect: Rect, area_mm2: float, touches: int, template: FormTemplate) -> bool:
    long, short = max(rect.width_mm, rect.height_mm), min(rect.width_mm, rect.height_mm)
    if touches == 2 and long <= _SIGNATURE_OVERSHOOT_MM:
        return True
    if touches and long <= _OVERSHOOT_MM:
        return True
    wide = _FOLD_WIDE_MM if long >= _FOLD_LONG_MM else _STREAK_WIDE_MM
    if long >= _STREAK_LONG_MM and area_mm2 / long <= wide and short <= max(0.1 * long, 0.5):
        return True
    return is_punched(rect, area_mm2, template.page_width_mm, template.page_height_mm)


def _explained(template: FormTemplate, shape: tuple[int, ...], off_mm: float) -> MatLike:
    """Return a picture that is 1 wherever ink needs no explanation, or is looked at elsewhere.

    `off_mm` is how far print may lie from its place.
    """
    picture = np.zeros((shape[0], shape[1]), np.uint8)
    for rect in (*template.printed, *template.barred_lines):
        picture[_as_slices(rect.grown(off_mm))] = 1
    for rect in template.may_carry_ink():
        picture[_as_slices(rect)] = 1
    if template.print is None:
        for box in template.boxes:
            picture[_as_slices(box.label)] = 1
    _mark_edges(picture)
    return picture


def _near_writing(template: FormTemplate, shape: tuple[int, ...]) -> MatLike:
    """Return a picture that is 1 wherever a stroke that was asked for may end a little outside."""
    picture = _asked_for(template, shape)
    _mark_edges(picture)
    return cv2.dilate(picture, np.ones((3, 3), np.uint8))


def _asked_for(template: FormTemplate, shape: tuple[int, ...]) -> MatLike:
    """Return a picture that is 1 wherever writing is asked for."""
    picture = np.zeros((shape[0], shape[1]), np.uint8)
    for rect in template.may_be_written_on():
        picture[_as_slices(rect)] = 1
    return picture


def _mark_edges(picture: MatLike) -> None:
    edge = round(_EDGE_MM * _COARSE_PER_MM)
    picture[:edge] = picture[-edge:] = 1
    picture[:, :edge] = picture[:, -edge:] = 1


def _running_out_of(box: Box, ink: MatLike) -> MatLike:
    """Return a picture that is 1 where ink hangs together with what is in a box.

    The end of a long tick explains itself; a tick that missed the box does not.
    """
    window = _as_slices(box.area.grown(box.reach_mm + _BOX_ZONE_MORE_MM + 2 * _OVERSHOOT_MM))
    _, labels = cv2.connectedComponents(ink[window], connectivity=8)
    whole = np.zeros(ink.shape[:2], np.int32)
    whole[window] = labels
    inside = np.unique(whole[_as_slices(box.area.grown(_AT_BOX_MM))])
    return (np.isin(whole, inside[inside > 0])).astype(np.uint8)


def _as_slices(rect: Rect) -> tuple[slice, slice]:
    def px(mm: float) -> int:
        return max(round(mm * _COARSE_PER_MM), 0)

    return slice(px(rect.top_mm), px(rect.bottom_mm)), slice(px(rect.left_mm), px(rect.right_mm))
