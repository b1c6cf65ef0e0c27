"""Random forms, scanned badly: none recorded wrongly, and most read without a person.

The benchmark (`make bench-reading`) has a generator of its own.
"""

import pytest

from services.console.demo.scans import Channel
from shared.events import Outcome, SignatureState
from tests.bench.forms.cases import FAULTS, Fault, bad_case, good_case
from tests.bench.forms.reading import is_wrong, read

GOOD = {
    Channel.SCANNER: 20,
    Channel.ROUGH_SCANNER: 12,
    Channel.FAX: 12,
    Channel.PHONE: 6,
}
LEAST_AUTO = {
    Channel.SCANNER: 0.95,
    Channel.ROUGH_SCANNER: 0.9,
    Channel.FAX: 0.8,
    Channel.PHONE: 0.8,
}
FIRST_SEED = 5000
"""Other seeds than the benchmark's."""


@pytest.mark.parametrize("channel", Channel)
def test_good_forms_are_read_rightly_and_mostly_by_the_machine(channel: Channel) -> None:
    readings = []
    for seed in range(FIRST_SEED, FIRST_SEED + GOOD[channel]):
        case = good_case(seed, channel)
        reading = read(case)
        assert not is_wrong(case, reading), (case.channel, case.seed)
        readings.append(reading)
    auto = sum(reading.outcome is Outcome.AUTO for reading in readings)
    assert auto / len(readings) >= LEAST_AUTO[channel]


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_faulty_form_is_never_recorded_wrongly(channel: Channel, fault: Fault) -> None:
    case = bad_case(FIRST_SEED, channel, fault)
    reading = read(case)
    assert not is_wrong(case, reading), (case.channel, case.fault, case.seed)
    assert case.signed or reading.signature is not SignatureState.HANDWRITTEN
