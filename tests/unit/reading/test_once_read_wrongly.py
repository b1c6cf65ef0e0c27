"""Cases of the benchmark that were read wrongly once."""

import pytest

from shared.events import Outcome, SignatureState
from tests.bench.forms.generator.case import own_form_case
from tests.bench.forms.generator.devices import Device
from tests.bench.forms.generator.fillings import Kind
from tests.unit.reading.papers import documents

Drawn = tuple[int, int, Device] | tuple[int, int, Device, Kind, str]
"""Seed, index and device, and what was asked for, where that was not drawn by lot."""

PHONE, ROUGH, FAX, SCANNER = Device.PHONE, Device.ROUGH, Device.FAX, Device.SCANNER


@pytest.mark.parametrize(
    "drawn",
    [
        pytest.param((12, 10, ROUGH), id="a stamp on grainy paper"),
        pytest.param((206, 63, PHONE), id="a stamp on the box's line"),
        pytest.param((31, 72, FAX), id="the edges of a cup's rim"),
        pytest.param((301, 254, ROUGH, Kind.UNSIGNED, "cup"), id="a rim of dots"),
    ],
)
def test_it_is_no_signature(drawn: Drawn) -> None:
    case = own_form_case(*drawn)
    assert case.what in ("round_stamp", "cup")
    [reading] = documents(case.data, case.filename)
    assert reading.outcome is not Outcome.AUTO
    assert reading.signature is not SignatureState.HANDWRITTEN


@pytest.mark.parametrize(
    "drawn",
    [
        pytest.param((2, 156, PHONE), id="a trace in the other box, on a photo"),
        pytest.param((3, 223, SCANNER), id="a trace in the other box, paler"),
        pytest.param((301, 1, ROUGH, Kind.DOUBTFUL, "initials"), id="initials"),
        pytest.param((301, 321, FAX, Kind.DOUBTFUL, "only_struck"), id="struck out"),
        pytest.param((301, 508, ROUGH, Kind.DOUBTFUL, "beside_other"), id="beside"),
        pytest.param((305, 89, FAX, Kind.DOUBTFUL, "beside_other"), id="beside, fax"),
        pytest.param((701, 39, FAX, Kind.DOUBTFUL, "strikes_label"), id="label struck out, fax"),
        pytest.param((701, 12, ROUGH, Kind.DOUBTFUL, "strikes_label"), id="bold label struck out"),
    ],
)
def test_only_a_person_can_tell(drawn: Drawn) -> None:
    case = own_form_case(*drawn)
    assert case.truth.kind is Kind.DOUBTFUL
    [reading] = documents(case.data, case.filename)
    assert reading.outcome is Outcome.REVIEW
