"""The one-answer rule, on any sequence of mails that the generator can think of."""

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry.domain.answer import (
    Conflict,
    Duplicate,
    Pair,
    Recorded,
    Scan,
    Statement,
    Values,
    decide,
    statement_of,
)
from services.registry.domain.mail import MailDecision, decide_mail
from services.registry.domain.match import sender_evidence
from services.registry.domain.review import Known, Offered
from shared.events import DocumentReading, MailRead, Outcome, Reason
from tests.unit.registry.builders import KOMPETENS, LUND, MOLN, NOW, UMEA, form, mail, typed

PAIRS = [(initiative, code) for initiative in (KOMPETENS, MOLN) for code in (LUND, UMEA)]


def known(mail: MailRead) -> Known:
    offered = Offered(("ja", "nej"), NOW.date())
    return Known(
        initiatives={KOMPETENS: offered, MOLN: offered},
        municipalities={LUND, UMEA},
        sender=sender_evidence((mail.correspondence.from_address,), []),
        unknown_sender_is_doubt=False,
    )


def statement(answer: str, *, scan: str = "a", contact: str = "", date: str = "") -> Statement:
    return Statement(
        document_id="d",
        mail_id="m",
        scan=Scan(scan, (1,)),
        values=Values(answer, "handwritten", "", "", date, contact, "", "", ""),
    )


def test_the_first_answer_is_recorded() -> None:
    assert decide(statement("ja"), None) == Recorded()


def test_the_same_scan_is_a_duplicate() -> None:
    assert decide(statement("ja"), statement("ja")) == Duplicate(of="d")


def test_the_same_scan_that_reads_otherwise_is_a_conflict() -> None:
    assert decide(statement("nej"), statement("ja")) == Conflict(standing="d")


def test_a_rescan_of_all_the_same_typed_values_is_a_duplicate() -> None:
    claim = statement("ja", scan="b", contact="Anna", date="Umeå 1 maj")
    assert decide(claim, statement("ja", contact="Anna", date="Umeå 1 maj")) == Duplicate(of="d")


@pytest.mark.parametrize(
    "claim",
    [
        statement("ja", scan="b"),
        statement("ja", scan="b", contact="Anna"),
        statement("ja", scan="b", contact="Anna", date="Umeå 2 maj"),
        statement("ja", scan="b", contact="Bo", date="Umeå 1 maj"),
    ],
    ids=["nothing read", "too little read", "another day", "another contact"],
)
def test_a_rescan_that_may_say_something_else_is_a_conflict(claim: Statement) -> None:
    standing = statement("ja", contact="Anna", date="Umeå 1 maj")
    assert decide(claim, standing) == Conflict(standing="d")


@st.composite
def documents(draw: st.DrawFn) -> DocumentReading:
    initiative, municipality = draw(st.sampled_from(PAIRS))
    outcome = draw(st.sampled_from(Outcome))
    return form(
        draw(
            st.sampled_from(["ja", "nej", None] if outcome is not Outcome.AUTO else ["ja", "nej"])
        ),
        initiative=initiative,
        municipality=municipality,
        scan=draw(st.sampled_from("abc")),
        page=draw(st.sampled_from([1, 2])),
        outcome=outcome,
        reasons=()
        if outcome is Outcome.AUTO
        else (draw(st.sampled_from([Reason.SIGNATURE_MISSING, Reason.MARK_DOUBTFUL])),),
        **(typed() if draw(st.booleans()) else {}),
    )


mails = st.lists(
    st.tuples(
        st.lists(documents(), min_size=1, max_size=4),
        st.sampled_from([(), (Reason.SENDER_NOT_AUTHENTIC,)]),
    ),
    max_size=8,
)


@given(mails)
def test_at_most_one_answer_stands_and_no_machine_ever_replaces_it(
    sequence: list[tuple[list[DocumentReading], tuple[Reason, ...]]],
) -> None:
    standing: dict[Pair, Statement] = {}
    for number, (readings, reasons) in enumerate(sequence):
        event = mail(*readings, name=str(number), reasons=reasons)
        decision = decide_mail(event, known(event), standing)
        assert len(decision.documents) == len(readings)
        _check(event, decision, standing)


def _check(event: MailRead, decision: MailDecision, standing: dict[Pair, Statement]) -> None:
    answers = defaultdict(set)
    for one in decision.documents:
        answers[one.pair].add(one.reading.answer.text if one.reading.answer else None)
    before = dict(standing)
    for one in decision.documents:
        if isinstance(one.verdict, Recorded):
            assert one.pair is not None
            assert one.pair not in standing, "an answer was replaced"
            assert one.reading.outcome is Outcome.AUTO
            assert not event.mail_reasons
            assert len(answers[one.pair]) == 1, "the mail contradicts itself"
            standing[one.pair] = statement_of(one.reading, event.mail_id)
    for one in decision.documents:
        if isinstance(one.verdict, Duplicate):
            assert one.pair is not None
            assert standing[one.pair].document_id == one.verdict.of
            assert one.reading.answer is not None
            assert standing[one.pair].values.answer == one.reading.answer.text
    assert {pair: standing[pair] for pair in before} == before
