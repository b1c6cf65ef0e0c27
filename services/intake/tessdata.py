"""Where the system keeps Tesseract's models, and which of those we need are not there."""

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Final

PROGRAM: Final = "tesseract"
PACKAGES: Final = {
    "swe": "tesseract-ocr-swe",
    "eng": "tesseract-ocr-eng",
    "osd": "tesseract-ocr-osd",
}
"""Model → what brings it in Debian and Ubuntu."""

_ASKED_S: Final = 20
_NAMED_FOLDER = re.compile(r'"(.+)"')


@cache
def tessdata_folder() -> Path | None:
    """Return the folder of the models: what TESSDATA_PREFIX names, else where tesseract looks."""
    named = os.environ.get("TESSDATA_PREFIX")
    if named and _has_models(Path(named)):
        return Path(named)
    program = shutil.which(PROGRAM)
    if program is None:
        return None
    said = subprocess.run(
        [program, "--list-langs"], capture_output=True, text=True, timeout=_ASKED_S, check=False
    )
    # Its first line: List of available languages in "/usr/share/tesseract-ocr/5/tessdata/" (3):
    found = _NAMED_FOLDER.search(said.stdout + said.stderr)
    folder = Path(found[1]) if found else None
    return folder if folder is not None and _has_models(folder) else None


def missing_models(folder: Path | None) -> list[str]:
    """Return what cannot be read for want of a model, a sentence each with its remedy."""
    return [
        f"Tesseract's model {name}: install {package}"
        for name, package in PACKAGES.items()
        if folder is None or not (folder / f"{name}.traineddata").exists()
    ]


def _has_models(folder: Path) -> bool:
    return any(folder.glob("*.traineddata"))
