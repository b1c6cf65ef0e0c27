"""From rows to what is shown."""

import pytest

from services.registry.domain.masking import masked
from services.registry.web.rendering import number, percent, size


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("811218-9876", "811218-••••"),
        ("19811218-9876", "19811218-••••"),
        ("198112189876", "19811218••••"),
        ("811278-9876", "811278-••••"),
        ("121218+9876", "121218+••••"),
        ("Eva, 811218-9876, ringde", "Eva, 811218-••••, ringde"),
        ("556677-8899", "556677-8899"),
        ("212000-0142", "212000-0142"),
        ("0706123456", "0706123456"),
        ("SKR 2024/00123", "SKR 2024/00123"),
    ],
)
def test_personal_numbers_are_covered_and_other_numbers_left(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_a_confidence_is_never_rounded_up_to_certainty() -> None:
    assert percent(0.9999) == "99\N{NO-BREAK SPACE}%"


def test_sizes_and_numbers_are_written_in_swedish() -> None:
    assert size(512_340) == "512,3\N{NO-BREAK SPACE}kB"
    assert size(12) == "12\N{NO-BREAK SPACE}byte"
    assert number(1160) == "1\N{NO-BREAK SPACE}160"
