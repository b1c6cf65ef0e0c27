"""From a letter to the exact bytes of a mail. Pure: the same event and wording, the same bytes."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

from services.notifier.gate import LOOP_HEADER, may_be_addressed
from services.notifier.headers import mailbox_value, writing_policy
from services.notifier.settings import NotifierSettings
from shared.events import Correspondence, DocumentResolved, MailRegistered
from shared.letters.decision import KINDS, decision
from shared.letters.letter import Letter, as_html, as_text
from shared.letters.plain import SWEDEN
from shared.letters.receipt import KIND, receipt
from shared.letters.wordings import Wordings

MAX_REFERENCES: Final = 20
# An identifier as others write it: printable ASCII in angle brackets (RFC 5322, 3.6.4, leniently).
_IDENTIFIER = re.compile(r"<[!-;=?-~]{3,250}>")


@dataclass(frozen=True)
class Mail:
    """One mail, composed."""

    subject: str
    data: bytes


TOKEN_BYTES: Final = 10
"""Of the token in the envelope sender, which a bounce comes back to."""


@dataclass(frozen=True)
class House:
    """Who we are, to those who get mail from us."""

    address: str
    name: str
    own_addresses: frozenset[str]
    """In lower case."""
    names: dict[str, str]
    """Mailbox in lower case → the name shown, where it is not `name`."""
    organisation: str
    """Whose office it is: the one that has received the mail."""
    message_id_domain: str
    bounce_address: str | None
    unsubscribe_url: str | None = None
    unsubscribe_address: str | None = None

    @classmethod
    def from_settings(cls, settings: NotifierSettings) -> "House":
        section = settings.notifier
        own = {address.lower() for address in section.own_addresses}
        return cls(
            address=section.sender_address,
            name=section.sender_name,
            own_addresses=frozenset(own | {section.sender_address.lower()}),
            names={key.lower(): name for key, name in section.mailbox_names.items()},
            organisation=settings.organisation,
            message_id_domain=section.message_id_domain
            or section.sender_address.rpartition("@")[2],
            bounce_address=section.bounce_address,
            unsubscribe_url=section.unsubscribe_url,
            unsubscribe_address=section.unsubscribe_address,
        )

    def sender_for(self, mailbox: str) -> str:
        """The address to answer from: the mailbox that was written to, where it is ours."""
        domain = self.address.lower().rpartition("@")[2]
        ours = mailbox.lower() in self.own_addresses or mailbox.lower().endswith("@" + domain)
        return mailbox if ours and may_be_addressed(mailbox) else self.address

    def name_of(self, sender: str) -> str:
        """The name shown beside a sender's address."""
        return self.names.get(sender.lower(), self.name)

    def envelope_sender(self, sender: str, token: str) -> str:
        """Where this one mail's bounce goes."""
        if self.bounce_address:
            return self.bounce_address.replace("{token}", token)
        local, _, domain = sender.rpartition("@")
        return f"{local}+{token}@{domain}"

    def can_unsubscribe(self, token: str) -> bool:
        """Tell whether a newsletter with this token says how one gets rid of it."""
        return bool(token and (self.unsubscribe_url or self.unsubscribe_address))

    def unsubscribe_url_for(self, token: str) -> str:
        """Where one unsubscribes with a click; empty if that cannot be done."""
        return (self.unsubscribe_url or "").replace("{token}", token)

    def unsubscribe_address_for(self, token: str) -> str:
        """Where one unsubscribes by mail; empty if that cannot be done."""
        return (self.unsubscribe_address or "").replace("{token}", token)

    def message_id(self, kind: str, about: str) -> str:
        """The Message-ID of the mail of this kind about this mail or decision: always the same."""
        return f"<{kind}.{about}@{self.message_id_domain}>"


def compose_receipt(event: MailRegistered, house: House, wordings: Wordings | None = None) -> Mail:
    """Compose the receipt for a mail whose return path the gate has found safe."""
    sender = house.sender_for(event.correspondence.mailbox)
    letter = receipt(
        event,
        send_to=sender,
        signed_by=house.name_of(sender),
        organisation=house.organisation,
        wordings=wordings,
    )
    message_id = house.message_id(KIND, event.mail_id)
    return _mail(letter, message_id, event.registered_at, event.correspondence, house)


def compose_decision(
    event: DocumentResolved, house: House, wordings: Wordings | None = None
) -> Mail:
    """Compose the mail that tells a sender of a decision, under the same condition.

    Its fate is one that senders are told of.
    """
    sender = house.sender_for(event.correspondence.mailbox)
    letter = decision(
        event,
        send_to=sender,
        signed_by=house.name_of(sender),
        organisation=house.organisation,
        wordings=wordings,
    )
    message_id = house.message_id(KINDS[event.document.fate], event.resolution.hex)
    return _mail(letter, message_id, event.send_after, event.correspondence, house)


def _mail(
    letter: Letter, message_id: str, dated: datetime, answered: Correspondence, house: House
) -> Mail:
    """`dated` is of the event, not of the clock, so that composing it again gives the same."""
    sender = house.sender_for(answered.mailbox)
    mail = EmailMessage(policy=writing_policy())
    mail["From"] = mailbox_value(house.name_of(sender), sender)
    mail["To"] = mailbox_value("", answered.return_path)
    mail["Subject"] = letter.subject
    mail["Date"] = format_datetime(dated.astimezone(SWEDEN))
    mail["Message-ID"] = message_id
    for name, identifiers in thread_of(answered).items():
        mail[name] = identifiers
    mail["Auto-Submitted"] = "auto-replied"
    mail["X-Auto-Response-Suppress"] = "DR, OOF, AutoReply"
    mail[LOOP_HEADER] = sender
    mail.set_content(as_text(letter), cte="quoted-printable")
    mail.add_alternative(as_html(letter), subtype="html", cte="quoted-printable")
    mail["Content-Language"] = "sv"
    mail.set_boundary(f"=_{hashlib.sha256(message_id.encode()).hexdigest()[:32]}")
    return Mail(letter.subject, mail.as_bytes())


def thread_of(answered: Correspondence) -> dict[str, str]:
    """In-Reply-To and References (RFC 5322, 3.6.4), of those identifiers that are well formed."""
    parent = _IDENTIFIER.fullmatch(answered.message_id.strip())
    if parent is None:
        return {}
    earlier = [
        reference
        for reference in answered.references
        if _IDENTIFIER.fullmatch(reference) and reference != parent[0]
    ]
    if len(earlier) > MAX_REFERENCES:
        earlier = [earlier[0], *earlier[1 - MAX_REFERENCES :]]
    return {"In-Reply-To": parent[0], "References": " ".join([*earlier, parent[0]])}
