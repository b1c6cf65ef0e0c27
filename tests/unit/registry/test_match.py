"""The sender's domain is evidence: it may contradict, it never decides."""

from services.registry.domain.match import domains_to_look_up, sender_doubts, sender_evidence
from shared.events import Reason
from tests.unit.registry.builders import LUND, UMEA

DOMAINS = [("lund.se", LUND), ("umea.se", UMEA), ("joint.se", LUND), ("joint.se", UMEA)]


def doubts(*addresses: str, unknown_is_doubt: bool = False) -> tuple[Reason, ...]:
    evidence = sender_evidence(addresses, DOMAINS)
    return sender_doubts(evidence, UMEA, unknown_is_doubt=unknown_is_doubt)


def test_the_municipalitys_own_domain_and_what_lies_below_it_is_no_doubt() -> None:
    assert doubts("anna@umea.se", "anna@mail.umea.se", unknown_is_doubt=True) == ()


def test_another_municipalitys_domain_contradicts() -> None:
    assert doubts("anna@lund.se") == (Reason.SENDER_OTHER_MUNICIPALITY,)


def test_it_contradicts_also_when_only_one_of_the_addresses_does() -> None:
    assert doubts("anna@umea.se", "bounce@sub.lund.se") == (Reason.SENDER_OTHER_MUNICIPALITY,)


def test_a_joint_bodys_domain_stands_for_each_of_its_members() -> None:
    assert doubts("registrator@joint.se", unknown_is_doubt=True) == ()


def test_a_domain_that_merely_ends_alike_is_unknown() -> None:
    assert doubts("anna@xlund.se") == ()
    assert doubts("anna@xlund.se", unknown_is_doubt=True) == (Reason.SENDER_UNKNOWN,)


def test_an_empty_or_broken_address_is_no_evidence() -> None:
    assert sender_evidence(("", "MAILER-DAEMON", "@", "a@b@"), DOMAINS).unknown


def test_every_domain_above_the_sender_is_looked_up_but_no_top_level() -> None:
    assert domains_to_look_up(["Anna@Mail.Umea.SE", "bo@åmål.se.", ""]) == {
        "mail.umea.se",
        "umea.se",
        "xn--ml-xiab.se",
    }


def test_an_absurd_domain_is_not_looked_up() -> None:
    assert domains_to_look_up(["a@" + "a." * 10_000 + "se"]) == set()
