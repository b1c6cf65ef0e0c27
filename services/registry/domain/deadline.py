"""When an answer is late: late is told and flagged, never refused."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def is_late(received_at: datetime, last_answer_day: date, zone: ZoneInfo) -> bool:
    """Tell whether a mail reached our servers after 23:59:59 of the last answer day.

    The day ends where the office is, whatever the clocks did in between.
    """
    day_after = datetime.combine(last_answer_day + timedelta(days=1), time.min, tzinfo=zone)
    # In UTC: two moments of the same zone would be compared by their wall clocks.
    return received_at.astimezone(UTC) >= day_after.astimezone(UTC)
