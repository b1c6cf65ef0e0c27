"""The table of triage, row by row: what kind of mail it is."""

from typing import Any

import pytest

from services.intake.mail.parsed import Authenticity, MailParsed, PartFound, Report
from services.intake.mail.triage import Facts, Sorted, sort
from shared.events import Disposition, MailboxRole, PartFate, Reason

DOCUMENT = PartFound(
    index=0, filename="svar.pdf", content_type="application/pdf", size_bytes=1,
    digest="0" * 64, fate=PartFate.DOCUMENT,
)  # fmt: skip


def _skipped(reason: str) -> PartFound:
    return DOCUMENT.model_copy(update={"fate": PartFate.SKIPPED, "reason": reason})


def kind(
    *,
    text: str = "Hej, när är sista svarsdag?",
    subject: str = "En fråga",
    sender: str = "asa@habo.example",
    return_path: str | None = "asa@habo.example",
    document: bool = False,
    role: MailboxRole = MailboxRole.ANSWERS,
    junk: bool = False,
    report: Report | None = None,
    reasons: tuple[Reason, ...] = (),
    skipped: str = "",
    **manners: str,
) -> Sorted:
    mail = MailParsed(
        return_path=return_path,
        from_address=sender,
        from_name="",
        subject=subject,
        message_id="",
        references=(),
        manners={name.replace("_", "-"): value for name, value in manners.items()},
        text=text,
        parts=(DOCUMENT,) if document else (_skipped(skipped),) if skipped else (),
        report=report,
        authenticity=Authenticity.UNKNOWN,
        reasons=reasons,
    )
    return sort(Facts(mail, role, junk, return_path, frozenset({"registratur@skr.example"})))


def test_a_document_in_the_registry_s_mailbox_may_be_an_answer() -> None:
    assert kind(document=True) == Sorted(Disposition.ANSWERS, "answer_candidate")


def test_a_document_in_the_needs_mailbox_is_a_need() -> None:
    assert kind(document=True, role=MailboxRole.NEEDS) == Sorted(Disposition.NEED, "need")


def test_words_without_a_document_are_a_question() -> None:
    assert kind() == Sorted(Disposition.QUESTION, "question", (Reason.QUESTION,))
    assert kind(role=MailboxRole.NEEDS).disposition is Disposition.QUESTION


@pytest.mark.parametrize(
    "text", ["Bifogat finner ni kommunens svar.", "Se bilaga.", "Här är svarsformuläret."]
)
def test_a_promised_attachment_that_is_missing_is_for_a_person(text: str) -> None:
    assert kind(text=text) == Sorted(
        Disposition.REVIEW, "attachment_forgotten", (Reason.NO_ATTACHMENT,)
    )


def test_an_empty_mail_is_for_a_person() -> None:
    assert kind(text=" \n", subject="").rule == "empty"


def test_a_bounce_is_set_aside_even_with_an_attachment() -> None:
    report = Report(kind="delivery-status")
    assert kind(report=report, document=True, return_path="").rule == "bounce"


def test_read_receipts_and_bounces_without_form_are_set_aside() -> None:
    assert kind(report=Report(kind="disposition-notification")).rule == "report"
    assert kind(sender="MAILER-DAEMON@habo.example").rule == "informal_bounce"
    assert kind(x_failed_recipients="x@y.se").rule == "informal_bounce"


@pytest.mark.parametrize(
    "manners",
    [
        {"auto_submitted": "auto-replied"},
        {"auto_submitted": "auto-generated (by a machine)"},
        {"x_autoreply": "yes"},
        {"precedence": "auto_reply"},
    ],
)
def test_an_answering_machine_is_set_aside(manners: dict[str, str]) -> None:
    assert kind(text="", subject="", **manners).rule == "autoreply"


@pytest.mark.parametrize("subject", ["Autosvar: Svar", "Automatiskt svar: x", "Frånvaro: x"])
def test_an_autoreply_that_says_so_only_in_its_subject_is_set_aside(subject: str) -> None:
    assert kind(subject=subject).rule == "autoreply"


def test_a_person_who_says_no_to_auto_submitted_is_a_person() -> None:
    assert kind(auto_submitted="no").disposition is Disposition.QUESTION


def test_lists_own_mail_empty_senders_and_junk_are_set_aside() -> None:
    assert kind(list_id="<nyheter.example>").rule == "list_or_bulk"
    assert kind(precedence="bulk").rule == "list_or_bulk"
    assert kind(sender="registratur@skr.example").rule == "own_mail"
    assert kind(x_handslag_loop="1").rule == "own_mail"
    assert kind(return_path="").rule == "no_sender"
    assert kind(junk=True).rule == "junk"


@pytest.mark.parametrize(
    "facts",
    [
        {"auto_submitted": "auto-generated"},
        {"precedence": "bulk"},
        {"sender": "registratur@skr.example"},
        {"return_path": ""},
        {"junk": True},
        {"subject": "Autosvar"},
    ],
)
def test_a_document_outweighs_every_sign_of_a_machine(facts: dict[str, str]) -> None:
    assert kind(document=True, **facts).disposition is Disposition.ANSWERS  # type: ignore[arg-type]


def test_a_mail_server_that_tells_no_return_path_is_no_bounce() -> None:
    assert kind(return_path=None).disposition is Disposition.QUESTION


@pytest.mark.parametrize(
    "looks",
    [
        {"junk": True},
        {"auto_submitted": "auto-generated"},
        {"list_id": "<x>"},
        {"return_path": ""},
        {"sender": "mailer-daemon@habo.example"},
        {"sender": "registratur@skr.example"},
        {},
    ],
)
@pytest.mark.parametrize(
    "unseen",
    [
        {"reasons": (Reason.TOO_MANY_PARTS,)},
        {"reasons": (Reason.UNREADABLE_MAIL,)},
        {"skipped": "too_many_parts"},
        {"skipped": "too_deep"},
    ],
)
def test_what_was_not_all_looked_at_is_for_a_person_and_never_set_aside(
    looks: dict[str, Any], unseen: dict[str, Any]
) -> None:
    assert kind(**looks, **unseen) == Sorted(Disposition.REVIEW, "not_all_looked_at")


def test_a_bounce_with_parts_unseen_is_still_a_bounce_and_a_document_still_an_answer() -> None:
    reasons = (Reason.UNREADABLE_MAIL,)
    assert kind(report=Report(kind="delivery-status"), reasons=reasons).rule == "bounce"
    assert kind(document=True, junk=True, reasons=reasons).rule == "answer_candidate"
