"""What is told of a mail, besides its documents: whose it is, why to doubt it, what it answers.

A bounce tells of mails of ours that failed, a reply of the one that it answers, a wish to get no
more newsletters of whose they are.
"""

from collections.abc import Sequence

from services.intake.mail.cover import says_more
from services.intake.mail.parsed import Authenticity, MailParsed
from services.intake.mail.reply import reply_of
from services.intake.mail.triage import Sorted
from services.intake.take_apart import Unopened
from shared import outbox
from shared.events import (
    Correspondence,
    DeliveryFailed,
    Disposition,
    DocumentKind,
    DocumentReading,
    Event,
    MailArchived,
    MailRead,
    Reason,
    ReplyReceived,
    UnsubscribeAsked,
)


def left_unread(documents: Sequence[DocumentReading]) -> tuple[Reason, ...]:
    """What is not read may take back or contradict what is: a doubt about all of it."""
    left = any(Reason.READER_BUDGET in document.reasons for document in documents)
    return (Reason.READER_BUDGET,) if left else ()


def mail_reasons(
    mail: MailParsed, found: Sorted, documents: Sequence[DocumentReading]
) -> tuple[Reason, ...]:
    """Return every reason to doubt all that a mail says."""
    doubts = [*mail.reasons, *found.reasons, *left_unread(documents)]
    if mail.authenticity is Authenticity.NOT_AUTHENTIC:
        doubts.append(Reason.SENDER_NOT_AUTHENTIC)
    answers = [one for one in documents if one.kind is DocumentKind.ANSWER]
    said = {one.answer.text for one in answers if one.answer}
    if answers and says_more(mail.subject, mail.text, said, follows_others=bool(mail.references)):
        doubts.append(Reason.MAIL_SAYS_MORE)
    return tuple(dict.fromkeys(doubts))


def correspondence_of(
    event: MailArchived, mail: MailParsed, return_path: str | None
) -> Correspondence:
    """Return what the notifier needs to answer a mail, or to see that it must not."""
    return Correspondence(
        mailbox=event.mailbox,
        # A server that leaves out Return-Path leaves only the address in From to answer to.
        return_path=mail.from_address if return_path is None else return_path,
        from_address=mail.from_address,
        from_name=mail.from_name,
        subject=mail.subject,
        message_id=mail.message_id,
        references=mail.references,
        manners=mail.manners,
    )


def told_beside(
    event: MailArchived,
    mail: MailParsed,
    found: Sorted,
    own_addresses: frozenset[str],
    token: str,
) -> list[Event]:
    """Return the events that a mail causes beside its MailRead.

    `token` is that of the newsletter's recipient whom the mail wants to unsubscribe.
    """
    return [
        *_failures(event, mail, found),
        *_replies(event, mail, found, own_addresses),
        *_wishes(event, mail, found, token),
    ]


def _failures(event: MailArchived, mail: MailParsed, found: Sorted) -> list[Event]:
    """What a bounce says of mails of ours; a delay is not a failure."""
    if found.rule not in ("bounce", "informal_bounce") or mail.report is None:
        return []
    token = mail.report.token
    failed = [one for one in mail.report.statuses if one.action in ("failed", "")]
    return [
        DeliveryFailed(
            occurred_at=outbox.now(),
            mail_id=event.mail_id,
            token=token,
            recipient=one.recipient,
            status=one.status,
            diagnostic=one.diagnostic,
        )
        for one in failed
    ]


def _replies(
    event: MailArchived, mail: MailParsed, found: Sorted, own_addresses: frozenset[str]
) -> list[Event]:
    """What a mail is to the mail of ours that it answers."""
    reply = reply_of(mail, automatic=found.rule == "autoreply", own_addresses=own_addresses)
    if reply is None:
        return []
    return [
        ReplyReceived(
            occurred_at=outbox.now(),
            mail_id=event.mail_id,
            received_at=event.received_at,
            kind=reply.kind,
            sender=mail.from_address,
            token=reply.token,
            answers=reply.answers,
            suggested=reply.suggested,
        )
    ]


def _wishes(event: MailArchived, mail: MailParsed, found: Sorted, token: str) -> list[Event]:
    """That somebody wants no more newsletters."""
    if found.rule != "unsubscribe":
        return []
    return [
        UnsubscribeAsked(
            occurred_at=outbox.now(),
            mail_id=event.mail_id,
            received_at=event.received_at,
            token=token,
            sender=mail.from_address,
        )
    ]


def unread(event: MailArchived, unopened: Unopened) -> MailRead:
    """A mail that could not be taken apart: a person looks at the original."""
    if unopened.head is not None:
        about = correspondence_of(
            event,
            unopened.head,
            event.return_path if event.return_path is not None else unopened.head.return_path,
        )
    else:
        about = Correspondence(
            mailbox=event.mailbox, return_path=event.return_path or "", from_address=""
        )
    return MailRead(
        occurred_at=outbox.now(),
        mail_id=event.mail_id,
        digest=event.digest,
        role=event.role,
        received_at=event.received_at,
        correspondence=about,
        disposition=Disposition.REVIEW,
        disposition_reason="unreadable",
        mail_reasons=(unopened.reason,),
    )
