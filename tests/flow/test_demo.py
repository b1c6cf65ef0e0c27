"""The demo, as scripts use it."""

import json
import os
import re
import signal
import smtplib
import subprocess
import sys
import time
from email import message_from_bytes, policy
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

from imapclient import IMAPClient
from reportlab.pdfgen.canvas import Canvas

from tests.web.client import Client

HANDSLAG = str(Path(sys.executable).with_name("handslag"))
SUMS = {"mails", "archived", "answers", "review", "returned", "needs", "set_aside", "receipts"}


def test_once_it_ends_by_itself_and_every_mail_ends_where_it_should() -> None:
    done = subprocess.run(
        [HANDSLAG, "demo", "--once", "--json", "--mails", "16", "--seed", "5"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    ready, *_, summed = (json.loads(line) for line in done.stdout.splitlines())
    assert ready["ready"] is True
    assert {user["role"] for user in ready["users"]} == {
        "registrator",
        "programkontor",
        "läsare",
        "administratör",
    }
    assert set(summed) == {*SUMS, "seconds"}
    assert summed["mails"] == summed["archived"] == 16
    assert summed["answers"] >= 6
    assert summed["receipts"] == 16 - summed["set_aside"]
    verified = subprocess.run(
        [HANDSLAG, "verify", "--json"],
        env={**os.environ, "HANDSLAG_HOME": ready["home"]},
        capture_output=True,
        text=True,
        check=False,
    )
    proof = json.loads(verified.stdout)
    assert verified.returncode == 0
    assert (proof["complete"], proof["mails"], proof["under_way"]) == (True, 16, 0)


def test_a_lost_or_damaged_original_breaks_the_proof(tmp_path: Path) -> None:
    done = subprocess.run(
        [HANDSLAG, "demo", "--once", "--json", "--mails", "2"],
        capture_output=True,
        text=True,
        check=True,
    )
    home = Path(json.loads(done.stdout.splitlines()[0])["home"])
    one, other = (home / "archive" / "originals").glob("*/*/*")
    one.unlink()
    other.chmod(0o600)
    other.write_bytes(b"not what came")
    verified = subprocess.run(
        [HANDSLAG, "verify", "--json"],
        env={**os.environ, "HANDSLAG_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert verified.returncode == 1
    faults = " ".join(json.loads(verified.stdout)["faults"])
    assert "not in the archive" in faults
    assert "damaged" in faults


def test_its_post_office_takes_mail_for_anybody_and_answers_come_back() -> None:
    with subprocess.Popen(
        [HANDSLAG, "demo", "--json", "--mails", "1"], stdout=subprocess.PIPE, text=True
    ) as demo:
        try:
            assert demo.stdout is not None
            ready = json.loads(demo.stdout.readline())
            smtp, imap = urlsplit(ready["smtp"]), urlsplit(ready["imap"])
            with smtplib.SMTP(smtp.hostname or "", smtp.port or 0) as client:
                client.sendmail(
                    "anna@umea.se",
                    ["handslaget@skr.se"],
                    b"From: anna@umea.se\r\nTo: handslaget@skr.se\r\nSubject: En fr\xc3\xa5ga\r\n"
                    b"Message-ID: <1@umea.se>\r\n\r\nVem ska skriva under?\r\n",
                )
            subjects: list[bytes] = []
            until = time.monotonic() + 60
            while not subjects and time.monotonic() < until:
                time.sleep(0.5)
                with IMAPClient(imap.hostname, imap.port, ssl=False) as mailbox:
                    mailbox.login("anna@umea.se", ready["mail_password"])
                    mailbox.select_folder("INBOX")
                    found = mailbox.fetch(mailbox.search("ALL"), ["ENVELOPE"])
                    subjects = [data[b"ENVELOPE"].in_reply_to for data in found.values()]
            assert subjects == [b"<1@umea.se>"]
        finally:
            demo.send_signal(signal.SIGINT)
            assert demo.wait(timeout=60) == 0


def test_what_a_registrar_decides_reaches_the_sender() -> None:
    with subprocess.Popen(
        [HANDSLAG, "demo", "--json", "--mails", "1"], stdout=subprocess.PIPE, text=True
    ) as demo:
        try:
            assert demo.stdout is not None
            ready = json.loads(demo.stdout.readline())
            smtp, imap = urlsplit(ready["smtp"]), urlsplit(ready["imap"])
            letter = EmailMessage()
            letter["From"], letter["To"] = "anna@umea.se", "registratur@skr.se"
            letter["Subject"], letter["Message-ID"] = "Vårt svar", "<2@umea.se>"
            letter.set_content("Se bilagan.")
            letter.add_attachment(
                _plain_letter(), maintype="application", subtype="pdf", filename="brev.pdf"
            )
            with smtplib.SMTP(smtp.hostname or "", smtp.port or 0) as client:
                client.send_message(letter)

            desk = Client(ready["web"])
            rut = next(one for one in ready["users"] if one["role"] == "registrator")
            desk.log_in(rut["name"], rut["password"])
            item = _waiting_item(desk)
            page = desk.get(item).html
            answer = re.search(r'name="svar" value="([^"]+:ja)"', page)
            seen = re.search(r'name="sedd" value="(\d+)"', page)
            assert answer
            assert seen
            done = desk.submit(
                item,
                f"{item}/hantera",
                sedd=seen[1],
                gor="koppla",
                kommun="annan",
                annan_kommun="Umeå",
                svar=answer[1],
                underskrift="handwritten",
            )
            assert done.status == 303, done.text
            subjects: list[str] = []
            until = time.monotonic() + 60
            while len(subjects) < 2 and time.monotonic() < until:
                time.sleep(0.5)
                with IMAPClient(imap.hostname, imap.port, ssl=False) as mailbox:
                    mailbox.login("anna@umea.se", ready["mail_password"])
                    mailbox.select_folder("INBOX")
                    found = mailbox.fetch(mailbox.search("ALL"), ["RFC822"])
                    mails = [
                        message_from_bytes(data[b"RFC822"], policy=policy.default)
                        for data in found.values()
                    ]
                    subjects = [mail["Subject"] for mail in mails]
            decision = next(mail for mail in mails if "registrerat" in mail["Subject"])
            assert decision["In-Reply-To"] == "<2@umea.se>"
            body = decision.get_body(("plain",))
            assert body is not None
            assert "Umeå kommun" in body.get_content()
        finally:
            demo.send_signal(signal.SIGINT)
            assert demo.wait(timeout=60) == 0


def _waiting_item(desk: Client) -> str:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        for item in re.findall(r'<h2><a href="(/ej-kopplade/\d+)"', desk.get("/ej-kopplade").html):
            if "brev.pdf" in desk.get(item).text:
                return str(item)
        time.sleep(0.5)
    raise AssertionError("it never came before a person")


def _plain_letter() -> bytes:
    file = BytesIO()
    sheet = Canvas(file)
    sheet.drawString(72, 700, "Kommunen vill vara med. Vänliga hälsningar, Anna")
    sheet.save()
    return file.getvalue()
