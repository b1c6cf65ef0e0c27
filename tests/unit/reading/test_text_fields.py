"""What stands in the text fields: read from print, and certain only where two models agree."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import reportlab
from cv2.typing import MatLike
from PIL import Image, ImageDraw, ImageFont

from services.console.demo.scans import Stroke
from services.intake import tessdata
from services.intake.reading.contact import (
    CERTAIN,
    LEAST_SURE,
    MOST_DOUBTFUL,
    as_address,
    confidence_of,
    is_certain,
    is_email,
    is_name,
    is_phone,
)
from services.intake.reading.measured import FieldMeasure
from services.intake.reading.ocr import NOTHING, Model, load, recognise
from shared.events import Area, Outcome, Source
from shared.forms import Rect
from tests.unit.reading.papers import covered, documents, paper, png

NOWHERE = Area(page=1, left=0, top=0, right=1, bottom=1)


def printed(text: str) -> MatLike:
    """A line of print, black on white, as high as the reader makes it."""
    font = ImageFont.truetype(str(Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"), 24)
    width = int(font.getlength(text)) + 20
    image = Image.new("L", (width, 52), 255)
    ImageDraw.Draw(image).text((10, 36), text, 0, font=font, anchor="ls")
    return np.asarray(image)


def field(name: str, text: str, second: str, confidence: float = 0.9) -> FieldMeasure:
    return FieldMeasure(
        name=name, ink_mm2=20, text=text, second_text=second, confidence=confidence, area=NOWHERE
    )


def test_a_line_of_print_is_read_with_its_swedish_letters() -> None:
    assert recognise(printed("Åsa Öberg på Håbo kommun")).text == "Åsa Öberg på Håbo kommun"


def test_the_english_model_knows_the_at_sign() -> None:
    read = recognise(printed("asa.oberg@habo.se"), Model.ENGLISH)
    assert read.text.replace(" ", "") == "asa.oberg@habo.se"
    assert read.confidence > 0.5


def test_a_blank_line_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    assert recognise(np.full((60, 300), 255, np.uint8)) == NOTHING
    assert capfd.readouterr() == ("", "")


def test_a_line_of_noise_and_a_line_of_no_width_are_survived() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (60, 400)).astype(np.uint8)
    recognise(noise)
    recognise(np.zeros((52, 1), np.uint8))


def test_nothing_is_missing_where_the_models_are_installed() -> None:
    assert load() == []


def test_what_is_missing_is_said_with_its_remedy(tmp_path: Path) -> None:
    (tmp_path / "eng.traineddata").write_bytes(b"")
    said = tessdata.missing_models(tmp_path)
    assert said == [
        "Tesseract's model swe: install tesseract-ocr-swe",
        "Tesseract's model osd: install tesseract-ocr-osd",
    ]
    assert len(tessdata.missing_models(None)) == 3


def test_the_models_are_looked_for_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = tessdata.tessdata_folder.__wrapped__
    (tmp_path / "swe.traineddata").write_bytes(b"")
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    assert find() == tmp_path
    monkeypatch.delenv("TESSDATA_PREFIX")
    assert find() == tessdata.tessdata_folder()
    monkeypatch.setenv("PATH", "")
    assert find() is None


@pytest.mark.parametrize(
    ("name", "text", "second"),
    [
        ("contact.email", "asa.oberg@habo.se", "asa.oberghabo.se"),
        ("contact.email", "asa.oberg@habo.se", "asa.oberg Q habo.se"),
        ("contact.phone", "0171-525 00", "0171-52500"),
        ("contact.name", "Åsa Öberg", "Asa Oberg"),
        ("contact.name", "Lars-Göran af Ugglas", "Lars-Goran af Ugglas"),
    ],
)
def test_what_two_models_agree_on_is_certain(name: str, text: str, second: str) -> None:
    assert confidence_of(field(name, text, second)) == CERTAIN


@pytest.mark.parametrize(
    ("name", "text", "second"),
    [
        ("contact.email", "asa.oberg@habo.se", "asa.obergQhabo.sc"),
        ("contact.email", "asa.oberghabo.se", "asa.oberghabo.se"),
        ("contact.email", "asa.oberg@habo", "asa.oberg@habo"),
        ("contact.email", "asa@@habo.se", "asahabo.se"),
        ("contact.phone", "0171-525 00", "0171-526 00"),
        ("contact.phone", "0171", "0171"),
        ("contact.phone", "O171-525 00", "O171-525 00"),
        ("contact.name", "Åsa Öberg", "Asa Qberg"),
        ("contact.name", "Åsa", "Asa"),
        ("contact.name", "Jovié Zlatko", "Jovié Zlatko"),
        ("contact.name", "ringmig 1", "ringmig 1"),
        ("place_date", "Umeå 2024-09-18", "Umeå 2024-09-18"),
    ],
)
def test_what_they_do_not_or_what_cannot_be_is_doubtful(name: str, text: str, second: str) -> None:
    assert confidence_of(field(name, text, second)) == MOST_DOUBTFUL


def test_where_the_model_itself_is_unsure_agreement_is_not_enough() -> None:
    unsure = field("contact.name", "Åsa Öberg", "Asa Oberg", confidence=LEAST_SURE - 0.01)
    assert not is_certain(unsure)
    assert confidence_of(field("contact.name", "Åsa", "Asa", confidence=0.1)) == 0.1


@pytest.mark.parametrize(
    ("is_well_formed", "texts"),
    [
        (is_email, ("a@b.se", "fornamn.efternamn@kommun.umea.se", "a_b+c%1@x-y.nu")),
        (is_phone, ("090-16 10 00", "+46 90 16 10 00", "(0171) 525 00", "0709123456")),
        (is_name, ("Eva Sjöström", "Karin Hägg-Lindström")),
    ],
)
def test_what_is_well_formed(is_well_formed: Callable[[str], bool], texts: tuple[str, ...]) -> None:
    assert [text for text in texts if not is_well_formed(text)] == []


@pytest.mark.parametrize(
    ("read", "address"),
    [
        ("asa.oberg @habo.se", "asa.oberg@habo.se"),
        ("asa,oberg@habo:se", "asa.oberg@habo.se"),
        ("asa.obergéhabo.se.", "asa.oberg@habo.se"),
        ("|_asa-@habo.se|", "_asa-@habo.se"),
        ("asé@habo.se", "asé@habo.se"),
        ("oläsligt", "oläsligt"),
    ],
)
def test_an_address_is_said_in_its_own_signs(read: str, address: str) -> None:
    assert as_address(read) == address


@pytest.mark.parametrize("at_mm", [95.0, 175.0])
def test_a_streak_down_the_page_is_no_letter(at_mm: float) -> None:
    typed = {"contact.phone": "0171-525 00", "contact.email": "eva.nilsson@habo.se"}
    streak = Rect(left_mm=at_mm, top_mm=0, width_mm=0.3, height_mm=297)
    [reading] = documents(png(covered(paper(texts=typed), streak, 40)))
    values = (reading.contact.phone, reading.contact.email)
    assert [value and value.text for value in values] == list(typed.values())


def test_typed_contact_data_is_read_and_certain() -> None:
    typed = {
        "contact.name": "Eva Nilsson",
        "contact.email": "eva.nilsson@habo.se",
        "contact.phone": "0171-525 00",
    }
    [reading] = documents(png(paper(texts=typed)))
    values = (reading.contact.name, reading.contact.email, reading.contact.phone)
    assert [value and value.text for value in values] == list(typed.values())
    assert [value and value.confidence for value in values] == [CERTAIN] * 3
    assert {value.source for value in values if value} == {Source.OCR}


def test_a_doubtful_contact_does_not_hold_back_the_answer() -> None:
    scrawled = {"contact.name": "Eva N", "contact.email": "evanilsson habo", "contact.phone": "?"}
    [reading] = documents(
        png(paper({"ja": Stroke.CROSS}, texts=scrawled, handwritten=True, seed=3))
    )
    assert reading.outcome is Outcome.AUTO
    assert reading.answer is not None
    read = [reading.contact.name, reading.contact.email, reading.contact.phone]
    assert all(value.confidence <= MOST_DOUBTFUL for value in read if value)
    assert any(read)
