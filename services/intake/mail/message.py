"""From a mail's bytes to what it holds: headers, text, and every part with its fate.

Runs in the contained child: `tree` finds the leaves, `taking` says what becomes of each.
"""

from services.intake.mail import headers
from services.intake.mail.authenticity import authenticity
from services.intake.mail.bounce import report_of, token_of
from services.intake.mail.informal import informal_report
from services.intake.mail.parsed import FileParsed, MailParsed, MessageLimits
from services.intake.mail.taking import MOST_TEXT, Taken
from services.intake.mail.tree import UnreadableMail, message_of

__all__ = ["UnreadableMail", "parse", "parse_file"]


def parse(data: bytes, limits: MessageLimits) -> tuple[MailParsed, list[bytes]]:
    """Return what a mail holds, and the bytes of its documents. Raises UnreadableMail."""
    message = message_of(data)
    taken = Taken(limits)
    taken.take_mail(message)
    text = "\n\n".join(taken.texts)[:MOST_TEXT]
    from_address, from_name = headers.sender(message)
    ids = headers.message_ids(headers.value_of(message, "message-id"))
    quoted = (
        *headers.message_ids(headers.value_of(message, "references")),
        *headers.message_ids(headers.value_of(message, "in-reply-to")),
    )
    parsed = MailParsed(
        return_path=headers.return_path(message),
        from_address=from_address,
        from_name=from_name,
        subject=headers.decoded(headers.value_of(message, "subject") or "", 500),
        message_id=ids[0] if ids else "",
        references=tuple(dict.fromkeys(quoted)),
        manners=headers.manners(message),
        token=token_of(message),
        sent_to=headers.sent_to(message),
        text=text,
        parts=tuple(taken.parts),
        report=report_of(message) or informal_report(message, text),
        authenticity=authenticity(
            list(headers.all_values(message, "authentication-results")), limits.authserv_id
        ),
        reasons=tuple(taken.reasons),
    )
    return parsed, taken.documents


def parse_file(
    data: bytes, filename: str, content_type: str, limits: MessageLimits
) -> tuple[FileParsed, list[bytes]]:
    """Return what a file is and holds, as if it had come in a mail, and its documents' bytes."""
    taken = Taken(limits)
    taken.take_file(data, filename, content_type)
    return FileParsed(parts=tuple(taken.parts), reasons=tuple(taken.reasons)), taken.documents
