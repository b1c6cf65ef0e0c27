"""The last answer day counts to 23:59:59 in Stockholm, whatever the clocks do."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry.domain.deadline import is_late
from tests.unit.registry.builders import STOCKHOLM


@pytest.mark.parametrize(
    ("last_day", "first_late_moment"),
    [
        (date(2024, 9, 30), datetime(2024, 9, 30, 22, 0, tzinfo=UTC)),
        (date(2024, 12, 31), datetime(2024, 12, 31, 23, 0, tzinfo=UTC)),
        # Summer time begins on 31 March 2024 at 02:00: the day has 23 hours.
        (date(2024, 3, 30), datetime(2024, 3, 30, 23, 0, tzinfo=UTC)),
        (date(2024, 3, 31), datetime(2024, 3, 31, 22, 0, tzinfo=UTC)),
        # It ends on 27 October 2024 at 03:00: the day has 25 hours.
        (date(2024, 10, 26), datetime(2024, 10, 26, 22, 0, tzinfo=UTC)),
        (date(2024, 10, 27), datetime(2024, 10, 27, 23, 0, tzinfo=UTC)),
    ],
)
def test_the_day_ends_at_midnight_in_stockholm(last_day: date, first_late_moment: datetime) -> None:
    assert is_late(first_late_moment, last_day, STOCKHOLM)
    assert not is_late(first_late_moment - timedelta(microseconds=1), last_day, STOCKHOLM)


def test_the_senders_own_zone_does_not_matter() -> None:
    in_time = datetime(2024, 9, 30, 21, 59, 59, tzinfo=UTC)
    assert not is_late(in_time.astimezone(STOCKHOLM), date(2024, 9, 30), STOCKHOLM)


@given(
    st.datetimes(
        min_value=datetime(2000, 1, 1),  # noqa: DTZ001
        max_value=datetime(2100, 1, 1),  # noqa: DTZ001
        timezones=st.just(UTC),
    ),
    st.dates(min_value=date(2000, 1, 1), max_value=date(2099, 1, 1)),
)
def test_a_moment_is_late_exactly_when_its_day_in_stockholm_is_later(
    received_at: datetime, last_day: date
) -> None:
    assert is_late(received_at, last_day, STOCKHOLM) == (
        received_at.astimezone(STOCKHOLM).date() > last_day
    )
