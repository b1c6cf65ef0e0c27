"""What others do with the same pages: one full-page pass of Tesseract, and OCRmyPDF.

Neither reads forms; they are the usual way to make something of a scanned page.
"""

import io
import os
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pypdfium2 as pdfium
from PIL import Image

from tests.bench.forms.generator.case import Case

_ONE_THREAD = {"OMP_THREAD_LIMIT": "1"}
_TIME_LIMIT_S = 300


@dataclass(frozen=True)
class Cost:
    """What a page costs on average."""

    name: str
    pages: int
    wall_s: float
    cpu_s: float


def available() -> tuple[str, ...]:
    """Return which of the peers are installed here."""
    return tuple(name for name in ("tesseract", "ocrmypdf") if shutil.which(name))


def measure(name: str, cases: Sequence[Case]) -> Cost:
    """Run a peer on each page, one after the other."""
    wall = cpu = 0.0
    with tempfile.TemporaryDirectory(prefix="peer-") as folder:
        for number, case in enumerate(cases):
            page = Path(folder) / f"{number}"
            if name == "tesseract":
                source = page.with_suffix(".png")
                source.write_bytes(_png(case))
                command = ["tesseract", str(source), str(page), "-l", "swe", "--oem", "1"]
            else:
                source = page.with_suffix(".pdf")
                source.write_bytes(_pdf(case))
                command = [
                    "ocrmypdf", "--deskew", "--rotate-pages", "--quiet", "-l", "swe",
                    str(source), str(page.with_suffix(".out.pdf")),
                ]  # fmt: skip
            before, began = _children_cpu_s(), time.perf_counter()
            subprocess.run(
                command, check=True, capture_output=True, timeout=_TIME_LIMIT_S,
                env={**os.environ, **_ONE_THREAD},
            )  # fmt: skip
            wall += time.perf_counter() - began
            cpu += _children_cpu_s() - before
    return Cost(name, len(cases), wall / len(cases), cpu / len(cases))


def _png(case: Case) -> bytes:
    """Return the page as a picture of 300 dpi; making it is not part of the peer's work."""
    if case.data.startswith(b"%PDF"):
        document = pdfium.PdfDocument(case.data)
        image = document[0].render(scale=300 / 72, grayscale=True).to_pil()
        document.close()
    else:
        image = Image.open(io.BytesIO(case.data)).convert("L")
    file = io.BytesIO()
    image.save(file, "PNG", dpi=(300, 300), compress_level=1)
    return file.getvalue()


def _pdf(case: Case) -> bytes:
    if case.data.startswith(b"%PDF"):
        return case.data
    file = io.BytesIO()
    image = Image.open(io.BytesIO(case.data))
    image.save(file, "PDF", dpi=image.info.get("dpi", (300, 300)))
    return file.getvalue()


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
