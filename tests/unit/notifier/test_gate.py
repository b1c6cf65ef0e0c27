"""The gate: who may be answered automatically."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.gate import (
    LOOP_HEADER,
    Caps,
    Question,
    address_key,
    cap_objections,
    may_be_addressed,
    objections,
)
from shared.events import Disposition, Reason
from tests.unit.notifier.builders import correspondence

OWN = frozenset({"registratur@skr.se", "handslaget@skr.se"})


def ask(
    *, disposition: Disposition = Disposition.ANSWERS, manners: dict[str, str] | None = None,
    **changes: object,
) -> tuple[str, ...]:  # fmt: skip
    return objections(Question(correspondence(manners=manners or {}, **changes), disposition, OWN))


def test_a_person_is_answered() -> None:
    assert ask() == ()


@pytest.mark.parametrize(
    "manners",
    [
        {"auto-submitted": "no"},
        {"auto-submitted": "No (sent by a person)"},
        {"precedence": "first-class"},
        {"x-auto-response-suppress": "DR, RN, NRN"},
        {"content-type": "multipart/mixed; boundary=x"},
        {"x-loop": "somebody@else.se"},
        {"x-autoreply": "no"},
    ],
)
def test_headers_that_persons_mails_have_do_no_harm(manners: dict[str, str]) -> None:
    assert ask(manners=manners) == ()


@pytest.mark.parametrize(
    ("manners", "rule"),
    [
        ({"auto-submitted": "auto-replied"}, "auto_submitted"),
        ({"Auto-Submitted": "Auto-Generated; owner-email=a@b.se"}, "auto_submitted"),
        ({"auto-submitted": "auto-notified"}, "auto_submitted"),
        ({"auto-submitted": ""}, "auto_submitted"),
        ({"precedence": "bulk"}, "precedence"),
        ({"precedence": " Junk "}, "precedence"),
        ({"precedence": "list"}, "precedence"),
        ({"list-id": "<nytt.example.se>"}, "mailing_list"),
        ({"List-Unsubscribe": "<mailto:a@b.se>"}, "mailing_list"),
        ({"list-x-anything": ""}, "mailing_list"),
        ({"x-auto-response-suppress": "All"}, "auto_response_suppressed"),
        ({"x-auto-response-suppress": "DR, OOF"}, "auto_response_suppressed"),
        ({"x-auto-response-suppress": "RN;AutoReply"}, "auto_response_suppressed"),
        ({"x-autoreply": "yes"}, "answering_machine"),
        ({"x-autorespond": "Semester"}, "answering_machine"),
        ({"content-type": "multipart/report; report-type=delivery-status"}, "report"),
        ({"x-failed-recipients": "anna@umea.se"}, "report"),
        ({LOOP_HEADER: "anything"}, "our_own_loop"),
        ({"x-loop": "registratur@skr.se"}, "our_own_loop"),
    ],
)
def test_a_robot_that_says_so_is_not_answered(manners: dict[str, str], rule: str) -> None:
    assert ask(manners=manners) == (rule,)


@pytest.mark.parametrize(
    "local",
    [
        "MAILER-DAEMON", "mailer-daemon", "postmaster", "Postmaster", "owner-nytt", "nytt-request",
        "noreply", "no-reply", "no_reply", "No.Reply", "donotreply", "do-not-reply",
        "noreply+123", "registrator-noreply", "svarainte", "svara-inte", "svara.ej", "ej-svar",
        "ingensvara", "inga-svar", "kan-inte-besvaras", "autosvar", "listserv", "majordomo",
        "nytt-bounces", "bounce+abc", "bounce-17", "bounces", "prvs=0123abcd=noreply", "nobody",
    ],
)  # fmt: skip
def test_a_mailbox_where_nobody_reads_is_not_answered(local: str) -> None:
    assert ask(return_path=f"{local}@example.se") == ("no_person",)
    assert ask(from_address=f"{local}@example.se") == ("no_person",)


@pytest.mark.parametrize(
    "local",
    [
        "anna.berg", "registrator", "kommunen", "kommunstyrelsen", "it-admin", "info", "webmaster",
        "ower-lind", "owner", "request", "eleonor", "rebounce", "svante.svarare", "abuse",
        "prvs=0123abcd=anna", "SRS0=Ab=cd=umea.se=anna",
    ],
)  # fmt: skip
def test_a_mailbox_where_somebody_may_read_is_answered(local: str) -> None:
    assert ask(return_path=f"{local}@example.se") == ()


def test_who_is_not_who_he_says_gets_no_machine_s_answer() -> None:
    """Backscatter: the one named as sender has written nothing."""
    forged = Question(
        correspondence(), Disposition.ANSWERS, OWN, (Reason.QUESTION, Reason.SENDER_NOT_AUTHENTIC)
    )
    assert objections(forged) == ("sender_not_authentic",)
    doubted = Question(correspondence(), Disposition.QUESTION, OWN, (Reason.QUESTION,))
    assert objections(doubted) == ()


@pytest.mark.parametrize("path", ["", "  ", "<>"])
def test_nothing_is_sent_to_nobody(path: str) -> None:
    assert ask(return_path=path) == ("no_return_path",)


@pytest.mark.parametrize(
    "path",
    [
        "umea.se", "@umea.se", "anna@", "anna@umea", "anna@localhost", "anna@[127.0.0.1]",
        "anna@127.0.0.1", "a b@umea.se", '"a b"@umea.se', "anna@umea.se, bo@umea.se",
        "anna@umea.se\r\nBcc: x@y.se", "anna@umea.se\n", "\tanna@umea.se", "anna@@umea.se",
        "<anna@umea.se>", "anna@umea..se", ".anna@umea.se", "anna.@umea.se", "-oQ/tmp@umea.se",
        "anna@-umea.se", "ånna@umea.se", "anna@umeå.se", "a" * 65 + "@umea.se",
        "anna@" + "a." * 130 + "se", "anna\x00@umea.se", "@relay.se:anna@umea.se",
    ],
)  # fmt: skip
def test_an_address_that_is_not_safe_to_write_is_not_written_to(path: str) -> None:
    assert ask(return_path=path) == ("unsafe_return_path",)


@pytest.mark.parametrize(
    "address",
    ["registratur@skr.se", "Registratur@SKR.se", "registratur+0123abcd@skr.se",
     "handslaget@skr.se"],
)  # fmt: skip
def test_we_do_not_talk_to_ourselves(address: str) -> None:
    assert "own_address" in ask(return_path=address)
    assert "own_address" in ask(from_address=address)


def test_the_mailbox_it_came_to_is_ours_too() -> None:
    assert ask(mailbox="nytt@skr.se", return_path="nytt@skr.se") == ("own_address",)


def test_what_triage_set_aside_is_not_answered() -> None:
    assert ask(disposition=Disposition.SET_ASIDE) == ("set_aside",)


def test_all_objections_are_told_not_only_the_first() -> None:
    manners = {"auto-submitted": "auto-replied", "list-id": "<x>", "precedence": "bulk"}
    assert ask(return_path="", manners=manners) == (
        "no_return_path",
        "auto_submitted",
        "precedence",
        "mailing_list",
    )


@pytest.mark.parametrize(
    ("to_address", "in_all", "expected"),
    [
        (0, 0, ()),
        (4, 9, ()),
        (5, 9, ("cap_per_address",)),
        (0, 10, ("cap_in_all",)),
        (6, 11, ("cap_per_address", "cap_in_all")),
    ],
)
def test_caps_object_when_they_are_reached(
    to_address: int, in_all: int, expected: tuple[str, ...]
) -> None:
    assert cap_objections(Caps(5, 10), to_address=to_address, in_all=in_all) == expected


def test_tags_and_wrappings_do_not_make_another_correspondent() -> None:
    key = address_key("anna@umea.se")
    assert key == address_key("Anna+17@UMEA.se") == address_key("prvs=12ab=anna@umea.se")
    assert key != address_key("bo@umea.se")


@given(st.text(max_size=80))
def test_whatever_passes_for_an_address_is_harmless_in_a_header_and_on_a_command_line(
    text: str,
) -> None:
    for address in (text, f"{text}@umea.se", f"anna@{text}.se"):
        if may_be_addressed(address):
            assert set(address) <= set(
                string.ascii_letters + string.digits + "!#$%&'*+/=?^_`{|}~-.@"
            )
            assert address.count("@") == 1
            assert not address.startswith("-")
            assert len(address) <= 254


HEADER_NAMES = st.sampled_from(
    ["auto-submitted", "precedence", "list-id", "x-auto-response-suppress", "content-type",
     "x-loop", "x-autoreply", "subject", "received"]
)  # fmt: skip


@given(
    st.text(max_size=60),
    st.text(max_size=60),
    st.dictionaries(HEADER_NAMES, st.text(max_size=60)),
)
def test_the_gate_has_an_opinion_on_anything(
    path: str, author: str, manners: dict[str, str]
) -> None:
    found = ask(return_path=path, from_address=author, manners=manners)
    if not found:
        assert may_be_addressed(path)
        assert manners.get("auto-submitted", "no").strip().lower().startswith("no")
        assert "list-id" not in manners
