"""Cases of the benchmark that were read wrongly once."""

import pytest

from shared.events import Outcome, SignatureState
from tests.bench.forms.generator.case import own_form_case
from tests.bench.forms.generator.devices import Device
from tests.unit.reading.papers import documents


@pytest.mark.parametrize(
    ("seed", "index", "device", "what"),
    [
        (12, 10, Device.ROUGH, "round_stamp"),
        (206, 63, Device.PHONE, "round_stamp"),
        (31, 72, Device.FAX, "cup"),
    ],
    ids=["a stamp on grainy paper", "a stamp on the box's line", "the edges of a cup's rim"],
)
def test_it_is_no_signature(seed: int, index: int, device: Device, what: str) -> None:
    case = own_form_case(seed, index, device)
    assert case.what == what
    [reading] = documents(case.data, case.filename)
    assert reading.outcome is not Outcome.AUTO
    assert reading.signature is not SignatureState.HANDWRITTEN


@pytest.mark.parametrize(
    ("seed", "index", "device"), [(2, 156, Device.PHONE), (3, 223, Device.SCANNER)]
)
def test_a_trace_in_the_other_box_is_for_a_person(seed: int, index: int, device: Device) -> None:
    case = own_form_case(seed, index, device)
    assert case.what == "faint_other"
    [reading] = documents(case.data, case.filename)
    assert reading.outcome is Outcome.REVIEW
