"""The picture of `handslag read --debug`: the page as it was, its places framed, words beside."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from services.console.overlay import draw
from shared.archive import Area as ArchiveArea
from shared.archive import FolderArchive
from shared.events import Area, DocumentReading, Mark, Outcome, PageImage, Reason
from tests.unit.registry.builders import form

WIDTH, HEIGHT = 600, 850
BOX = Area(page=1, left=0.1, top=0.3, right=0.2, bottom=0.4)
NOTE = Area(page=1, left=0.5, top=0.5, right=0.8, bottom=0.55)


def archive_with_page(folder: Path) -> tuple[FolderArchive, str]:
    archive = FolderArchive(folder / "archive")
    file = io.BytesIO()
    Image.new("L", (WIDTH, HEIGHT), 255).save(file, "PNG")
    return archive, archive.put(file.getvalue(), ArchiveArea.DERIVED)


def reading(image: str | None, **more: object) -> DocumentReading:
    page = PageImage(number=1, part=0, source_page=1, image=image, width_px=WIDTH, height_px=HEIGHT)
    return form("ja").model_copy(update={"pages": (page,), **more})


def drawn(tmp_path: Path, **more: object) -> np.ndarray:
    archive, image = archive_with_page(tmp_path)
    [path] = draw(reading(image, **more), archive, tmp_path / "out", "svar-1")
    assert path.name == "svar-1-page1.png"
    return np.asarray(Image.open(path).convert("RGB")).astype(int)


def colours(picture: np.ndarray) -> set[tuple[int, int, int]]:
    return {tuple(int(v) for v in pixel) for pixel in picture.reshape(-1, 3)[::1]}


def test_what_counts_and_what_is_doubtful_are_framed_in_their_places(tmp_path: Path) -> None:
    marks = (Mark(option="ja", ink=0.2, ring_ink=0.0, area=BOX),)
    picture = drawn(tmp_path, marks=marks, stray_ink=(NOTE,))
    assert picture.shape[1] > WIDTH
    page = picture[:HEIGHT, :WIDTH]
    counts, doubt = (176, 16, 107), (179, 71, 0)
    assert tuple(page[round(BOX.top * HEIGHT) + 1, round(BOX.left * WIDTH) + 30]) == counts
    rows = slice(round(NOTE.top * HEIGHT) - 6, round(NOTE.bottom * HEIGHT) + 6)
    note = page[rows, round(NOTE.left * WIDTH) - 6 : round(NOTE.right * WIDTH) + 6]
    assert doubt in colours(note)
    assert colours(page[10:100, 300:590]) == {(255, 255, 255)}


def test_the_verdict_stands_beside_the_page_in_its_colour(tmp_path: Path) -> None:
    picture = drawn(tmp_path, outcome=Outcome.REVIEW, reasons=(Reason.UNEXPLAINED_INK,))
    assert (170, 90, 0) in colours(picture[:60, WIDTH:])
    picture = drawn(tmp_path / "auto")
    assert (20, 110, 60) in colours(picture[:60, WIDTH:])


def test_a_page_without_a_picture_is_left_out(tmp_path: Path) -> None:
    archive, _ = archive_with_page(tmp_path)
    assert draw(reading(None), archive, tmp_path / "out", "svar-1") == []
