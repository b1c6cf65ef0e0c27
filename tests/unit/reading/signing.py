"""A certificate authority made anew for the tests, and PDFs signed with its certificates."""

import asyncio
import hashlib
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from asn1crypto import crl as asn1_crl
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter, append_signature_field
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko.sign.validation import DocumentSecurityStore
from pyhanko_certvalidator.registry import SimpleCertificateStore

NOW = datetime.now(UTC).replace(microsecond=0)
"""What is signed by a test is signed now: the signer's clock cannot be set."""

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Holder:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")

    @property
    def asn1(self) -> asn1_x509.Certificate:
        return asn1_x509.Certificate.load(self.certificate.public_bytes(serialization.Encoding.DER))

    @property
    def asn1_key(self) -> asn1_keys.PrivateKeyInfo:
        return asn1_keys.PrivateKeyInfo.load(
            self.key.private_bytes(
                serialization.Encoding.DER,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )


def issue(
    common_name: str,
    issuer: Holder | None = None,
    *,
    authority: bool = False,
    begins: datetime = NOW - 365 * DAY,
    ends: datetime = NOW + 365 * DAY,
    serial: str | None = None,
    purposes: Sequence[ObjectIdentifier] = (),
    usable: bool = True,
    rsa_bits: int | None = None,
) -> Holder:
    """Return a new certificate; without an issuer it is its own. `serial`: the subject's."""
    key = (
        ec.generate_private_key(ec.SECP256R1())
        if rsa_bits is None
        else rsa.generate_private_key(65537, rsa_bits)
    )
    names = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "SE"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Umeå kommun"),
        x509.NameAttribute(NameOID.COMMON_NAME, common_name),
    ]
    if serial is not None:
        names.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, serial))
    subject = x509.Name(names)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not authority and usable,
                content_commitment=not authority and usable,
                key_encipherment=not authority,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=authority,
                crl_sign=authority,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    )
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=True)
    signed_by = key if issuer is None else issuer.key
    return Holder(builder.sign(signed_by, hashes.SHA256()), key)


@cache
def root() -> Holder:
    return issue("Rot för tester", authority=True)


@cache
def intermediate() -> Holder:
    return issue("Utfärdare för tester", root(), authority=True)


@cache
def director() -> Holder:
    return issue("Åsa Öberg", intermediate(), serial="PNOSE-196801011234")


@cache
def chair() -> Holder:
    return issue("Björn Ålund", intermediate(), serial="PNOSE-197002024321")


@cache
def time_authority() -> Holder:
    return issue(
        "Tidsstämplar", root(), purposes=[ExtendedKeyUsageOID.TIME_STAMPING], rsa_bits=2048
    )


def sign(
    data: bytes,
    holder: Holder,
    *,
    field: str = "Signature1",
    box: tuple[float, float, float, float] | None = None,
    chain: Sequence[Holder] | None = None,
    stamped_at: datetime | None = None,
    **more: Any,
) -> bytes:
    """Return the PDF with a signature added in an update of its own.

    `box` is the field's place in points from the bottom left; without it nothing is shown.
    `chain` is embedded besides the signer's certificate; `stamped_at` adds a trusted time.
    """
    writer = IncrementalPdfFileWriter(io.BytesIO(data), strict=False)
    if box is not None:
        append_signature_field(writer, SigFieldSpec(field, on_page=0, box=box))
    signer = _signer(holder, chain or (intermediate(), root()))
    meta = signers.PdfSignatureMetadata(
        field_name=field, md_algorithm="sha256", **{"subfilter": SigSeedSubFilter.PADES, **more}
    )
    signed = io.BytesIO()
    signers.PdfSigner(meta, signer, timestamper=_timestamper(stamped_at)).sign_pdf(
        writer, output=signed
    )
    return signed.getvalue()


def updated(data: bytes, change: Callable[[IncrementalPdfFileWriter], None]) -> bytes:
    """Return the PDF with an update after its end; `change` makes it with pyHanko's writer."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data), strict=False)
    change(writer)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def _signer(holder: Holder, chain: Sequence[Holder]) -> signers.SimpleSigner:
    certificates = SimpleCertificateStore()
    certificates.register_multiple([one.asn1 for one in chain])
    return signers.SimpleSigner(
        signing_cert=holder.asn1, signing_key=holder.asn1_key, cert_registry=certificates
    )


def _timestamper(at: datetime | None) -> DummyTimeStamper | None:
    if at is None:
        return None
    authority = time_authority()
    certificates = SimpleCertificateStore()
    certificates.register(authority.asn1)
    return DummyTimeStamper(
        authority.asn1, authority.asn1_key, certs_to_embed=certificates, fixed_dt=at
    )


def with_revocations(data: bytes, *, revoked: Holder | None = None, at: datetime = NOW) -> bytes:
    """Return the signed PDF with its authorities' lists of revoked certificates added to it."""
    lists = [_revocations(root(), None, at), _revocations(intermediate(), revoked, at)]
    file = io.BytesIO(data)
    DocumentSecurityStore.add_dss(
        file,
        None,
        certs=[intermediate().asn1, root().asn1],
        crls=[asn1_crl.CertificateList.load(one) for one in lists],
    )
    return file.getvalue()


def _revocations(issuer: Holder, revoked: Holder | None, at: datetime) -> bytes:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(NOW - DAY / 2)
        .next_update(NOW + 30 * DAY)
    )
    if revoked is not None:
        entry = x509.RevokedCertificateBuilder(revoked.certificate.serial_number, at)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def time_stamped(data: bytes) -> bytes:
    """Return the PDF with a time stamp of its own, and no signature."""
    stamper = _timestamper(NOW)
    assert stamper is not None
    file = io.BytesIO()
    writer = IncrementalPdfFileWriter(io.BytesIO(data), strict=False)
    signers.PdfTimeStamper(stamper).timestamp_pdf(writer, "sha256", output=file)
    return file.getvalue()


def signed_in_part(
    data: bytes, holder: Holder, *, left_out: int = 0, gap_wider_by: int = 0
) -> bytes:
    """Return the PDF with a sound signature over a part of its bytes.

    `left_out` bytes at the end are not signed; nor are `gap_wider_by` after the signature itself.
    """
    whole = sign(data, holder)
    [stated] = re.findall(rb"/ByteRange \[([0-9 ]+)\]", whole)
    first, until, again, length = (int(number) for number in stated.split())
    ranges = (first, until, again + gap_wider_by, length - gap_wider_by - left_out)
    stated_anew = b" ".join(b"%d" % number for number in ranges).ljust(len(stated))
    whole = whole.replace(stated, stated_anew)
    digest = hashlib.sha256(whole[first:until] + whole[ranges[2] : ranges[2] + ranges[3]]).digest()
    made = asyncio.run(
        _signer(holder, (intermediate(), root())).async_sign(
            data_digest=digest, digest_algorithm="sha256", use_pades=True
        )
    ).dump()
    room = again - until - 2
    return whole[: until + 1] + made.hex().encode().ljust(room, b"0") + whole[again - 1 :]
