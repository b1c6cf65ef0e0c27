"""The signed code on our own form: whose form it is, and by what geometry it is read."""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from shared.errors import HandslagError
from shared.identifiers import InitiativeId, MunicipalityCode, OptionKey

FORM_VERSIONS = frozenset({1, 2})
"""The versions of our own form that this program can read."""

MAX_SIGNATORIES = 2
"""More signature boxes than this do not fit below the most options."""

_SCHEMES = {1: "1"}
"""How the code of a version is written; later versions also say how many are to sign."""
_LATER_SCHEME = "2"
_SIGNATURE_CHARS = 12
_OPTIONS_MARK_CHARS = 3
_BASE36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CODE = re.compile(
    r"(?P<signed>H(?P<scheme>[0-9])/(?P<initiative>[A-Z0-9-]{1,20})/(?P<municipality>[0-9]{4})"
    r"(?P<slash>/?)(?P<version>[1-9A-Z])(?P<page>[1-9A-Z])(?P<signatories>[1-9]?)"
    r"(?P<options>[A-Z2-7]{3}))/(?P<signature>[A-Z2-7]{12})"
)
_INITIATIVE: TypeAdapter[str] = TypeAdapter(InitiativeId)


class NotOurCode(HandslagError):
    """The text is not a code of ours at all: a ticket, a link, some other paper's code."""

    code = "not_our_code"


class ForgedCode(HandslagError):
    """The text has the shape of our code but was not signed with our key."""

    code = "code_forged"
    remedy = "Ask the municipality for the form that was sent to it."


class UnknownFormVersion(HandslagError):
    """A form, or a code, of a version that this program does not know."""

    code = "unknown_form_version"
    remedy = "Read the form by eye, or upgrade the program."


class FormCode(BaseModel):
    """What a code on a form says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    initiative: InitiativeId
    municipality: MunicipalityCode
    version: int = Field(ge=1, le=35)
    page: int = Field(ge=1, le=35)
    signatories: int = Field(default=1, ge=1, le=9, description="how many are to sign")
    options: str = Field(pattern=r"^[A-Z2-7]{3}$", description="`options_mark` of what is printed")


def options_mark(options: Sequence[OptionKey]) -> str:
    """Return a short mark of a form's options in the order printed: 15 bits, in base 32.

    A box is known by its place alone, so a form must not be read with the options of another day.
    """
    digest = hashlib.sha256("/".join(options).encode("ascii")).digest()
    return base64.b32encode(digest).decode("ascii")[:_OPTIONS_MARK_CHARS]


def sign(code: FormCode, key: bytes) -> str:
    """Return the text to print: at most 47 characters of QR's alphanumeric set.

    That is what a QR code of version 3 and level Q holds. The signature is the first 60 bits of
    HMAC-SHA256, in base 32.
    """
    scheme = _scheme_of(code.version)
    place = _BASE36[code.version] + _BASE36[code.page]
    if scheme == _LATER_SCHEME:
        # No room for one more slash beside the longest initiative.
        last = f"{code.municipality}{place}{code.signatories}{code.options}"
    elif code.signatories == 1:
        last = f"{code.municipality}/{place}{code.options}"
    else:
        raise UnknownFormVersion(f"form version {code.version} for several signatories")
    text = f"H{scheme}/{code.initiative.upper()}/{last}"
    return f"{text}/{_signature(text, key)}"


def parse(text: str) -> FormCode:
    """Return what a code claims, unproven. Raises NotOurCode, UnknownFormVersion.

    Enough to choose the geometry to measure by; nothing may be recorded before `verify`.
    """
    return _parsed(_match(text))


def verify(text: str, key: bytes) -> FormCode:
    """Return what a code says, if we signed it.

    Raises NotOurCode, ForgedCode, UnknownFormVersion.
    """
    match = _match(text)
    if not hmac.compare_digest(_signature(match["signed"], key), match["signature"]):
        raise ForgedCode(f"the code of {match['initiative']}/{match['municipality']} is not ours")
    return _parsed(match)


def _match(text: str) -> re.Match[str]:
    match = _CODE.fullmatch(text)
    if match is None:
        raise NotOurCode("not a code of an answer form")
    if match["scheme"] not in (*_SCHEMES.values(), _LATER_SCHEME):
        raise UnknownFormVersion(f"code scheme {match['scheme']}")
    later = match["scheme"] == _LATER_SCHEME
    if (not match["slash"], bool(match["signatories"])) != (later, later):
        raise NotOurCode("not a code of an answer form")
    return match


def _scheme_of(version: int) -> str:
    return _SCHEMES.get(version, _LATER_SCHEME)


def _parsed(match: re.Match[str]) -> FormCode:
    version = _BASE36.index(match["version"])
    if version not in FORM_VERSIONS or match["scheme"] != _scheme_of(version):
        raise UnknownFormVersion(f"form version {version}")
    signatories = int(match["signatories"] or 1)
    if signatories > MAX_SIGNATORIES:
        raise UnknownFormVersion(f"a form for {signatories} signatories")
    try:
        initiative = _INITIATIVE.validate_python(match["initiative"].lower())
    except ValueError as wrong:
        raise NotOurCode("not an initiative's name") from wrong
    return FormCode(
        initiative=initiative,
        municipality=match["municipality"],
        version=version,
        page=_BASE36.index(match["page"]),
        signatories=signatories,
        options=match["options"],
    )


def _signature(text: str, key: bytes) -> str:
    digest = hmac.new(key, text.encode("ascii"), hashlib.sha256).digest()
    return base64.b32encode(digest).decode("ascii")[:_SIGNATURE_CHARS]
