"""Reading one case of `cases.py` in process, as the tests do; the benchmark itself is `run.py`."""

from services.intake.conclude import conclude
from services.intake.documents import placed
from services.intake.measure import measure_file
from services.intake.pages.page import Limits
from shared.events import DocumentReading, Outcome
from shared.identifiers import digest_of, mail_id_of
from tests.bench.forms.cases import (
    INITIATIVE,
    KEY,
    MUNICIPALITY,
    OPTIONS,
    Case,
)


def read(case: Case) -> DocumentReading:
    """Return the one document of a case, read as the service reads it."""
    digest = digest_of(case.data)
    measured = measure_file(case.data, case.filename, "", Limits(), {INITIATIVE: tuple(OPTIONS)})
    [reading] = conclude(
        [placed(measured, 0, digest)],
        key=KEY,
        options={INITIATIVE: tuple(OPTIONS)},
        municipalities={MUNICIPALITY},
        mail_id=mail_id_of(digest),
    )
    return reading


def is_wrong(case: Case, reading: DocumentReading) -> bool:
    """Whether the machine would record something that the paper does not say."""
    if reading.outcome is not Outcome.AUTO:
        return False
    return (
        reading.answer is None
        or reading.answer.text != case.answer
        or reading.initiative is None
        or reading.initiative.text != INITIATIVE
        or reading.municipality is None
        or reading.municipality.text != MUNICIPALITY
    )
