"""A name that was typed is no signature, however large, bold or underlined, and however scanned."""

from pathlib import Path

import numpy as np
import pytest
import reportlab
from PIL import Image, ImageDraw, ImageFont

from services.console.demo.scans import Channel, Hand, Picture, as_png, scan
from shared.events import Outcome, SignatureState
from tests.bench.forms.cases import template
from tests.unit.reading.papers import PER_MM, document, paper

BOX = template().signatures[0].area
FONTS = Path(reportlab.__file__).parent / "fonts"
MM_PER_POINT = 25.4 / 72


def typed(name: str, font: str, points: int, *, underlined: bool) -> Picture:
    """Return a form with a name in its signature box, typed and printed with all the rest."""
    image = Image.fromarray(paper(hand=Hand.NOTHING))
    face = ImageFont.truetype(str(FONTS / font), round(points * MM_PER_POINT * PER_MM))
    left, top = (BOX.left_mm + 4) * PER_MM, (BOX.top_mm + 6) * PER_MM
    draw = ImageDraw.Draw(image)
    draw.text((left, top), name, font=face, fill=20)
    if underlined:
        under = top + 0.98 * face.size
        draw.line((left - PER_MM, under, (BOX.right_mm - 12) * PER_MM, under), fill=20, width=5)
    return np.array(image)


@pytest.mark.parametrize("channel", list(Channel))
@pytest.mark.parametrize(
    ("name", "font", "points", "underlined"),
    [
        ("Anna Lindqvist", "VeraBd.ttf", 38, False),
        ("Åsa Öström-Berg", "VeraBd.ttf", 22, True),
        ("Åsa Öström-Berg", "VeraBI.ttf", 34, True),
        ("Bo Ek", "Vera.ttf", 40, False),
    ],
)
def test_a_typed_name_is_no_signature(
    name: str, font: str, points: int, underlined: bool, channel: Channel
) -> None:
    form = typed(name, font, points, underlined=underlined)
    reading = document(as_png(scan(form, channel, seed=3)))
    assert reading.outcome is not Outcome.AUTO
    assert reading.signature is not SignatureState.HANDWRITTEN
