"""What a certificate says of its holder, as far as it may be kept."""

import re

from asn1crypto import pem, x509

MOST_NAME = 200

_IDENTITY_NUMBER = re.compile(r"(?:19|20)?\d{2}(?:0\d|1[0-2])(?:[0-3]\d|[6-9]\d)[-+ ]?\d{4}")


class People:
    """Numbers the signatories: the same identity number, name or key is the same person."""

    def __init__(self) -> None:
        self._seen: list[set[bytes]] = []

    def number(self, certificate: x509.Certificate) -> int:
        """Return the signatory's number, from 1."""
        identity = certificate.subject.native.get("serial_number")
        traits = {certificate.subject.dump(), certificate.public_key.dump()}
        if identity:
            traits.add(str(identity).encode())
        for number, seen in enumerate(self._seen, start=1):
            if seen & traits:
                seen |= traits
                return number
        self._seen.append(traits)
        return len(self._seen)


def certificate_of(pem_text: str) -> x509.Certificate:
    """Return a certificate from its PEM text."""
    return x509.Certificate.load(pem.unarmor(pem_text.encode("ascii"))[2])


def holder(certificate: x509.Certificate) -> str:
    """Return whom a certificate names."""
    subject = certificate.subject
    whole = " ".join(
        part for part in (said(subject, "given_name"), said(subject, "surname")) if part
    )
    return said(subject, "common_name") or whole or said(subject, "organization_name")


def said(name: x509.Name, key: str) -> str:
    """Return one attribute of a name, in one line and without personal identity numbers."""
    value = name.native.get(key, "")
    text = ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)
    printable = "".join(sign if sign.isprintable() else " " for sign in text)
    return _IDENTITY_NUMBER.sub("…", printable)[:MOST_NAME]
