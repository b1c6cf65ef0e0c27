"""The signed code on our own form: whose form it is, and by what geometry it is read."""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from shared.errors import HandslagError
from shared.identifiers import InitiativeId, MunicipalityCode, OptionKey

FORM_VERSIONS = frozenset({1})
"""The versions of our own form that this program can read."""

_SCHEME = "H1"
_SIGNATURE_CHARS = 12
_OPTIONS_MARK_CHARS = 3
_BASE36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CODE = re.compile(
    r"(?P<signed>H(?P<scheme>[0-9])/(?P<initiative>[A-Z0-9-]{1,20})/(?P<municipality>[0-9]{4})"
    r"/(?P<version>[1-9A-Z])(?P<page>[1-9A-Z])(?P<options>[A-Z2-7]{3}))"
    r"/(?P<signature>[A-Z2-7]{12})"
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
    text = "/".join(
        (
            _SCHEME,
            code.initiative.upper(),
            code.municipality,
            _BASE36[code.version] + _BASE36[code.page] + code.options,
        )
    )
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
    if "H" + match["scheme"] != _SCHEME:
        raise UnknownFormVersion(f"code scheme {match['scheme']}")
    return match


def _parsed(match: re.Match[str]) -> FormCode:
    version = _BASE36.index(match["version"])
    if version not in FORM_VERSIONS:
        raise UnknownFormVersion(f"form version {version}")
    try:
        initiative = _INITIATIVE.validate_python(match["initiative"].lower())
    except ValueError as wrong:
        raise NotOurCode("not an initiative's name") from wrong
    return FormCode(
        initiative=initiative,
        municipality=match["municipality"],
        version=version,
        page=_BASE36.index(match["page"]),
        options=match["options"],
    )


def _signature(text: str, key: bytes) -> str:
    digest = hmac.new(key, text.encode("ascii"), hashlib.sha256).digest()
    return base64.b32encode(digest).decode("ascii")[:_SIGNATURE_CHARS]
