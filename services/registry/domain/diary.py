"""Diarienummer: one per case, from one generator, never used twice; opaque to everyone else."""

from datetime import datetime
from zoneinfo import ZoneInfo


def check_format(format: str) -> None:
    """Raise ValueError unless the format gives every year and number a dnr of its own."""
    samples = ((2024, 1), (2025, 1), (2024, 2), (2024, 12345), (2024, 123456))
    try:
        numbers = {write_dnr(format, year, number) for year, number in samples}
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        raise ValueError(
            f"{format!r} cannot be filled with {{year}} and {{number}}: {error}"
        ) from error
    if len(numbers) != len(samples):
        raise ValueError(f"{format!r} must contain {{year}} and {{number}}, or numbers repeat")


def write_dnr(format: str, year: int, number: int) -> str:
    """Return the dnr of the year's case `number`, from 1."""
    return format.format(year=year, number=number)


def diary_year(registered_at: datetime, zone: ZoneInfo) -> int:
    """The year whose diary a case opened at this moment belongs to."""
    return registered_at.astimezone(zone).year
