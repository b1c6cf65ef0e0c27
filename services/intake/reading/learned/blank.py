"""A learned form as the reader has it: its template, and what is printed on it."""

from dataclasses import dataclass

import cv2
import numpy as np
from cv2.typing import MatLike

from services.intake.reading.paper import PER_MM
from shared.forms import PICTURE_PER_MM, FormTemplate
from shared.identifiers import InitiativeId


@dataclass(frozen=True)
class LearnedForm:
    """A learned form as the reader needs it: its template, and its picture as an encoded PNG."""

    initiative: InitiativeId
    template: FormTemplate
    picture: bytes


@dataclass(frozen=True)
class Blank:
    """A learned form's print: darkness 0 to 255, at `PICTURE_PER_MM` and at `PER_MM`."""

    template: FormTemplate
    fine: MatLike
    flat: MatLike


def blank_of(form: LearnedForm) -> Blank:
    """Return the form's print. The picture is ours: made when the form was learned."""
    grey = cv2.imdecode(np.frombuffer(form.picture, np.uint8), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise ValueError("a learned form without a picture")
    fine = cv2.bitwise_not(grey)
    factor = PER_MM / PICTURE_PER_MM
    flat = cv2.resize(fine, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return Blank(form.template, fine, flat)
