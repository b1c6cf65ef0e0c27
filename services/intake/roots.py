"""The certificates whose electronic signatures are trusted, from the setting ESIGN_ROOTS."""

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from shared.errors import WrongSetting

SETTING = "HANDSLAG_INTAKE__ESIGN_ROOTS"
_SUFFIXES = frozenset({".pem", ".crt", ".cer"})
_REMEDY = (
    "Name a file with certificates in PEM, or a folder of such files (.pem, .crt, .cer); "
    "leave it out to trust no electronic signature."
)


def trusted_roots(place: Path | None) -> tuple[str, ...]:
    """Return the certificates of a file, or of a folder's files, each as a PEM text.

    None: nobody is trusted. Raises WrongSetting, naming the setting and the file.
    """
    if place is None:
        return ()
    try:
        files = sorted(_files(place.expanduser()))
        found = [root for file in files for root in _certificates(file)]
    except OSError as error:
        raise WrongSetting(
            f"{SETTING}: {place} cannot be read: {error.strerror}", remedy=_REMEDY
        ) from error
    if not found:
        raise WrongSetting(f"{SETTING}: there is no certificate in {place}", remedy=_REMEDY)
    return tuple(dict.fromkeys(found))


def _files(place: Path) -> list[Path]:
    if not place.is_dir():
        return [place]
    return [file for file in place.iterdir() if file.suffix.lower() in _SUFFIXES]


def _certificates(file: Path) -> list[str]:
    try:
        certificates = x509.load_pem_x509_certificates(file.read_bytes())
    except ValueError as error:
        raise WrongSetting(
            f"{SETTING}: {file} holds no certificate in PEM", remedy=_REMEDY
        ) from error
    return [one.public_bytes(Encoding.PEM).decode("ascii") for one in certificates]
