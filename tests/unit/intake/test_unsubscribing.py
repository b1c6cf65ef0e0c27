"""Which addresses end a newsletter, and whose."""

import pytest

from services.intake.mail.message import parse
from services.intake.mail.parsed import MessageLimits
from services.intake.mail.unsubscribing import unsubscribing_token

PATTERN = "avsluta+{token}@skr.example"
TOKEN = "AbCd-efgh_IJKL1234567890"


@pytest.mark.parametrize(
    ("address", "token"),
    [
        (f"avsluta+{TOKEN}@skr.example", TOKEN),
        (f"Avsluta+{TOKEN}@SKR.Example", TOKEN),
        (f"avsluta+{TOKEN}@annan.example", ""),
        (f"xavsluta+{TOKEN}@skr.example", ""),
        (f"avsluta+{TOKEN}@skr.example.evil", ""),
        ("avsluta+kort@skr.example", ""),
        ("avsluta@skr.example", ""),
        ("avslutaX" + TOKEN + "@skrXexample", ""),
        ("", ""),
    ],
)
def test_only_our_own_address_with_a_token_in_it_does(address: str, token: str) -> None:
    assert unsubscribing_token(["registratur@skr.example", address], PATTERN) == token
    assert unsubscribing_token([address], None) == ""


def test_the_addresses_of_a_mail_are_few_and_safe() -> None:
    many = ", ".join(f"a{number}@x.example" for number in range(50))
    source = f"Delivered-To: <b@x.example>\r\nTo: {many}, <c d@x.example>\r\n\r\nhej\r\n"
    mail, _ = parse(source.encode(), MessageLimits())
    assert mail.sent_to[0] == "b@x.example"
    assert len(mail.sent_to) == 10
