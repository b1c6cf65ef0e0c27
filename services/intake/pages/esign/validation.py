"""One signature, validated by pyHanko against the trusted roots, without any network.

Whether a certificate was revoked is known only where the file itself tells. pyHanko's coroutines
wait for nothing then: they are run without an event loop, which would need a socket that the
contained child is denied.
"""

from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from asn1crypto import crl, ocsp, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import find_cms_attribute_iter
from pyhanko.sign.validation import DocumentSecurityStore
from pyhanko.sign.validation.errors import ValidationInfoReadingError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature, async_validate_pdf_signature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext

from services.intake.pages.esign.certificates import certificate_of
from services.intake.pages.trust import Trust

_CLOCK_TOLERANCE: Final = timedelta(minutes=5)
_USES: Final = KeyUsageConstraints(key_usage={"non_repudiation", "digital_signature"})


@dataclass(frozen=True)
class Validated:
    """pyHanko's findings about one signature.

    `stamped_at` is set where a trusted authority says when it was made; `revocation_known` where
    the file carries word, of every certificate in the chain, that it was not revoked.
    """

    status: PdfSignatureStatus
    stamped_at: datetime | None
    revocation_known: bool


@dataclass(frozen=True)
class _Carried:
    """What a file carries for its own validation."""

    certificates: list[x509.Certificate] = field(default_factory=list)
    crls: list[crl.CertificateList] = field(default_factory=list)
    ocsps: list[ocsp.OCSPResponse] = field(default_factory=list)


def validated(signature: EmbeddedPdfSignature, reader: PdfFileReader, trust: Trust) -> Validated:
    """Validate a signature. Later changes to the file are not looked at.

    A certificate that has ended since is good if a trusted stamp says that it was used before.
    Raises what pyHanko and asn1crypto raise for signatures that are no signatures.
    """
    carried = _carried(signature, reader)
    moment = trust.at
    status = _status(signature, carried, trust, moment)
    stamped_at = _stamped_at(status, trust)
    if stamped_at and not status.trusted and not status.revoked:
        moment = stamped_at
        status = _status(signature, carried, trust, moment)
    if not (status.trusted and (carried.crls or carried.ocsps)):
        return Validated(status, stamped_at, revocation_known=False)
    # Otherwise lists are looked at for certificates only that name a place to fetch them from.
    strict = _status(signature, carried, trust, moment, revocation="require")
    return Validated(strict if strict.revoked else status, stamped_at, strict.trusted)


def _stamped_at(status: PdfSignatureStatus, trust: Trust) -> datetime | None:
    stamp = status.timestamp_validity
    if stamp is None or not stamp.trusted or stamp.timestamp > trust.at + _CLOCK_TOLERANCE:
        return None
    return stamp.timestamp


def _status(
    signature: EmbeddedPdfSignature,
    carried: _Carried,
    trust: Trust,
    moment: datetime,
    *,
    revocation: str = "soft-fail",
) -> PdfSignatureStatus:
    def context(at: datetime) -> ValidationContext:
        return ValidationContext(
            trust_roots=[certificate_of(root) for root in trust.roots],
            other_certs=carried.certificates,
            crls=carried.crls,
            ocsps=carried.ocsps,
            moment=at,
            allow_fetching=False,
            revocation_mode=revocation,
        )

    return _finished(
        async_validate_pdf_signature(
            signature,
            signer_validation_context=context(moment),
            ts_validation_context=context(trust.at),
            key_usage_settings=_USES,
            skip_diff=True,
        )
    )


def _carried(signature: EmbeddedPdfSignature, reader: PdfFileReader) -> _Carried:
    carried = _Carried()
    for archive in find_cms_attribute_iter(
        signature.signer_info["signed_attrs"], "adobe_revocation_info_archival"
    ):
        carried.crls.extend(archive["crl"])
        carried.ocsps.extend(archive["ocsp"])
    with suppress(ValidationInfoReadingError):
        store = DocumentSecurityStore.read_dss(reader)
        known = store.as_validation_context({"trust_roots": [], "allow_fetching": False})
        carried.certificates.extend(store.load_certs())
        carried.crls.extend(known.crls)
        carried.ocsps.extend(known.ocsps)
    return carried


def _finished(coroutine: Coroutine[Any, Any, PdfSignatureStatus]) -> PdfSignatureStatus:
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: PdfSignatureStatus = end.value
        return result
    raise RuntimeError("validation waits for something, and there is nothing to wait for")
