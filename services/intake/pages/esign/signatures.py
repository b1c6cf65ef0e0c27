"""Every electronic signature of a PDF and what it is worth, on the untouched bytes.

After ISO 32000-2 (12.8) and ETSI EN 319 142-1. What pyHanko leaves open is decided here: a
signature counts for what was seen when it was given, so nothing may be shown otherwise later.
"""

import io
import logging
import re
from typing import Any, Final

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESIndeterminate, AdESSubIndic
from pyhanko.sign.diff_analysis import (
    DEFAULT_DIFF_POLICY,
    ModificationLevel,
    SuspiciousModification,
)
from pyhanko.sign.fields import MDPPerm, enumerate_sig_fields
from pyhanko.sign.validation import SignatureCoverageLevel
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus

from services.intake.pages.esign.certificates import People, holder, said
from services.intake.pages.esign.validation import validated
from services.intake.pages.revision import shows_the_same
from services.intake.pages.trust import Trust
from shared.events import ElectronicSignature, SignatureFault

_MOST_SIGNATURES: Final = 20
_MOST_SIGNATURE_BYTES: Final = 1_000_000
_TOO_LONG: Final = re.compile(rb"<[0-9A-Fa-f\s]{%d}" % (2 * _MOST_SIGNATURE_BYTES + 1))
"""pyHanko reads such a text sign by sign: a second for each megabyte."""

_PURPOSES: Final = frozenset(
    {
        "any_extended_key_usage",
        "email_protection",
        "1.3.6.1.5.5.7.3.36",  # document signing, RFC 9336; the next two are its forerunners
        "microsoft_document_signing",
        "adobe_authentic_documents_trust",
    }
)
"""What a certificate may be restricted to, if it is: a web server's is good for no signature."""

_FAULTS: Final[dict[AdESSubIndic | None, SignatureFault]] = {
    AdESIndeterminate.NO_CERTIFICATE_CHAIN_FOUND: SignatureFault.UNTRUSTED,
    AdESIndeterminate.OUT_OF_BOUNDS_NO_POE: SignatureFault.EXPIRED,
    AdESIndeterminate.REVOKED_NO_POE: SignatureFault.REVOKED,
    AdESIndeterminate.REVOKED_CA_NO_POE: SignatureFault.REVOKED,
    AdESIndeterminate.CRYPTO_CONSTRAINTS_FAILURE: SignatureFault.WEAK,
    AdESIndeterminate.CRYPTO_CONSTRAINTS_FAILURE_NO_POE: SignatureFault.WEAK,
    AdESIndeterminate.CHAIN_CONSTRAINTS_FAILURE: SignatureFault.NOT_FOR_SIGNING,
}

_UNREADABLE: Final = ElectronicSignature(signatory=1, name="", fault=SignatureFault.UNREADABLE)
_HEXADECIMAL: Final = re.compile(rb"<[0-9A-Fa-f\s]*>")


def electronic_signatures(
    data: bytes, trust: Trust, at_least: int
) -> tuple[ElectronicSignature, ...]:
    """Return every signature of a PDF with its validation; time stamps of their own are left out.

    A file that cannot be taken apart, or has too many signatures, has one unreadable signature; so
    has one in which there should be more, `at_least` so many.
    """
    # pyHanko explains each signature that fails with a stack trace; the fault says it all.
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)
    if _TOO_LONG.search(data):
        return (_UNREADABLE,)
    try:
        # Not strict: scanners' files have small faults, and no page is read by this reader.
        reader = PdfFileReader(io.BytesIO(data), strict=False)
        if reader.xrefs.hybrid_xrefs_present:
            return (_UNREADABLE,)  # two tables of contents: programs differ in which they follow
        if reader.encrypted:
            reader.decrypt(b"")
        fields = list(enumerate_sig_fields(reader, filled_status=True))
        if len(fields) > _MOST_SIGNATURES:
            return (_UNREADABLE,)
        people = People()
        found = tuple(
            _examined(data, reader, field, name, trust, people)
            for name, value, field in fields
            if value.get_object().get("/Type", "/Sig") != "/DocTimeStamp"
        )
        return found if len(found) >= at_least else (*found, _UNREADABLE)
    except MemoryError:
        raise
    # What a damaged file leads the libraries to raise is anybody's guess.
    except Exception:
        return (_UNREADABLE,)


def _examined(
    data: bytes, reader: PdfFileReader, field: Any, name: str, trust: Trust, people: People
) -> ElectronicSignature:
    try:
        signature = EmbeddedPdfSignature(reader, field.get_object(), name)
        found = validated(signature, reader, trust)
        fault = _fault(data, signature, found.status)
        certificate = signature.signer_cert
        return ElectronicSignature(
            signatory=people.number(certificate),
            name=holder(certificate),
            organisation=said(certificate.subject, "organization_name"),
            issuer=said(certificate.issuer, "common_name")
            or said(certificate.issuer, "organization_name"),
            certificate=f"{certificate.serial_number:x}"[:64],
            signed_at=found.stamped_at or found.status.signer_reported_dt,
            timestamped=found.stamped_at is not None,
            revocation_known=found.revocation_known,
            covers_all=_covered_bytes(data, signature) == len(data),
            fault=fault,
        )
    except MemoryError:
        raise
    except Exception:
        return _UNREADABLE


def _fault(
    data: bytes, signature: EmbeddedPdfSignature, status: PdfSignatureStatus
) -> SignatureFault | None:
    stamp = status.timestamp_validity
    stamp_broken = stamp is not None and not (stamp.intact and stamp.valid)
    if not (status.intact and status.valid) or stamp_broken:
        return SignatureFault.ALTERED
    covered = _covered_bytes(data, signature)
    whole = (SignatureCoverageLevel.ENTIRE_REVISION, SignatureCoverageLevel.ENTIRE_FILE)
    if covered is None or status.coverage not in whole:
        return SignatureFault.PARTIAL
    if covered < len(data) and _changed_since(data, covered, signature):
        return SignatureFault.CHANGED_AFTERWARDS
    return _fault_of_certificate(status)


def _fault_of_certificate(status: PdfSignatureStatus) -> SignatureFault | None:
    certificate = status.signing_cert
    if status.trusted:
        purposes = certificate.extended_key_usage_value
        fit = purposes is None or bool(_PURPOSES.intersection(purposes.native))
        return None if fit and status.seed_value_ok else SignatureFault.NOT_FOR_SIGNING
    if certificate.self_issued:
        return SignatureFault.UNTRUSTED
    fault = _FAULTS.get(status.trust_problem_indic)
    begins, ends, moment = (
        certificate.not_valid_before,
        certificate.not_valid_after,
        status.validation_time,
    )
    if fault is None and moment is not None and not begins <= moment <= ends:
        return SignatureFault.EXPIRED
    return fault or SignatureFault.UNTRUSTED


def _covered_bytes(data: bytes, signature: EmbeddedPdfSignature) -> int | None:
    """Return how much of the file, from its start, is signed; None if anything is left out but
    the signature itself."""
    first, until, again, length = (int(number) for number in signature.byte_range)
    end = again + length
    contiguous = first == 0 and 0 < until < again <= end <= len(data)
    return end if contiguous and _HEXADECIMAL.fullmatch(data, until, again) else None


def _changed_since(data: bytes, covered: int, signature: EmbeddedPdfSignature) -> bool:
    """Whether anything but further signatures, and what proves them, was added to the file."""
    if not data[covered:].strip():
        return False
    if not shows_the_same(data[:covered], data):
        return True
    allowed = signature.docmdp_level or MDPPerm.FILL_FORMS
    fields = signature.reader.root["/AcroForm"]["/Fields"]
    if any("." in str(field.get_object().get("/T", "")) for field in fields):
        # The standard forbids such names and pyHanko compares no form that has them, as ours has.
        return allowed is MDPPerm.NO_CHANGES
    difference = signature.evaluate_modifications(DEFAULT_DIFF_POLICY)
    return (
        isinstance(difference, SuspiciousModification)
        or difference.modification_level is ModificationLevel.OTHER
        or difference.modification_level.value > allowed.value
    )
