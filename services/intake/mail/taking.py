"""Every part of a mail with its fate, and what the files hold that hold other files.

Each file inside another is a part of its own, named after the way to it ("svar.zip/skan.pdf"). A
container that was opened to its last file is skipped, with the reason `opened`; of which a file
could not be taken out, it stands for a document itself, with the fault.
"""

import hashlib
from email.message import Message
from pathlib import PurePosixPath
from typing import Final

from services.intake.containers.member import Budget, ContainerFault, Member
from services.intake.containers.opening import CONTAINERS, PAGES_AND_FILES
from services.intake.mail import headers, magic
from services.intake.mail.names import file_name, name_within
from services.intake.mail.parsed import MOST_LISTED, MessageLimits, PartFound
from services.intake.mail.parts import Leaf, fate_of
from services.intake.mail.tree import (
    Place,
    UnreadableMail,
    bytes_of,
    leaves,
    message_of,
    shown_ids,
    text_of,
)
from services.intake.mail.words import without_markup
from shared.events import PartFate, Reason

MOST_TEXT: Final = 20_000
_ENDINGS: Final = {
    "application/pdf": ".pdf",
    "image/tiff": ".tif",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/heic": ".heic",
    "application/zip": ".zip",
    "application/vnd.ms-outlook": ".msg",
    "application/ms-tnef": ".dat",
}
_WORDS: Final = {".txt": "text/plain", ".html": "text/html", ".htm": "text/html"}
_WHY_NOT: Final = {
    Reason.TOO_LARGE: "too_large",
    Reason.LOCKED_FILE: "locked",
    Reason.UNSUPPORTED_FORMAT: "unsupported",
}
"""What a file is skipped for that could not be taken out; else it is `damaged`."""


class Taken:
    """The parts of one mail, gathered in their order, with the bytes of those to be read."""

    def __init__(self, limits: MessageLimits) -> None:
        self.parts: list[PartFound] = []
        self.texts: list[str] = []
        self.reasons: list[Reason] = []
        self._limits = limits
        self._budget = Budget(bytes_=limits.unpacked_bytes, ratio=limits.unpack_ratio)
        self._documents: dict[int, bytes] = {}
        self._digests: set[str] = set()

    @property
    def documents(self) -> list[bytes]:
        """The bytes of the parts that are documents, in the order of the parts."""
        return [self._documents[index] for index in sorted(self._documents)]

    def take_mail(self, message: Message, depth: int = 0, prefix: str = "") -> None:
        """Take the leaves of a mail. Raises UnreadableMail."""
        places = list(leaves(message, self._limits.depth, depth))
        shown = shown_ids(places)
        for place in places:
            self._take_place(place, shown, prefix, whole_mail=place.part is message)

    def take_file(self, data: bytes, filename: str, content_type: str) -> None:
        """Take a file that came without a mail."""
        leaf = self._leaf(data, content_type, filename)
        self._settle(data, leaf, (PartFate.DOCUMENT, ""), 0)

    def _take_place(self, place: Place, shown: set[str], prefix: str, *, whole_mail: bool) -> None:
        part = place.part
        claimed = headers.printable(part.get_content_type(), 100)
        filename = file_name(part, prefix)
        of_machine = part.get_content_type() == "message/delivery-status"
        if place.damaged or place.too_deep:
            self._doubt(Reason.UNREADABLE_MAIL)
        if self._is_full():
            self._skip(filename, claimed, "too_many_parts")
            return
        if part.is_multipart() and not place.in_report and not of_machine:
            self._skip(filename, claimed, "too_deep")
            return
        if claimed.startswith("multipart/"):
            # A multipart whose boundary is lost: its parts cannot be told apart.
            self._doubt(Reason.UNREADABLE_MAIL)
        data = bytes_of(part)
        content_id = headers.printable(headers.value_of(part, "content-id") or "", 300)
        leaf = self._leaf(
            data,
            claimed,
            filename,
            attached=part.get_content_disposition() == "attachment",
            referenced=content_id.strip("<>") in shown,
            has_plain_sibling=place.has_plain_sibling,
            in_report=place.in_report,
            own_name=headers.decoded(part.get_filename() or "", 200),
            whole_mail=whole_mail,
        )
        fate = fate_of(leaf)
        if fate[0] is PartFate.TEXT:
            self._hear(text_of(part), claimed)
        self._settle(data, leaf, fate, place.depth)

    def _take_member(self, member: Member, depth: int, prefix: str) -> None:
        filename = name_within(prefix, member.name)
        ending = PurePosixPath(filename.lower()).suffix
        claimed = _WORDS.get(ending, member.claimed_type)
        if self._is_full():
            self._skip(filename, claimed, "too_many_parts")
            return
        try:
            data = member.read()
        except ContainerFault as fault:
            self._skip(filename, claimed, _WHY_NOT.get(fault.reason, "damaged"))
            raise
        if ending == ".eml" and depth < self._limits.depth:
            self._take_saved_mail(data, depth + 1, f"{filename}/")
            return
        own_name = PurePosixPath(member.name.replace("\\", "/")).name
        leaf = self._leaf(
            data,
            claimed,
            filename,
            path=member.name,
            referenced=member.in_text,
            own_name=own_name,
        )
        fate = fate_of(leaf)
        if fate[0] is PartFate.TEXT:
            self._hear(headers.text_of(data, member.charset).replace("\r\n", "\n"), claimed)
        self._settle(data, leaf, fate, depth)

    def _take_saved_mail(self, data: bytes, depth: int, prefix: str) -> None:
        try:
            message = message_of(data)
            if not message.keys():
                self._doubt(Reason.UNREADABLE_MAIL)
            self.take_mail(message, depth, prefix)
        except UnreadableMail:
            self._doubt(Reason.UNREADABLE_MAIL)

    def _leaf(
        self,
        data: bytes,
        claimed: str,
        filename: str,
        *,
        path: str = "",
        attached: bool = True,
        referenced: bool = False,
        has_plain_sibling: bool = False,
        in_report: bool = False,
        own_name: str = "",
        whole_mail: bool = False,
    ) -> Leaf:
        return Leaf(
            claimed_type=claimed,
            shown_type=magic.content_type(data),
            filename=filename,
            size_bytes=len(data),
            attached=attached,
            referenced=referenced,
            picture_px=magic.picture_size(data),
            has_plain_sibling=has_plain_sibling,
            in_report=in_report,
            same_as_earlier=hashlib.sha256(data).hexdigest() in self._digests,
            path_in_container=path,
            own_name=own_name,
            whole_mail=whole_mail,
        )

    def _settle(self, data: bytes, leaf: Leaf, fate: tuple[PartFate, str], depth: int) -> None:
        """List the part, and open it if it holds others."""
        index = len(self.parts)
        what, reason = fate
        filename = leaf.filename
        if what is PartFate.DOCUMENT:
            filename = filename or f"bilaga-{index + 1}{_ENDINGS.get(leaf.content_type, '')}"
        part = PartFound(
            index=index,
            filename=filename,
            content_type=leaf.content_type,
            size_bytes=leaf.size_bytes,
            digest=hashlib.sha256(data).hexdigest(),
            fate=what,
            reason=reason,
        )
        self.parts.append(part)
        if what is not PartFate.DOCUMENT:
            return
        assert part.digest is not None
        self._digests.add(part.digest)
        # A zip that calls itself a Word file: its own reader says what is wrong with it.
        is_zip = leaf.content_type == "application/zip"
        broken_word = is_zip and leaf.filename.lower().endswith(".docx")
        if self._limits.unpack and leaf.content_type in CONTAINERS and not broken_word:
            self._open(part, data, depth)
            return
        self._documents[index] = data
        if self._limits.unpack and leaf.content_type in PAGES_AND_FILES:
            for fault in self._members_of(part, data, depth):
                self._doubt(fault)

    def _open(self, part: PartFound, data: bytes, depth: int) -> None:
        faults = self._members_of(part, data, depth)
        if not faults and len(self.parts) == part.index + 1:
            faults = [Reason.EMPTY_FILE]
        if not faults:
            opened = part.model_copy(update={"fate": PartFate.SKIPPED, "reason": "opened"})
            self.parts[part.index] = opened
            return
        # Of several faults the sender mends one at a time.
        self.parts[part.index] = part.model_copy(update={"fault": faults[0]})
        self._documents[part.index] = data

    def _members_of(self, part: PartFound, data: bytes, depth: int) -> list[Reason]:
        """Take the files in a file; returns why some could not be taken out."""
        opener = {**CONTAINERS, **PAGES_AND_FILES}[part.content_type]
        faults: list[Reason] = []
        try:
            for member in opener(data, self._budget):
                if depth >= self._limits.depth:
                    return [Reason.TOO_LARGE]
                if len(self.parts) >= MOST_LISTED:
                    self._doubt(Reason.TOO_MANY_PARTS)
                    break
                try:
                    self._take_member(member, depth + 1, f"{part.filename}/")
                except ContainerFault as fault:
                    faults.append(fault.reason)
        except ContainerFault as fault:
            faults.append(fault.reason)
        return faults

    def _hear(self, text: str, claimed: str) -> None:
        words = without_markup(text) if claimed == "text/html" else text
        self.texts.append(headers.printable_text(words, MOST_TEXT))

    def _is_full(self) -> bool:
        """Whether no more parts are looked at; those up to another number are listed."""
        if len(self.parts) < min(self._limits.parts, MOST_LISTED):
            return False
        self._doubt(Reason.TOO_MANY_PARTS)
        return True

    def _skip(self, filename: str, claimed: str, reason: str) -> None:
        if len(self.parts) < MOST_LISTED:
            self.parts.append(
                PartFound(
                    index=len(self.parts),
                    filename=filename,
                    content_type=claimed,
                    size_bytes=0,
                    digest=None,
                    fate=PartFate.SKIPPED,
                    reason=reason,
                )
            )

    def _doubt(self, reason: Reason) -> None:
        if reason not in self.reasons:
            self.reasons.append(reason)
