"""HEIC pictures, as Apple's phones take them, with pillow-heif.

They are upright when they come: the format's own rotation is applied by the decoder, and EXIF's is
by the standard (ISO/IEC 23008-12) only a remark.
"""

import io
from collections.abc import Iterator

import numpy as np
import pillow_heif

from services.intake.pages.image import check_size, on_white, squared
from services.intake.pages.page import Limits, Page, PageFault
from shared.events import Reason


def heif_pages(data: bytes, limits: Limits) -> Iterator[Page]:
    """Yield the pictures of a file, the main one first. Raises PageFault."""
    try:
        # More threads than one would fight with the other readers for the same processors.
        pillow_heif.options.DECODE_THREADS = 1
        pillow_heif.options.THUMBNAILS = False
        pillow_heif.options.DEPTH_IMAGES = False
        pillow_heif.options.AUX_IMAGES = False
        file = pillow_heif.open_heif(io.BytesIO(data))
        if len(file) > limits.pages:
            raise PageFault(Reason.TOO_MANY_PAGES, f"{len(file)} pictures")
        first = file.primary_index
        order = [first, *(index for index in range(len(file)) if index != first)]
        for number, index in enumerate(order, start=1):
            image = file[index]
            check_size(image.size, limits)
            grey = np.asarray(on_white(image.to_pillow()), dtype=np.uint8)
            picture, dpi, coarse = squared(grey, None, None)
            yield Page(number=number, grey=picture, dpi=dpi, coarse_dpi=coarse)
    except (EOFError, OSError, RuntimeError, ValueError) as broken:
        # What the decoder says of damaged data.
        raise PageFault(Reason.UNREADABLE_FILE, f"broken picture: {broken}") from broken
    except (SyntaxError, TypeError, KeyError, AttributeError) as strange:
        # Nobody said that the file is damaged: another program may well open it. For a person.
        raise PageFault(Reason.READER_CRASHED, f"reader stumbled: {strange!r}") from strange
