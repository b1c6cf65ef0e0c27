"""What the sender's address says about the municipality: evidence, never identity."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shared.events import Reason
from shared.municipalities import domain_belongs


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


def sender_doubts(
    evidence: SenderEvidence, municipality: str, *, unknown_is_doubt: bool
) -> tuple[Reason, ...]:
    """The doubts that the sender casts on a document of this municipality."""
    if evidence.contradicts(municipality):
        return (Reason.SENDER_OTHER_MUNICIPALITY,)
    if unknown_is_doubt and evidence.unknown:
        return (Reason.SENDER_UNKNOWN,)
    return ()
