"""One mail of each kind that leaves, composed as the notifier composes it."""

from collections.abc import Iterator
from datetime import UTC, datetime

from services.notifier.compose import compose_decision, compose_receipt
from services.notifier.compose_letter import compose_letter
from shared.events import (
    MENDABLE,
    MENDABLE_FILES,
    Appointment,
    Disposition,
    Fate,
    LetterFile,
    LetterKind,
    Reason,
)
from shared.letters.kinds import KINDS, Kind, TemplateName, examples_of, source_of
from shared.letters.template import parse, render
from tests.unit.notifier.builders import NOON, document, house, letter, registered, resolved

PDF = b"%PDF-1.7 " + bytes(range(256)) * 20
FILES = {
    TemplateName.OFFER: (
        "Svarsformulär Kompetensgemenskaper, Håbo kommun.pdf",
        "Svarsformulär Nationell ehälsa, Håbo kommun.pdf",
    ),
    TemplateName.TEMPLATE_REQUEST: ("Behovsmall.docx",),
}
MEETING = Appointment(
    uid="seminarium-1",
    title="Lanseringsseminarium för fyra initiativ",
    starts_at=datetime(2024, 6, 19, 11, 0, tzinfo=UTC),
    ends_at=datetime(2024, 6, 19, 12, 30, tzinfo=UTC),
    place="Digitalt",
    description="Vi berättar om initiativen.\nTa med frågor.",
    reply_wanted=True,
)
OUR_HOUSE = house(
    unsubscribe_url="https://handslag.example.se/avsluta/{token}",
    unsubscribe_address="avsluta+{token}@skr.se",
)


def every_mail() -> Iterator[tuple[str, bytes]]:
    """Their names and their bytes: receipts, requests to send again, decisions, letters."""
    yield from _receipts()
    yield from _decisions()
    for kind in KINDS:
        yield f"letter {kind.name}", _letter(kind)


def _receipts() -> Iterator[tuple[str, bytes]]:
    several = (
        document(1),
        document(2, initiative_name="Digital post", answer_label="Nej", late=True),
        document(3, initiative_name="Gemensam e-arkivtjänst", fate=Fate.DUPLICATE),
        document(4, fate=Fate.REVIEW, files=("Håbo svar.pdf",), reasons=(Reason.MARK_DOUBTFUL,)),
    )
    sent_again = tuple(
        document(number, fate=Fate.RETURNED, files=(f"sida {number}.pdf",), reasons=(reason,))
        for number, reason in enumerate(sorted(MENDABLE | MENDABLE_FILES), 1)
    )
    for name, documents in {
        "recorded": several[:1],
        "late": several[1:2],
        "duplicate": several[2:3],
        "reviewed": several[3:],
        "several": several,
        "some sent again": (several[0], *sent_again[:2]),
    }.items():
        yield f"receipt {name}", compose_receipt(registered(*documents), OUR_HOUSE).data
    for each in sent_again:
        yield (
            f"request {each.reasons[0]}",
            compose_receipt(registered(each), OUR_HOUSE).data,
        )
    for disposition, reasons in (
        (Disposition.NEED, ()),
        (Disposition.QUESTION, (Reason.QUESTION,)),
        (Disposition.REVIEW, (Reason.NO_ATTACHMENT,)),
    ):
        event = registered(
            disposition=disposition, mail_reasons=reasons, dnr="SKR 2024/00123", handling=1
        )
        yield f"receipt of {disposition}", compose_receipt(event, OUR_HOUSE).data


def _decisions() -> Iterator[tuple[str, bytes]]:
    for fate in (Fate.RECORDED, Fate.DUPLICATE, Fate.RETURNED):
        reasons = (Reason.SIGNATURE_MISSING,) if fate is Fate.RETURNED else ()
        event = resolved(document(fate=fate, reasons=reasons))
        yield f"decision {fate}", compose_decision(event, OUR_HOUSE).data


def _letter(kind: Kind) -> bytes:
    worded = render(parse(source_of(kind.name)), kind.name, examples_of(kind.name))
    event = letter(
        kind=kind.kind,
        recipient_name="Håbo kommun",
        attention=("Kommundirektör", "It-chef") if kind.name is TemplateName.OFFER else (),
        subject_line=worded.subject,
        heading=worded.heading,
        text=worded.text,
        files=tuple(
            LetterFile(name=name, content_type="application/pdf", content="a" * 64)
            for name in FILES.get(kind.name, ())
        ),
        appointment=MEETING if kind.kind is LetterKind.INVITATION else None,
        unsubscribe="k" * 32 if kind.kind is LetterKind.NEWSLETTER else "",
    )
    return compose_letter(event, OUR_HOUSE, dated=NOON, read=lambda digest: PDF)
