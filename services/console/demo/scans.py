"""Answer forms as municipalities send them: filled by pen or typewriter, then scanned badly.

Everything is drawn from a seed: the same arguments give the same bytes. The truth is what the
caller put into a `Filling`. Lengths are millimetres on the form, pictures are 8-bit grey arrays.
"""

import io
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import cv2
import numpy as np
import pypdfium2 as pdfium
import reportlab
from cv2.typing import MatLike
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from shared.forms import Box, FormTemplate, Rect
from shared.identifiers import OptionKey

Picture = MatLike

DPI = 300
_PER_MM = DPI / 25.4
_SUBPIXEL_BITS = 4
_SCANNED = time.gmtime(1_726_128_000)
"""Written into PDFs: 12 September 2024, always."""


class Stroke(StrEnum):
    """What a pen did in a box."""

    TICK = "tick"
    CROSS = "cross"
    SCRIBBLE = "scribble"
    FAINT_TICK = "faint_tick"
    FILLED = "filled"
    CROSSED_OUT = "crossed_out"
    BESIDE = "beside"


class Hand(StrEnum):
    """What stands in the signature box."""

    SIGNATURE = "signature"
    NOTHING = "nothing"
    TYPED_NAME = "typed_name"
    INITIALS = "initials"


class Channel(StrEnum):
    """How the paper became a picture."""

    SCANNER = "scanner"
    ROUGH_SCANNER = "rough_scanner"
    FAX = "fax"
    PHONE = "phone"


@dataclass(frozen=True)
class Filling:
    """What somebody wrote on a form: its truth."""

    marks: Mapping[OptionKey, Stroke]
    hand: Hand = Hand.SIGNATURE
    co_hands: tuple[Hand, ...] = (Hand.SIGNATURE,)
    texts: Mapping[str, str] = field(default_factory=dict)
    handwritten: bool = False
    note: str = ""
    note_at_mm: tuple[float, float] = (110.0, 96.0)
    stamp: bool = False
    stamp_at_mm: tuple[float, float] | None = None


@dataclass(frozen=True)
class Scan:
    """One page as it came out of a scanner, fax machine or phone."""

    picture: Picture
    dpi_x: int
    dpi_y: int
    bitonal: bool
    jpeg_quality: int


# --- Filling in ------------------------------------------------------------------------------


def blank_page(pdf: bytes, page: int = 1) -> Picture:
    """Return one page of a printed form, at 300 dpi."""
    document = pdfium.PdfDocument(pdf)
    try:
        picture = document[page - 1].render(scale=DPI / 72, grayscale=True).to_numpy()
    finally:
        document.close()
    return np.ascontiguousarray(picture.reshape(picture.shape[:2])).astype(np.uint8)


def fill(blank: Picture, template: FormTemplate, filling: Filling, *, seed: int) -> Picture:
    """Return the page as it lies on the table, filled in by one person."""
    random = np.random.default_rng(seed)
    pen = _Pen(blank.copy(), random)
    boxes = {box.option: box for box in template.boxes}
    for option, stroke in filling.marks.items():
        _mark(pen, boxes[option], stroke)
    for signature, hand in zip(
        template.signatures, (filling.hand, *filling.co_hands), strict=False
    ):
        _sign(pen, signature.area, hand, filling.texts.get("signatory.name", ""))
    for name, text in filling.texts.items():
        area = template.field(name).area
        if filling.handwritten:
            pen.write(area.left_mm + 2, area.bottom_mm - 1.4, text, height_mm=2.9)
        else:
            pen.type(area.left_mm + 1, area.bottom_mm - 1.7, text, points=11)
    if filling.note:
        pen.write(*filling.note_at_mm, filling.note, height_mm=3.2)
    place = filling.stamp_at_mm
    if place is None and filling.stamp and template.stamp is not None:
        place = template.stamp.left_mm + 6, template.stamp.top_mm + 5
    if place is not None:
        pen.stamp(*place)
    return pen.picture


class _Pen:
    """Draws on a picture of a page, in millimetres."""

    def __init__(self, picture: Picture, random: np.random.Generator) -> None:
        self.picture = picture
        self.random = random
        self.width_mm = float(random.uniform(0.4, 0.75))
        self.grey = int(random.uniform(10, 90))

    def line(
        self,
        points_mm: Sequence[tuple[float, float]],
        *,
        grey: int | None = None,
        wobble: float = 0.12,
    ) -> None:
        """Draw a slightly shaky curve through the points."""
        curve = _smooth(np.array(points_mm, dtype=float))
        curve += self.random.normal(0, wobble / 3, curve.shape)
        scaled = np.round(curve * _PER_MM * 2**_SUBPIXEL_BITS).astype(np.int32)
        cv2.polylines(
            self.picture,
            [scaled.reshape(-1, 1, 2)],
            False,
            (self.grey if grey is None else grey,),
            max(1, round(self.width_mm * _PER_MM)),
            cv2.LINE_AA,
            _SUBPIXEL_BITS,
        )

    def write(self, left_mm: float, baseline_mm: float, text: str, *, height_mm: float) -> None:
        """Write like a hand: slanted, uneven letters."""
        x = left_mm
        for letter in text:
            if letter == " ":
                x += height_mm * 0.6
                continue
            size = height_mm * self.random.uniform(0.9, 1.1)
            width = self._letter(
                letter, x, baseline_mm + self.random.normal(0, 0.15), size, slant=0.25
            )
            x += width + height_mm * self.random.uniform(0.05, 0.2)

    def _letter(self, letter: str, x: float, baseline: float, height: float, slant: float) -> float:
        """Draw one letter, bent from the thin outline of a font, and return its width."""
        pixels = round(height * _PER_MM * 1.35)
        font = ImageFont.truetype(_font("VeraIt"), pixels)
        left, _, right, _ = font.getbbox(letter)
        tile = Image.new("L", (int(right - left) + 24, pixels * 2), 0)
        ImageDraw.Draw(tile).text((12 - left, pixels * 1.5), letter, 255, font=font, anchor="ls")
        letter_shape: MatLike = np.asarray(tile).astype(np.float32)
        rows, columns = np.indices(letter_shape.shape, dtype=np.float32)
        phase = float(self.random.uniform(0, 6.28))
        columns += np.sin(rows / pixels * 5 + phase) * pixels * 0.05
        columns += (rows - pixels * 1.5) * (slant - 0.25)
        rows += np.sin(columns / pixels * 4 + phase) * pixels * 0.06
        bent = cv2.remap(letter_shape, columns, rows, cv2.INTER_LINEAR)
        cover = bent.astype(np.float32) / 255.0
        self._ink(cover, x - 12 / _PER_MM, baseline - pixels * 1.5 / _PER_MM)
        return float(right - left) / _PER_MM

    def type(self, left_mm: float, baseline_mm: float, text: str, *, points: float) -> None:
        """Print like a typewriter or a form filled in on the screen."""
        pixels = round(points * DPI / 72)
        font = ImageFont.truetype(_font("Vera"), pixels)
        width = int(font.getlength(text)) + 8
        tile = Image.new("L", (width, pixels * 2), 0)
        ImageDraw.Draw(tile).text((2, pixels * 1.5), text, 235, font=font, anchor="ls")
        self._ink(
            np.asarray(tile).astype(np.float32) / 255.0,
            left_mm,
            baseline_mm - pixels * 1.5 / _PER_MM,
        )

    def stamp(self, left_mm: float, top_mm: float) -> None:
        """Put a registry's stamp: a frame with text and a number in it."""
        right, bottom = left_mm + 48, top_mm + 20
        frame = [(left_mm, top_mm), (right, top_mm), (right, bottom), (left_mm, bottom)]
        for start, end in zip(frame, [*frame[1:], frame[0]], strict=True):
            self.line([start, end], grey=70, wobble=0.0)
        self.type(left_mm + 4, top_mm + 7, "KOMMUNSTYRELSEN", points=11)
        self.type(left_mm + 4, top_mm + 15, "2024-09-12  Dnr 56", points=11)

    def _ink(self, cover: MatLike, left_mm: float, top_mm: float) -> None:
        """Darken the page where `cover` (0 to 1) is, its top left at this place."""
        x, y = round(left_mm * _PER_MM), round(top_mm * _PER_MM)
        height, width = cover.shape
        target = self.picture[max(y, 0) : y + height, max(x, 0) : x + width]
        part = cover[max(-y, 0) : max(-y, 0) + target.shape[0]]
        part = part[:, max(-x, 0) : max(-x, 0) + target.shape[1]]
        target[:] = np.minimum(target, 255 - part * (255 - self.grey)).astype(np.uint8)


def _mark(pen: _Pen, box: Box, stroke: Stroke) -> None:
    random = pen.random
    x, y = box.area.left_mm, box.area.top_mm
    side = box.area.width_mm

    def jitter() -> float:
        return float(random.normal(0, 0.35))

    def at(u: float, v: float) -> tuple[float, float]:
        return x + u * side + jitter(), y + v * side + jitter()

    match stroke:
        case Stroke.TICK:
            pen.line([at(0.15, 0.5), at(0.4, 0.85), at(float(random.uniform(0.9, 1.25)), 0.0)])
        case Stroke.FAINT_TICK:
            pen.width_mm = 0.3
            pen.line([at(0.2, 0.5), at(0.4, 0.8), at(0.85, 0.15)], grey=205)
        case Stroke.CROSS:
            pen.line([at(0.08, 0.08), at(0.92, 0.92)])
            pen.line([at(0.92, 0.08), at(0.08, 0.92)])
        case Stroke.SCRIBBLE:
            pen.line([at(0.12 + 0.25 * i, 0.15 if i % 2 else 0.85) for i in range(4)])
        case Stroke.FILLED:
            pen.width_mm = 0.7
            pen.line([at(0.05 + 0.045 * i, 0.05 if i % 2 else 0.95) for i in range(21)])
        case Stroke.CROSSED_OUT:
            pen.line([at(0.1, 0.1), at(0.9, 0.9)])
            pen.line([at(0.9, 0.1), at(0.1, 0.9)])
            for row in range(7):
                pen.line([at(-0.2, 0.1 + 0.13 * row), at(1.2, 0.05 + 0.14 * row)])
        case Stroke.BESIDE:
            pen.line([at(-0.55, 0.5), at(-0.4, 0.85), at(-0.15, 0.1)])


def _sign(pen: _Pen, box: Rect, hand: Hand, name: str) -> None:
    random = pen.random
    x, y = box.left_mm, box.centre_mm[1]
    match hand:
        case Hand.NOTHING:
            return
        case Hand.TYPED_NAME:
            pen.type(x + 6, y + 2, name or "Anna Andersson", points=12)
        case Hand.INITIALS:
            pen.line([(x + 10, y + 3), (x + 12, y - 4), (x + 14, y + 3)])
            pen.line([(x + 17, y + 3), (x + 17, y - 4), (x + 21, y - 2), (x + 17, y)])
        case Hand.SIGNATURE:
            left = x + float(random.uniform(6, 14))
            pen.line(_flourish(random, left, y, tall_mm=float(random.uniform(5, 8))))
            left += float(random.uniform(14, 20))
            for _ in range(int(random.integers(2, 4))):
                pen.line(_flourish(random, left, y, tall_mm=float(random.uniform(3, 6))))
                left += float(random.uniform(12, 17))
            if random.random() < 0.4:
                pen.line([(x + 12, y + 7), (left, y + float(random.uniform(3, 7)))])


def _flourish(
    random: np.random.Generator, left: float, middle: float, tall_mm: float
) -> list[tuple[float, float]]:
    """Return a looping stroke, like a capital and a few letters written together."""
    points = [(left, middle + tall_mm * 0.4), (left + 3, middle - tall_mm)]
    points += [(left + 4.5, middle + tall_mm * 0.5), (left + 2, middle + tall_mm * 0.2)]
    for step in range(int(random.integers(4, 6))):
        x = left + 6 + step * 2.2
        points.append((x, middle - float(random.uniform(0.5, 2.5))))
        points.append((x + 1.1, middle + float(random.uniform(0.5, 2.0))))
    return points


def _smooth(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a Catmull-Rom curve through the points, twelve steps to a stretch."""
    if len(points) < 3:
        return points
    padded = np.vstack([points[0], points, points[-1]])
    t = np.linspace(0, 1, 12, endpoint=False)[:, None]
    pieces = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        pieces.append(
            0.5
            * (
                2 * b
                + (c - a) * t
                + (2 * a - 5 * b + 4 * c - d) * t**2
                + (3 * b - a - 3 * c + d) * t**3
            )
        )
    return np.vstack([*pieces, points[-1][None, :]])


def _font(name: str) -> str:
    return str(Path(reportlab.__file__).parent / "fonts" / f"{name}.ttf")


# --- Scanning --------------------------------------------------------------------------------


def scan(paper: Picture, channel: Channel, *, seed: int, quarter_turns: int = 0) -> Scan:
    """Return the page as this channel delivers it, turned by 90° anticlockwise so many times."""
    random = np.random.default_rng(seed)
    match channel:
        case Channel.SCANNER:
            result = _scanner(paper, random)
        case Channel.ROUGH_SCANNER:
            result = _rough_scanner(paper, random)
        case Channel.FAX:
            result = _fax(paper, random)
        case Channel.PHONE:
            result = _phone(paper, random)
    if quarter_turns % 4 == 0:
        return result
    turned = np.ascontiguousarray(np.rot90(result.picture, quarter_turns))
    swapped = quarter_turns % 2 == 1
    return Scan(
        turned,
        result.dpi_y if swapped else result.dpi_x,
        result.dpi_x if swapped else result.dpi_y,
        result.bitonal,
        result.jpeg_quality,
    )


def _scanner(paper: Picture, random: np.random.Generator) -> Scan:
    picture = _moved(paper, random, skew_deg=1.0, scale=(0.97, 1.0), shift_mm=2)
    picture = cv2.GaussianBlur(picture, (0, 0), float(random.uniform(0.5, 0.9)))
    picture = _levels(
        picture, black=float(random.uniform(5, 35)), white=float(random.uniform(240, 253))
    )
    picture = _noisy(picture, random, sigma=2.0)
    return Scan(picture, DPI, DPI, bitonal=False, jpeg_quality=60)


def _rough_scanner(paper: Picture, random: np.random.Generator) -> Scan:
    picture = _moved(paper, random, skew_deg=4.0, scale=(0.93, 1.02), shift_mm=2)
    picture = cv2.GaussianBlur(picture, (0, 0), float(random.uniform(0.8, 1.6)))
    picture = _levels(
        picture, black=float(random.uniform(30, 80)), white=float(random.uniform(205, 245))
    )
    for _ in range(int(random.integers(0, 3))):  # a hair or dirt on the glass of a feeder
        x = int(random.integers(0, picture.shape[1]))
        picture[:, x : x + 2] = (picture[:, x : x + 2] * random.uniform(0.75, 0.95)).astype(
            np.uint8
        )
    for _ in range(int(random.integers(20, 150))):  # dust
        x, y = random.integers(0, picture.shape[1]), random.integers(0, picture.shape[0])
        cv2.circle(picture, (int(x), int(y)), int(random.integers(1, 3)), (90,), -1)
    picture = _noisy(picture, random, sigma=7.0)
    dpi = int(random.choice([200, 300]))
    if dpi != DPI:
        picture = cv2.resize(
            picture, None, fx=dpi / DPI, fy=dpi / DPI, interpolation=cv2.INTER_AREA
        )
    return Scan(_grey(picture), dpi, dpi, bitonal=False, jpeg_quality=45)


def _fax(paper: Picture, random: np.random.Generator) -> Scan:
    picture = _moved(paper, random, skew_deg=1.5, scale=(0.96, 1.0), shift_mm=2)
    picture = cv2.GaussianBlur(picture, (0, 0), 1.0)
    dpi_x, dpi_y = 204, 98
    picture = cv2.resize(
        picture, None, fx=dpi_x / DPI, fy=dpi_y / DPI, interpolation=cv2.INTER_AREA
    )
    picture = _noisy(picture, random, sigma=9.0)
    bitonal = np.where(picture > float(random.uniform(120, 165)), 255, 0).astype(np.uint8)
    speckle = random.random(bitonal.shape) < 0.0004
    bitonal[speckle] = 255 - bitonal[speckle]
    return Scan(bitonal, dpi_x, dpi_y, bitonal=True, jpeg_quality=0)


def _phone(paper: Picture, random: np.random.Generator) -> Scan:
    height, width = paper.shape
    out_width, out_height = 2448, 3264
    margin = 140
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    target = np.array(
        [
            [margin, margin],
            [out_width - margin, margin],
            [out_width - margin, out_height - margin],
            [margin, out_height - margin],
        ],
        dtype=np.float32,
    ) + random.uniform(-90, 90, (4, 2)).astype(np.float32)
    transform = cv2.getPerspectiveTransform(corners, target)
    table = int(random.uniform(60, 130))
    lying = cv2.warpPerspective(
        paper, transform, (out_width, out_height), flags=cv2.INTER_AREA, borderValue=(table,)
    )
    across = np.linspace(0, 1, out_width, dtype=np.float32)[None, :]
    down = np.linspace(0, 1, out_height, dtype=np.float32)[:, None]
    angle = float(random.uniform(0, 6.28))
    slope = np.float32(np.cos(angle)) * across + np.float32(np.sin(angle)) * down
    light: MatLike = 0.82 + float(random.uniform(0.1, 0.3)) * slope
    light -= 0.25 * ((across - 0.5) ** 2 + (down - 0.5) ** 2)
    lit = _grey((lying.astype(np.float32) * 0.82 + 25) * light)
    picture = cv2.GaussianBlur(lit, (0, 0), float(random.uniform(0.6, 1.4)))
    return Scan(_noisy(_grey(picture), random, sigma=4.0), 72, 72, bitonal=False, jpeg_quality=70)


def _moved(
    paper: Picture,
    random: np.random.Generator,
    *,
    skew_deg: float,
    scale: tuple[float, float],
    shift_mm: float,
) -> Picture:
    """Print at another scale and lay the sheet askew on the glass."""
    height, width = paper.shape
    angle = float(random.uniform(-skew_deg, skew_deg))
    size = float(random.uniform(*scale))
    matrix = np.array(
        cv2.getRotationMatrix2D((width / 2, height / 2), angle, size), dtype=np.float64
    )
    matrix[:, 2] += random.uniform(-shift_mm, shift_mm, 2) * _PER_MM
    return _grey(
        cv2.warpAffine(paper, matrix, (width, height), flags=cv2.INTER_LINEAR, borderValue=(255,))
    )


def _levels(picture: Picture, *, black: float, white: float) -> Picture:
    table = np.linspace(black, white, 256).astype(np.uint8)
    return _grey(cv2.LUT(picture, table))


def _noisy(picture: Picture, random: np.random.Generator, *, sigma: float) -> Picture:
    grain = random.normal(0, sigma, (picture.shape[0] // 2 + 1, picture.shape[1] // 2 + 1))
    full = cv2.resize(grain.astype(np.float32), (picture.shape[1], picture.shape[0]))
    return np.clip(picture.astype(np.float32) + full * 1.4, 0, 255).astype(np.uint8)


def _grey(picture: NDArray[np.generic] | cv2.typing.MatLike) -> Picture:
    return np.clip(picture, 0, 255).astype(np.uint8)


# --- Files -----------------------------------------------------------------------------------


def as_jpeg(scanned: Scan) -> bytes:
    """Return the page as a JPEG file, as a phone sends it."""
    file = io.BytesIO()
    Image.fromarray(scanned.picture).save(
        file, "JPEG", quality=scanned.jpeg_quality or 70, dpi=(scanned.dpi_x, scanned.dpi_y)
    )
    return file.getvalue()


def as_png(scanned: Scan) -> bytes:
    """Return the page as a PNG file; two levels stay two levels."""
    file = io.BytesIO()
    _pillow(scanned).save(file, "PNG", dpi=(scanned.dpi_x, scanned.dpi_y), compress_level=1)
    return file.getvalue()


def as_tiff(scans: Sequence[Scan]) -> bytes:
    """Return the pages as one TIFF; two-level pages with fax compression (group 4)."""
    file = io.BytesIO()
    first, *rest = (_pillow(scanned) for scanned in scans)
    compression = "group4" if scans[0].bitonal else "tiff_lzw"
    first.save(
        file,
        "TIFF",
        save_all=True,
        append_images=rest,
        compression=compression,
        dpi=(scans[0].dpi_x, scans[0].dpi_y),
    )
    return file.getvalue()


def as_pdf(scans: Sequence[Scan]) -> bytes:
    """Return the pages as a PDF, one picture to a page, as office scanners and fax servers do.

    Grey pages are JPEG, two-level pages have fax compression (group 4).
    """
    file = io.BytesIO()
    first, *rest = (_pillow(scanned) for scanned in scans)
    first.save(
        file,
        "PDF",
        save_all=True,
        append_images=rest,
        dpi=(scans[0].dpi_x, scans[0].dpi_y),
        creationDate=_SCANNED,
        modDate=_SCANNED,
        **({} if scans[0].bitonal else {"quality": scans[0].jpeg_quality}),
    )
    return file.getvalue()


def _pillow(scanned: Scan) -> Image.Image:
    image = Image.fromarray(scanned.picture)
    return image.convert("1", dither=Image.Dither.NONE) if scanned.bitonal else image
