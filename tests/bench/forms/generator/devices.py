"""The machines: an office scanner, a bad one, a fax, a phone's camera. Each returns a file.

All that a machine drew by lot stands in `Made.drawn`, to be printed beside what was read.
"""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import cv2
import numpy as np

from tests.bench.forms.generator import optics
from tests.bench.forms.generator.files import as_jpeg, as_pdf, as_png, as_tiff
from tests.bench.forms.generator.optics import Picture
from tests.bench.forms.generator.pen import DPI, Sheet
from tests.bench.forms.generator.printing import Overlay

_WRITTEN = 60
"""Of 255: where a pen has been."""


class Device(StrEnum):
    SCANNER = "scanner"
    ROUGH = "rough"
    FAX = "fax"
    PHONE = "phone"


@dataclass(frozen=True)
class Made:
    """A file, its name, how it came about, and what is to be seen in it."""

    data: bytes
    filename: str
    drawn: dict[str, Any]
    picture: Picture


def deliver(sheet: Sheet, device: Device) -> Made:
    """Return the file that this machine makes of a sheet."""
    return _MACHINES[device](sheet)


def left_of_writing(sheet: Sheet, device: Device, before: np.random.Generator, made: Made) -> float:
    """Return the share of what was written by hand, by area, that is still seen in a scan.

    Told by scanning the sheet once more with nothing on it, drawing the same lots: `before` is its
    random generator as it was.
    """
    bare = copy(sheet)
    bare.written, bare.random = np.zeros_like(sheet.written), before
    seen = float((made.picture != deliver(bare, device).picture).mean())
    return seen / max(float((sheet.written > _WRITTEN).mean()), 1e-9)


def _scanner(sheet: Sheet) -> Made:
    """An office machine, well kept: 150 to 600 dpi, two levels, grey or colour."""
    r = sheet.random
    mode = str(r.choice(["grey", "colour", "bitonal", "local"], p=[0.45, 0.25, 0.15, 0.15]))
    choices, shares = {
        "grey": ([150, 200, 300, 400, 600], [0.1, 0.3, 0.5, 0.06, 0.04]),
        "colour": ([150, 200, 300], [0.2, 0.4, 0.4]),
        "bitonal": ([200, 300, 400, 600], [0.25, 0.5, 0.1, 0.15]),
        "local": ([200, 300, 400], [0.3, 0.6, 0.1]),
    }[mode]
    drawn: dict[str, Any] = {
        "mode": mode,
        "dpi": int(r.choice(choices, p=shares)),
        "scale": _print_scale(r),
        "skew_deg": round(float(np.clip(r.normal(0, 0.8), -2.5, 2.5)), 2),
        "shift_mm": [round(float(v), 1) for v in r.uniform(-2.5, 2.5, 2)],
        "turns": int(r.choice([0, 1, 2, 3], p=[0.8, 0.06, 0.08, 0.06])),
        "blur": round(float(r.uniform(0.3, 0.8)), 2),
        "black": round(float(r.uniform(0, 40))),
        "white": round(float(r.uniform(232, 256))),
        "gamma": round(float(r.uniform(0.75, 1.25)), 2),
        "noise": round(float(r.uniform(0.5, 3)), 1),
        "quality": int(r.integers(50, 92)),
        "lid": 255,
        "slip_px": 0.0,
    }
    return _scan(sheet, drawn)


def _rough(sheet: Sheet) -> Made:
    """An old machine, badly set: 100 to 300 dpi, dithered, far askew, blurred, dirty."""
    r = sheet.random
    mode = str(
        r.choice(["grey", "colour", "bitonal", "local", "diffused", "halftone"],
                 p=[0.36, 0.2, 0.14, 0.14, 0.1, 0.06])
    )  # fmt: skip
    drawn: dict[str, Any] = {
        "mode": mode,
        "dpi": int(r.choice([100, 150, 200, 300], p=[0.06, 0.2, 0.37, 0.37])),
        "scale": round(float(r.uniform(0.92, 1.03)), 3),
        "skew_deg": round(float(r.uniform(-5, 5)), 2),
        "shift_mm": [round(float(v), 1) for v in r.uniform(-3, 3, 2)],
        "turns": int(r.integers(4)),
        "blur": round(float(r.uniform(0.6, 1.3)), 2),
        "black": round(float(r.uniform(10, 85))),
        "white": round(float(r.uniform(190, 250))),
        "gamma": round(float(r.uniform(0.6, 1.5)), 2),
        "noise": round(float(r.uniform(2, 9)), 1),
        "quality": int(r.integers(22, 70)),
        "lid": int(r.choice([255, 255, 30])),
        "slip_px": round(float(r.uniform(0, 3)), 1),
    }
    return _scan(sheet, drawn)


def _scan(sheet: Sheet, drawn: dict[str, Any]) -> Made:
    r, mode, dpi = sheet.random, drawn["mode"], drawn["dpi"]
    tint = 1.0 - r.uniform(0, 0.06, 3)
    picture: Picture
    if mode == "colour":
        picture = optics.colour(sheet, (float(tint[0]), float(tint[1]), float(tint[2])))
    else:
        sensor = (0.0, 1.0, 0.0) if r.random() < 0.3 else optics.GREY
        picture = optics.grey(sheet, sensor)
    blur = drawn["blur"] * max(DPI / dpi, 1.0)
    picture = optics.soften(picture, blur, blur * float(r.uniform(0.8, 1.3)))
    picture = optics.lay(
        picture, dpi, dpi, scale=drawn["scale"], skew_deg=drawn["skew_deg"],
        shift_mm=tuple(drawn["shift_mm"]), lid=drawn["lid"],
    )  # fmt: skip
    if drawn["slip_px"]:
        picture = optics.uneven_feed(picture, r, drawn["slip_px"] * dpi / DPI)
    picture = optics.tone(picture, drawn["black"], drawn["white"], drawn["gamma"])
    picture = optics.noisy(picture, r, drawn["noise"], 0.3)
    bitonal = mode not in ("grey", "colour")
    if mode == "bitonal":
        drawn["threshold"] = int(r.uniform(0.42, 0.68) * (drawn["black"] + drawn["white"]))
        picture = optics.threshold(picture, min(max(drawn["threshold"], 60), 215))
    elif mode == "local":
        drawn["below"] = round(float(r.uniform(12, 32)))
        picture = optics.local_threshold(picture, round(dpi * r.uniform(0.25, 0.6)), drawn["below"])
    elif mode == "diffused":
        picture = optics.diffused(picture)
    elif mode == "halftone":
        picture = optics.halftoned(picture, 4 if dpi < 250 else 5)
    picture = np.ascontiguousarray(np.rot90(picture, drawn["turns"]))
    drawn["file"] = str(r.choice(["pdf", "pdf", "pdf", "tiff", "jpeg", "png"]))
    match drawn["file"]:
        case "tiff":
            data = as_tiff(picture, dpi, dpi, bitonal=bitonal)
        case "jpeg":
            data = as_jpeg(picture, dpi, max(drawn["quality"], 45 if bitonal else 0))
        case "png":
            data = as_png(picture, dpi, bitonal=bitonal)
        case _:
            data = as_pdf(picture, dpi, dpi, bitonal=bitonal, quality=drawn["quality"])
    return Made(data, "skanning." + drawn["file"].replace("jpeg", "jpg"), drawn, picture)


def _print_scale(r: np.random.Generator) -> float:
    usual = float(r.choice([1.0, 1.0, 0.97, 0.94]))
    return round(usual + float(r.normal(0, 0.004)), 3)


def _fax(sheet: Sheet) -> Made:
    """Group 3, 204 dots an inch across and 98 lines down (a few: 196), with the sender's line."""
    r = sheet.random
    drawn: dict[str, Any] = {
        "mode": "fax",
        "dpi": [204, int(r.choice([98, 98, 98, 196]))],
        "scale": round(float(r.choice([1.0, 0.97])) + float(r.normal(0, 0.01)), 3),
        "skew_deg": round(float(np.clip(r.normal(0, 0.7), -2.5, 2.5)), 2),
        "shift_mm": [round(float(v), 1) for v in r.uniform(-2.5, 2.5, 2)],
        "turns": int(r.choice([0, 2], p=[0.85, 0.15])),
        "threshold": int(r.uniform(105, 175)),
        "noise": round(float(r.uniform(3, 12)), 1),
        "lines_lost": int(r.choice([0, 0, 0, 1, 2, 4])),
        "sender_line": bool(r.random() < 0.6),
        "turns_after": 0,
    }
    across, down = drawn["dpi"]
    picture = optics.grey(sheet, (0.0, 1.0, 0.0))
    picture = optics.soften(picture, 0.5 * DPI / across, 0.45 * DPI / down)
    if drawn["turns"]:
        picture = np.ascontiguousarray(np.rot90(picture, 2))
    picture = optics.lay(
        picture, across, down, scale=drawn["scale"], skew_deg=drawn["skew_deg"],
        shift_mm=tuple(drawn["shift_mm"]), lid=255,
    )  # fmt: skip
    picture = optics.noisy(picture, r, drawn["noise"], 0.0)
    picture = optics.threshold(picture, drawn["threshold"])
    for _ in range(drawn["lines_lost"]):
        row = int(r.integers(2, picture.shape[0] - 2))
        picture[row] = picture[row - 1]
    dots = r.random(picture.shape) < r.uniform(0, 0.0006)
    picture[dots] = 255 - picture[dots]
    if drawn["sender_line"]:
        line = Overlay()
        line.text("2024-09-12 10:14  FRÅN:+46 90 161000 UMEÅ KOMMUN   TILL:+46 8 4527050   S 1/1",
                  12, 4.5, font="Courier", points=9)  # fmt: skip
        ink = cv2.resize(line.layer(), picture.shape[::-1], interpolation=cv2.INTER_AREA)
        picture[ink > 110] = 0
    drawn["file"] = str(r.choice(["tiff", "tiff", "pdf"]))
    if drawn["file"] == "pdf":
        data = as_pdf(picture, across, down, bitonal=True, quality=0)
    else:
        drawn["compression"] = str(r.choice(["group3", "group4"]))
        data = as_tiff(picture, across, down, bitonal=True, compression=drawn["compression"])
    return Made(data, f"fax.{drawn['file'][:3]}", drawn, picture)


def _phone(sheet: Sheet) -> Made:
    """A sheet on a table, photographed by hand: perspective, a curl, shadows, a soft lens."""
    r = sheet.random
    drawn: dict[str, Any] = {
        "mode": "phone",
        "size": [int(v) for v in r.choice([(2448, 3264), (3024, 4032), (1920, 2560)])],
        "fills": round(float(r.uniform(0.8, 0.95)), 2),
        "tilt": round(float(r.uniform(0, 0.06)), 3),
        "turn_deg": round(float(r.normal(0, 2.5)), 1),
        "curl_mm": round(float(r.choice([0.0, r.uniform(0, 2.5)])), 1),
        "barrel": round(float(r.uniform(-0.006, 0.006)), 4),
        "blur": round(float(r.uniform(0.5, 1.6)), 2),
        "shake_px": round(float(r.choice([0.0, 0.0, r.uniform(0, 3)])), 1),
        "shadow": round(float(r.choice([0.0, r.uniform(0.1, 0.5)])), 2),
        "light": round(float(r.uniform(0.55, 1.0)), 2),
        "noise": round(float(r.uniform(2, 7)), 1),
        "quality": int(r.integers(45, 92)),
        "exif": int(r.choice([1, 1, 6, 8, 3])),
    }
    warm = (1.0, float(r.uniform(0.9, 1.0)), float(r.uniform(0.75, 1.02)))
    picture = _photographed(optics.colour(sheet, warm), drawn, r)
    picture = optics.soften(picture, drawn["blur"], drawn["blur"])
    if drawn["shake_px"] >= 1:
        along = np.zeros((9, 9), np.float32)
        reach = drawn["shake_px"]
        angle = float(r.uniform(0, 3.14))
        a = (4 - reach * np.cos(angle) / 2, 4 - reach * np.sin(angle) / 2)
        b = (4 + reach * np.cos(angle) / 2, 4 + reach * np.sin(angle) / 2)
        cv2.line(along, tuple(round(v * 8) for v in a), tuple(round(v * 8) for v in b), (1.0,), 1,
                 cv2.LINE_8, 3)  # fmt: skip
        picture = cv2.filter2D(picture, -1, along / max(float(along.sum()), 1.0))
    picture = optics.noisy(picture, r, drawn["noise"], 0.6)
    turns = {1: 0, 3: 2, 6: 1, 8: 3}[drawn["exif"]]
    picture = np.ascontiguousarray(np.rot90(picture, turns))
    data = as_jpeg(picture, 72, drawn["quality"], orientation=drawn["exif"])
    return Made(data, "IMG_2041.jpg", drawn, picture)


def _photographed(page: Picture, drawn: dict[str, Any], r: np.random.Generator) -> Picture:
    """Return the page as it lies on a table before the lens."""
    width, height = drawn["size"]
    rows, columns = page.shape[:2]
    fit = min(width / columns, height / rows) * drawn["fills"]
    if fit < 0.9:
        page = cv2.GaussianBlur(page, (0, 0), 0.32 / fit)
    corners = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], dtype=np.float32)
    flat = (corners - (columns / 2, rows / 2)) * fit
    flat *= 1 + r.uniform(-drawn["tilt"], drawn["tilt"], (4, 2))
    angle = np.deg2rad(drawn["turn_deg"])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    seen = flat @ turn.T + (width / 2, height / 2)
    back = cv2.getPerspectiveTransform(seen.astype(np.float32), corners)
    # A coarse grid carries all bends of lens and paper; between its points they are even.
    gx, gy = np.meshgrid(np.linspace(0, width, 49), np.linspace(0, height, 65))
    ux, uy = (gx - width / 2) / width, (gy - height / 2) / width
    out = 1 + drawn["barrel"] * (ux**2 + uy**2) * 4
    points = np.column_stack(
        [(ux * out).ravel() * width + width / 2, (uy * out).ravel() * width + height / 2]
    )
    on_page = cv2.perspectiveTransform(points.reshape(-1, 1, 2), back).reshape(65, 49, 2)
    bend = drawn["curl_mm"] * DPI / 25.4
    phase = float(r.uniform(0, 3.14))
    on_page[:, :, 1] += bend * np.sin(on_page[:, :, 0] / columns * np.pi + phase)
    maps = [
        cv2.resize(
            on_page[:, :, k].astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC
        )
        for k in (0, 1)
    ]
    table = tuple(float(v) for v in r.uniform(30, 150, 3))
    lying = cv2.remap(page, maps[0], maps[1], cv2.INTER_LINEAR, borderValue=table)
    across = np.linspace(-1, 1, 48, dtype=np.float32)[None, :]
    along = np.linspace(-1, 1, 64, dtype=np.float32)[:, None]
    slope = r.uniform(-0.14, 0.14, 2).astype(np.float32)
    light = drawn["light"] * (1 + slope[0] * across + slope[1] * along)
    light = light * (1 - 0.12 * (across**2 + along**2) / 2)
    whole = cv2.resize(np.clip(light * 200, 0, 255).astype(np.uint8), (width, height))
    if drawn["shadow"]:
        shade = optics.low_light((height, width), r, drawn["shadow"])
        whole = cv2.multiply(whole, shade, scale=1 / 255)
    lit = cv2.multiply(lying, cv2.merge([whole, whole, whole]), scale=0.93 / 200)
    return cv2.add(lit, (10, 10, 10, 0))


_MACHINES: dict[Device, Callable[[Sheet], Made]] = {
    Device.SCANNER: _scanner,
    Device.ROUGH: _rough,
    Device.FAX: _fax,
    Device.PHONE: _phone,
}
