"""What the sender's address says about the municipality: evidence, never identity."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import idna

from shared.events import Reason
from shared.municipalities import domain_belongs

HOST_MAX: Final = 254
"""Characters, with the final dot (RFC 1035, 2.3.4); the length is the sender's choice."""


@dataclass(frozen=True)
class SenderEvidence:
    """For each of the sender's addresses, the municipalities that its domain belongs to.

    A set is empty where no municipality owns the domain, and has several members where a joint
    body mails for them.
    """

    owners: tuple[frozenset[str], ...]

    @property
    def unknown(self) -> bool:
        """Whether no municipality owns any of the addresses."""
        return not any(self.owners)

    def contradicts(self, municipality: str) -> bool:
        """Whether one of the addresses belongs to others than this municipality."""
        return any(owners and municipality not in owners for owners in self.owners)


def sender_evidence(addresses: Iterable[str], domains: Sequence[tuple[str, str]]) -> SenderEvidence:
    """Look up who owns the addresses' domains, label by label from the right.

    `domains` are pairs of a domain and a kommunkod. What is not an address is no evidence.
    """
    hosts = dict.fromkeys(address.rpartition("@")[2] for address in addresses if "@" in address)
    return SenderEvidence(
        tuple(
            frozenset(code for domain, code in domains if domain_belongs(host, domain))
            for host in hosts
        )
    )


def domains_to_look_up(addresses: Iterable[str]) -> set[str]:
    """Return every domain, in Punycode, whose owner would own one of these addresses."""
    found: set[str] = set()
    for address in addresses:
        host = address.rpartition("@")[2]
        if len(host) > HOST_MAX:
            continue
        labels = ascii_domain(host).split(".")
        found |= {".".join(labels[start:]) for start in range(len(labels) - 1)}
    return found


def ascii_domain(domain: str) -> str:
    """Return a domain in lower case and Punycode (RFC 5891); what is none comes back as it was."""
    try:
        return idna.encode(domain.strip().rstrip("."), uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        return domain.lower()


def sender_doubts(
    evidence: SenderEvidence, municipality: str, *, unknown_is_doubt: bool
) -> tuple[Reason, ...]:
    """The doubts that the sender casts on a document of this municipality."""
    if evidence.contradicts(municipality):
        return (Reason.SENDER_OTHER_MUNICIPALITY,)
    if unknown_is_doubt and evidence.unknown:
        return (Reason.SENDER_UNKNOWN,)
    return ()
