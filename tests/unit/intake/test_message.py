"""Taking a mail apart: what is a document, what is not and why, and what cannot be told."""

import base64
import quopri
import struct
import zlib
from email.message import EmailMessage

import pytest

from services.intake.mail.message import UnreadableMail, parse
from services.intake.mail.parsed import Authenticity, MailParsed, MessageLimits
from shared.events import PartFate, Reason

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"


def png(width: int, height: int) -> bytes:
    head = struct.pack(">II", width, height) + b"\x08\x00\x00\x00\x00"
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + head + struct.pack(
        ">I", zlib.crc32(b"IHDR" + head)
    )  # fmt: skip


def letter(text: str = "Hej, här kommer vårt svar.") -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Åsa Öberg <asa.oberg@habo.example>"
    mail["To"] = "registratur@skr.example"
    mail["Subject"] = "Svar från Håbo kommun"
    mail["Message-ID"] = "<1@habo.example>"
    mail.set_content(text)
    return mail


def taken(mail: EmailMessage | bytes, **limits: object) -> tuple[MailParsed, list[bytes]]:
    data = mail if isinstance(mail, bytes) else mail.as_bytes()
    return parse(data, MessageLimits.model_validate(limits))


def fates(mail: EmailMessage | bytes) -> list[tuple[str, str]]:
    parsed, _ = taken(mail)
    return [(part.fate.value, part.reason) for part in parsed.parts]


def test_sender_subject_and_text_are_readable() -> None:
    parsed, documents = taken(letter())
    assert (parsed.from_name, parsed.from_address) == ("Åsa Öberg", "asa.oberg@habo.example")
    assert parsed.subject == "Svar från Håbo kommun"
    assert parsed.message_id == "<1@habo.example>"
    assert "vårt svar" in parsed.text
    assert documents == []
    assert [part.fate for part in parsed.parts] == [PartFate.TEXT]


def test_an_attached_pdf_is_a_document_with_its_name_and_bytes() -> None:
    mail = letter()
    mail.add_attachment(PDF, maintype="application", subtype="pdf", filename="Håbo svar.pdf")
    parsed, documents = taken(mail)
    assert documents == [PDF]
    assert parsed.parts[1].filename == "Håbo svar.pdf"
    assert parsed.parts[1].content_type == "application/pdf"
    assert parsed.parts[1].size_bytes == len(PDF)


def test_the_type_is_what_the_bytes_show_whatever_the_mail_says() -> None:
    mail = letter()
    mail.add_attachment(PDF, maintype="application", subtype="octet-stream", filename="svar.dat")
    mail.add_attachment(PDF + b" ", maintype="text", subtype="plain", filename="svar.txt")
    parsed, documents = taken(mail)
    assert [part.content_type for part in parsed.parts[1:]] == ["application/pdf"] * 2
    assert len(documents) == 2


def test_a_mail_that_is_nothing_but_a_pdf_has_a_document_with_a_made_up_name() -> None:
    mail = EmailMessage()
    mail["From"] = "skanner@habo.example"
    mail.set_content(PDF, maintype="application", subtype="pdf")
    parsed, documents = taken(mail)
    assert documents == [PDF]
    assert parsed.parts[0].filename == "bilaga-1.pdf"


def test_html_beside_plain_text_says_the_same_and_alone_it_is_the_text() -> None:
    both = letter()
    both.add_alternative("<p>Hej</p>", subtype="html")
    assert fates(both) == [("text", ""), ("skipped", "html_alternative")]
    alone = EmailMessage()
    alone.set_content(
        "<style>p{}</style><p>Hej&nbsp;där</p><p>Åsa</p><script>x()</script>", subtype="html"
    )
    parsed, _ = taken(alone)
    assert parsed.text == "Hej där\nÅsa"


@pytest.mark.parametrize("disposition", ["attachment", "inline"])
@pytest.mark.parametrize(("name", "kind"), [("villkor.txt", "plain"), ("reservation.html", "html")])
def test_a_text_that_is_attached_by_name_is_a_document(
    name: str, kind: str, disposition: str
) -> None:
    mail = letter()
    mail.add_attachment(PDF, maintype="application", subtype="pdf", filename="svar.pdf")
    mail.add_attachment(
        "Under förutsättning att staten betalar.",
        subtype=kind, filename=name, disposition=disposition,
    )  # fmt: skip
    parsed, documents = taken(mail)
    assert fates(mail)[1:] == [("document", ""), ("document", "")]
    assert "förutsättning" not in parsed.text
    assert len(documents) == 2


def test_a_mail_that_is_nothing_but_a_text_says_it_whatever_the_text_is_called() -> None:
    mail = EmailMessage()
    mail["From"] = "kommun@kommun.example"
    mail.set_content("När är sista svarsdag?")
    mail.set_param("name", "brev.txt")
    parsed, documents = taken(mail)
    assert fates(mail) == [("text", "")]
    assert (parsed.text.strip(), documents) == ("När är sista svarsdag?", [])
    mail.add_header("Content-Disposition", "attachment", filename="brev.txt")
    assert fates(mail) == [("document", "")]


def test_the_named_half_of_an_alternative_is_a_document() -> None:
    mail = letter()
    mail.add_alternative("<p>Vi reserverar oss.</p>", subtype="html")
    html = mail.get_payload()[1]
    assert isinstance(html, EmailMessage)
    html.add_header("Content-Disposition", "attachment", filename="reservation.html")
    assert fates(mail)[1:] == [("document", "")]


@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        ("ATT00001.txt", "attachment"),
        ("ATT00002.htm", "attachment"),
        ("signatur.txt", "inline"),
        (None, "inline"),
    ],
)
def test_what_mail_programs_make_of_a_text_is_the_text(name: str | None, disposition: str) -> None:
    mail = letter()
    mail.add_attachment("Hälsningar Åsa", filename=name, disposition=disposition)
    assert fates(mail) == [("text", ""), ("text", "")]
    assert "Hälsningar" in taken(mail)[0].text


def test_a_logo_in_the_signature_is_no_document_but_a_photographed_page_is() -> None:
    mail = letter()
    mail.add_alternative('<p>Hej <img src="cid:logo"><img src="cid:page"></p>', subtype="html")
    html = mail.get_payload()[1]
    assert isinstance(html, EmailMessage)
    html.add_related(png(300, 90), "image", "png", cid="<logo>")
    html.add_related(png(1700, 2300), "image", "png", cid="<page>")
    assert fates(mail)[2:] == [("skipped", "inline_image"), ("document", "")]


def test_calendars_cards_and_mail_signatures_are_left_out_with_their_reason() -> None:
    mail = letter()
    for main, sub, name in (
        ("text", "calendar", "möte.ics"),
        ("text", "vcard", "asa.vcf"),
        ("application", "pkcs7-signature", "smime.p7s"),
        ("application", "pgp-signature", "signature.asc"),
    ):
        data = f"{sub}".encode()
        mail.add_attachment(data, maintype=main, subtype=sub, filename=name)
    mail.add_attachment(png(16, 16), maintype="image", subtype="png", filename="pixel.png")
    assert [reason for _, reason in fates(mail)[1:]] == [
        "calendar", "business_card", "mail_signature", "mail_signature", "tiny_image",
    ]  # fmt: skip


def test_the_same_file_twice_is_read_once() -> None:
    mail = letter()
    for name in ("svar.pdf", "kopia.pdf"):
        mail.add_attachment(PDF, maintype="application", subtype="pdf", filename=name)
    assert fates(mail)[1:] == [("document", ""), ("skipped", "same_as_earlier")]


def test_what_nobody_knows_and_what_is_empty_is_for_the_reader_to_say() -> None:
    mail = letter()
    mail.add_attachment(b"", maintype="application", subtype="pdf", filename="tom.pdf")
    mail.add_attachment(b"??", maintype="application", subtype="x-unknown", filename="fil.xyz")
    assert fates(mail)[1:] == [("document", ""), ("document", "")]


def test_a_mail_in_a_mail_is_opened() -> None:
    inner = letter("Vidarebefordrat svar")
    inner.add_attachment(PDF, maintype="application", subtype="pdf", filename="inne.pdf")
    outer = letter("Se nedan")
    outer.add_attachment(inner)
    parsed, documents = taken(outer)
    assert documents == [PDF]
    assert "Vidarebefordrat svar" in parsed.text
    as_file = letter("Se bifogad fil")
    as_file.add_attachment(
        inner.as_bytes(), maintype="application", subtype="octet-stream", filename="svar.eml"
    )
    assert taken(as_file)[1] == [PDF]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Dokument\\svar.pdf", "svar.pdf"),
        ("svar\r\nBcc: x@y.se.pdf", "svar Bcc: x@y.se.pdf"),
        ("svar\u202efdp.exe", "svarfdp.exe"),
        (".htaccess", "htaccess"),
        ("å" * 400 + ".pdf", "å" * 146 + ".pdf"),
    ],
)
def test_file_names_are_one_harmless_line(name: str, shown: str) -> None:
    encoded = base64.b64encode(name.encode()).decode()
    data = (
        b"Content-Type: application/pdf\r\nContent-Disposition: attachment;\r\n"
        b' filename="=?utf-8?b?' + encoded.encode() + b'?="\r\n\r\n%PDF-1.7'
    )
    assert taken(data)[0].parts[0].filename == shown


def test_headers_cannot_smuggle_lines_or_addresses() -> None:
    data = (
        b"From: =?utf-8?q?=0D=0ABcc=3A_x=40y.se?= <a@b.se>\r\n"
        b"Subject: =?utf-8?q?Svar=0D=0ABcc=3A_evil=40y.se?=\r\n"
        b"Return-Path: <a@b.se\x0b, c@d.se>\r\nMessage-ID: <a b@c>\r\n\r\nhej"
    )
    parsed, _ = taken(data)
    assert parsed.subject == "Svar Bcc: evil@y.se"
    assert parsed.from_name == "Bcc: x@y.se"
    assert parsed.return_path == ""
    assert parsed.message_id == ""


def test_old_charsets_and_wrong_ones_are_read_as_far_as_they_go() -> None:
    for charset, raw in (
        ("iso-8859-1", b"H\xe5bo"),
        ("x-unknown", b"H\xe5bo"),
        ("utf-8", b"H\xe5bo"),
    ):
        data = f"Content-Type: text/plain; charset={charset}\r\n\r\n".encode() + raw
        assert taken(data)[0].text == "Håbo"
    assert taken(b"Subject: H\xe5bo\r\n\r\n")[0].subject == "Håbo"
    assert taken("Subject: Håbo\r\n\r\n".encode())[0].subject == "Håbo"


def test_a_multipart_without_its_boundary_is_a_doubt_about_the_whole_mail() -> None:
    data = b"Content-Type: multipart/mixed\r\n\r\n--x\r\n\r\nhej\r\n--x--\r\n"
    parsed, _ = taken(data)
    assert parsed.reasons == (Reason.UNREADABLE_MAIL,)


def in_a_mail(inner: bytes, coding: str) -> bytes:
    return (
        b"From: a@habo.example\r\nContent-Type: multipart/mixed; boundary=outer\r\n\r\n"
        b"--outer\r\nContent-Type: text/plain\r\n\r\nSe bifogat mejl.\r\n"
        b"--outer\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: "
        + coding.encode() + b"\r\n\r\n" + inner + b"\r\n--outer--\r\n"
    )  # fmt: skip


def answer_in_a_mail() -> bytes:
    mail = letter()
    mail.add_attachment(PDF, maintype="application", subtype="pdf", filename="svar.pdf")
    return mail.as_bytes()


@pytest.mark.parametrize(
    ("inner", "coding"),
    [
        (base64.encodebytes(answer_in_a_mail()), "base64"),
        (base64.encodebytes(answer_in_a_mail()), " Base64 "),
        (quopri.encodestring(answer_in_a_mail()), "quoted-printable"),
        (answer_in_a_mail(), "7bit"),
        (answer_in_a_mail(), "base64"),
        (answer_in_a_mail(), "quoted-printable"),
    ],
    ids=["base64", "odd-case", "quoted-printable", "clear", "not-base64", "not-quoted-printable"],
)
def test_a_mail_in_a_mail_is_opened_whatever_its_transfer_encoding(
    inner: bytes, coding: str
) -> None:
    parsed, documents = taken(in_a_mail(inner, coding))
    assert documents == [PDF]
    assert parsed.reasons == ()


def test_a_mail_in_a_mail_of_unknown_encoding_is_a_doubt_about_the_whole_mail() -> None:
    assert taken(in_a_mail(b"a", "base64"))[0].reasons == (Reason.UNREADABLE_MAIL,)
    assert taken(in_a_mail(b"?!", "x-uuencode"))[0].reasons == (Reason.UNREADABLE_MAIL,)


def test_a_forwarded_bounce_is_opened_and_the_answer_in_it_found() -> None:
    bounce = (
        b"From: MAILER-DAEMON@habo.example\r\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        b"Reporting-MTA: dns; mx.habo.example\r\n\r\nAction: failed\r\n\r\n"
        b"--b\r\nContent-Type: message/rfc822\r\n\r\n" + answer_in_a_mail() + b"\r\n--b--\r\n"
    )
    parsed, documents = taken(in_a_mail(bounce, "8bit"))
    assert documents == [PDF]
    assert (parsed.report, parsed.reasons) == (None, ())
    assert [(part.fate.value, part.reason) for part in parsed.parts] == [
        ("text", ""), ("skipped", "delivery_report"), ("text", ""), ("document", ""),
    ]  # fmt: skip


def test_too_many_parts_are_listed_but_not_opened() -> None:
    mail = letter()
    for number in range(20):
        mail.add_attachment(
            PDF + str(number).encode(), maintype="application", subtype="pdf", filename="x.pdf"
        )
    parsed, documents = taken(mail, parts=10)
    assert len(documents) == 9
    assert [part.reason for part in parsed.parts[10:]] == ["too_many_parts"] * 11
    assert parsed.reasons == (Reason.TOO_MANY_PARTS,)


def nested(depth: int) -> bytes:
    heads = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level)
        for level in range(depth)
    )
    return heads + b"\r\nhej\r\n"


def test_deep_nesting_is_a_doubt_and_very_deep_nesting_is_unreadable() -> None:
    parsed, _ = taken(nested(40))
    assert Reason.UNREADABLE_MAIL in parsed.reasons
    with pytest.raises(UnreadableMail):
        taken(nested(1000))


def test_manners_are_passed_on_with_every_list_header() -> None:
    data = (
        b"Auto-Submitted: auto-replied\r\nList-Unsubscribe: <mailto:x@y.se>\r\n"
        b"Precedence: bulk\r\nX-Handslag-Loop: 1\r\nX-Other: no\r\n\r\nhej"
    )
    manners = taken(data)[0].manners
    assert set(manners) == {"auto-submitted", "list-unsubscribe", "precedence", "x-handslag-loop"}


def test_a_bounce_tells_recipient_status_and_the_token_of_our_mail() -> None:
    data = (
        b"From: MAILER-DAEMON@lund.example\r\nTo: registratur+0123456789abcdef0123@skr.example\r\n"
        b"Return-Path: <>\r\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain\r\n\r\nNo such user\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        b"Reporting-MTA: dns; mx.lund.example\r\n\r\n"
        b"Final-Recipient: rfc822; lund.kommun@lund.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        b"Diagnostic-Code: smtp; 550 5.1.1 unknown\r\n\r\n"
        b"--b\r\nContent-Type: message/rfc822\r\n\r\n"
        b"From: registratur@skr.example\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.7\r\n"
        b"--b--\r\n"
    )
    parsed, documents = taken(data)
    assert documents == []
    assert parsed.return_path == ""
    assert parsed.report is not None
    assert parsed.report.kind == "delivery-status"
    assert parsed.report.token == "0123456789abcdef0123"
    [status] = parsed.report.statuses
    assert (status.recipient, status.status) == ("lund.kommun@lund.example", "5.1.1")
    assert [part.reason for part in parsed.parts] == ["", "delivery_report", "delivery_report"]


OURS = "mx.skr.example"


@pytest.mark.parametrize(
    ("headers", "verdict"),
    [
        ([f"{OURS}; dmarc=pass header.from=habo.example"], Authenticity.AUTHENTIC),
        ([f"{OURS}; dmarc=fail header.from=habo.example"], Authenticity.NOT_AUTHENTIC),
        ([f"{OURS}; spf=fail smtp.mailfrom=habo.example"], Authenticity.NOT_AUTHENTIC),
        ([f"{OURS}; dkim=fail header.d=habo.example"], Authenticity.NOT_AUTHENTIC),
        ([f"{OURS}; spf=fail smtp.mailfrom=x.example; dmarc=pass header.from=habo.example"],
         Authenticity.AUTHENTIC),
        ([f"{OURS}; spf=softfail smtp.mailfrom=habo.example"], Authenticity.UNKNOWN),
        ([f"{OURS}; none"], Authenticity.UNKNOWN),
        (["evil.example; dmarc=pass header.from=habo.example"], Authenticity.UNKNOWN),
        # Ours on top says no; the one below came with the mail and claims our name.
        ([f"{OURS}; spf=fail smtp.mailfrom=x.example",
          f"{OURS}; dmarc=pass header.from=habo.example"], Authenticity.NOT_AUTHENTIC),
        # A forged pass below somebody else's header.
        (["other.example; spf=none", f"{OURS}; dmarc=pass header.from=x.example"],
         Authenticity.UNKNOWN),
        ([f"{OURS}; dmarc=\"pass"], Authenticity.UNKNOWN),
        ([], Authenticity.UNKNOWN),
    ],
)  # fmt: skip
def test_only_our_own_server_says_who_is_authentic(
    headers: list[str], verdict: Authenticity
) -> None:
    data = "".join(f"Authentication-Results: {value}\r\n" for value in headers).encode()
    data += b"From: a@habo.example\r\n\r\nhej"
    assert taken(data, authserv_id=OURS)[0].authenticity is verdict
    assert taken(data, authserv_id=OURS.title())[0].authenticity is verdict
    assert taken(data)[0].authenticity is Authenticity.UNKNOWN


EXCHANGE = (
    "spf={spf} (sender IP is 192.0.2.1; of a relay)\r\n smtp.mailfrom=habo.example; "
    "dkim={dkim} (message not signed) header.d=none;dmarc={dmarc} action=none\r\n "
    "header.from=habo.example;compauth=pass reason=100"
)


@pytest.mark.parametrize(
    ("headers", "verdict"),
    [
        ([EXCHANGE.format(spf="pass", dkim="none", dmarc="pass")], Authenticity.AUTHENTIC),
        ([EXCHANGE.format(spf="fail", dkim="none", dmarc="pass")], Authenticity.AUTHENTIC),
        ([EXCHANGE.format(spf="pass", dkim="pass", dmarc="fail")], Authenticity.NOT_AUTHENTIC),
        ([EXCHANGE.format(spf="Fail", dkim="none", dmarc="none")], Authenticity.NOT_AUTHENTIC),
        ([EXCHANGE.format(spf="none", dkim="fail", dmarc="none")], Authenticity.NOT_AUTHENTIC),
        ([EXCHANGE.format(spf="none", dkim="none", dmarc="none")], Authenticity.UNKNOWN),
        # A pass that came with the mail, below Exchange's own header or another server's.
        ([EXCHANGE.format(spf="none", dkim="none", dmarc="none"),
          EXCHANGE.format(spf="pass", dkim="pass", dmarc="pass")], Authenticity.UNKNOWN),
        (["relay.example; none", EXCHANGE.format(spf="pass", dkim="pass", dmarc="pass")],
         Authenticity.UNKNOWN),
        # A server with a name is not Exchange Online.
        (["evil.example; dmarc=pass header.from=habo.example"], Authenticity.UNKNOWN),
        # A second result hidden in what the sender writes does not outweigh the first.
        (["spf=pass smtp.mailfrom=a;dmarc=pass;dkim=none;dmarc=fail"], Authenticity.NOT_AUTHENTIC),
        ([], Authenticity.UNKNOWN),
    ],
)  # fmt: skip
def test_exchange_online_names_no_server_and_is_understood(
    headers: list[str], verdict: Authenticity
) -> None:
    data = "".join(f"Authentication-Results: {value}\r\n" for value in headers).encode()
    data += b"From: a@habo.example\r\n\r\nhej"
    assert taken(data, authserv_id="exchange-online")[0].authenticity is verdict
