"""Forms without codes beside other papers: nothing uncertain leaves another answer certain."""

import dataclasses
from collections.abc import Sequence
from datetime import UTC, date, datetime

import cv2
import numpy as np
import pytest

from services.console.demo.scans import DPI, Hand, Picture, Scan, Stroke, as_pdf
from services.intake.conclude import conclude
from services.intake.documents import placed
from services.intake.measure import measure_file
from services.intake.pages.page import Limits
from services.intake.reading.measured import FileMeasured
from services.registry.domain.answer import Recorded
from services.registry.domain.mail import MailDecision, Review, decide_mail
from services.registry.domain.match import SenderEvidence
from services.registry.domain.review import Known, Offered
from shared.events import (
    Correspondence,
    Disposition,
    DocumentReading,
    MailboxRole,
    MailRead,
    Outcome,
    Reason,
)
from shared.forms import Rect, SignatureArea
from shared.identifiers import digest_of, mail_id_of
from tests.bench.forms import cases
from tests.bench.forms.other_form import INITIATIVE, OPTIONS, OtherForm, learned, weighed
from tests.unit.reading.papers import KEY, paper, pdf, wiped
from tests.unit.reading.test_other_form import DOMAINS, filled

NO = {"nej": Stroke.CROSS}
OFFERED = {INITIATIVE: tuple(OPTIONS), cases.INITIATIVE: tuple(cases.OPTIONS)}


def flat(*pictures: Picture) -> bytes:
    return as_pdf([Scan(one, DPI, DPI, bitonal=False, jpeg_quality=80) for one in pictures])


def measured(data: bytes, form: OtherForm, limits: Limits | None = None) -> FileMeasured:
    limits = limits or Limits()
    return measure_file(data, "svar.pdf", "", limits, OFFERED, learned=[form.for_reader])


def concluded(files: Sequence[FileMeasured], form: OtherForm) -> list[DocumentReading]:
    """Return the documents of a mail from Umeå, as the registry takes them."""
    digest = digest_of(b"mail")
    found = conclude(
        [placed(one, part, digest_of(b"%d" % part)) for part, one in enumerate(files)],
        key=KEY,
        options=OFFERED,
        municipalities=None,
        mail_id=mail_id_of(digest),
        learned={(form.initiative, form.template.version): form.template},
    )
    return [weighed(one, DOMAINS, sender_hosts=("umea.se",)) for one in found]


def decided(*files: bytes) -> MailDecision:
    form = learned()
    return _decided(concluded([measured(one, form) for one in files], form))


def _decided(documents: Sequence[DocumentReading]) -> MailDecision:
    digest = digest_of(b"mail")
    event = MailRead(
        occurred_at=datetime.now(UTC),
        mail_id=mail_id_of(digest),
        digest=digest,
        role=MailboxRole.ANSWERS,
        received_at=datetime.now(UTC),
        correspondence=Correspondence(mailbox="svar@skr.se", return_path="", from_address=""),
        disposition=Disposition.ANSWERS,
        documents=tuple(documents),
    )
    known = Known(
        {name: Offered(options, date(2030, 1, 1)) for name, options in OFFERED.items()},
        frozenset({"2480", "1281", cases.MUNICIPALITY}),
        SenderEvidence(()),
        unknown_sender_is_doubt=False,
    )
    return decide_mail(event, known, {})


def test_a_good_answer_alone_is_recorded() -> None:
    [one] = decided(flat(filled(learned()))).documents
    assert isinstance(one.verdict, Recorded)


@pytest.mark.parametrize(
    "other",
    [
        filled(learned(), NO, texts={}),
        filled(learned(), NO, note="ja, men", note_at_mm=(120.0, 108.0)),
        wiped(filled(learned(), NO), Rect.spanning(0, 200, 210, 297)),
    ],
    ids=["of nobody", "with a note", "cut off"],
)
@pytest.mark.parametrize("in_one_file", [True, False])
def test_a_doubtful_form_that_says_something_else_holds_back_the_clean_one(
    other: Picture, in_one_file: bool
) -> None:
    good = filled(learned())
    files = [flat(good, other)] if in_one_file else [flat(good), flat(other)]
    found = decided(*files).documents
    assert len(found) == 2
    assert all(isinstance(one.verdict, Review) for one in found)
    assert isinstance(found[0].verdict, Review)
    assert Reason.SAME_MAIL_CONTRADICTS in found[0].verdict.reasons


def test_an_appendix_somewhat_like_a_learned_form_is_an_appendix() -> None:
    like = filled(learned(), {}, texts={}, hand=Hand.NOTHING).copy()
    per_mm = DPI / 25.4
    like[int(70 * per_mm) : int(245 * per_mm)] = 255
    said = "Svaret galler endast om kostnaden ar hogst 100 000 kr"
    cv2.putText(like, said, (260, 1100), cv2.FONT_HERSHEY_SIMPLEX, 2.0, (0,), 5)
    for good in (pdf([paper()]), flat(filled(learned()))):
        for one in decided(good, flat(like)).documents:
            assert isinstance(one.verdict, Review)
        answer = decided(good, flat(like)).documents[0].reading
        assert Reason.EXTRA_PAGE in answer.reasons


def test_another_sheet_beside_a_learned_form_is_seen() -> None:
    good = filled(learned())
    note = np.full_like(good, 255)
    for line in range(20):
        cv2.putText(note, "Endast om", (200, 400 + 140 * line), 0, 3.0, (0,), 7)
    [one] = decided(flat(np.hstack([good, note]))).documents
    assert Reason.EXTRA_PAGE in one.reading.reasons


def test_one_signature_through_two_boxes_side_by_side_is_not_two() -> None:
    base = learned()
    area = base.template.signatures[0].area
    half = area.width_mm / 2

    def part(name: str, left_mm: float) -> SignatureArea:
        box = Rect(left_mm=left_mm, top_mm=area.top_mm, width_mm=half - 1, height_mm=area.height_mm)
        return SignatureArea(name=name, area=box, reach=box.grown(3))

    signatures = (
        part("signature", area.left_mm),
        part("signature.two", area.left_mm + half + 1),
    )
    form = dataclasses.replace(
        base, template=base.template.model_copy(update={"signatures": signatures})
    )
    page = filled(base, hand=Hand.NOTHING).copy()
    y = (area.top_mm + area.height_mm / 2) * DPI / 25.4
    xs = np.linspace(area.left_mm + 25, area.right_mm - 25, 200)
    places = [(x * DPI / 25.4, y + 60 * np.sin(x)) for x in xs]
    cv2.polylines(page, [np.array(places, np.int32)], False, (40,), 6)
    found = measured(flat(page), form)
    assert found.pages[0].learned[0].form.signatures_joined
    [one] = concluded([found], form)
    assert one.outcome is Outcome.REVIEW


def test_an_unsigned_form_with_a_proof_of_signing_is_not_sent_back() -> None:
    form = learned()
    found = measured(flat(filled(form, hand=Hand.NOTHING)), form)
    said = "Signerat med Scrive. Transaktion 09222115557"
    page = found.pages[0].model_copy(update={"text": said})
    [reading] = concluded([found.model_copy(update={"pages": (page,)})], form)
    assert reading.reasons == (Reason.E_SIGNATURE_ON_PAPER,)
    assert reading.outcome is Outcome.REVIEW


def test_what_the_sender_cannot_mend_is_never_returned_whatever_the_outcome_says() -> None:
    form = learned()
    [reading] = concluded([measured(flat(filled(form, hand=Hand.NOTHING)), form)], form)
    assert reading.outcome is Outcome.RETURN
    more = reading.model_copy(update={"reasons": (*reading.reasons, Reason.UNEXPLAINED_INK)})
    [one] = _decided([more]).documents
    assert isinstance(one.verdict, Review)


def test_a_form_without_code_is_not_looked_for_behind_one_with_a_code_or_far_back() -> None:
    form = learned()
    behind = measured(flat(paper(), filled(form)), form)
    assert [bool(page.learned) for page in behind.pages] == [False, False]
    [one] = concluded([behind], form)
    assert Reason.EXTRA_PAGE in one.reasons
    small = np.full_like(filled(form), 255)
    cv2.putText(small, "Protokoll", (300, 900), cv2.FONT_HERSHEY_SIMPLEX, 5, (0,), 12)
    last = flat(small, small, filled(form))
    back = measured(last, form, Limits(learned_pages=2))
    assert not any(page.learned for page in back.pages)
    assert measured(last, form, Limits(learned_pages=3)).pages[-1].learned
