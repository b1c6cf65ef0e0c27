"""Mails with files as municipalities write them, and the answer that most of them carry."""

from datetime import date
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache

from services.console.demo import scans
from services.console.demo.scans import Channel, Filling, Stroke
from services.registry.forms.print import print_form
from shared.own_form import own_form
from tests.intake import KEY, USER


def letter(
    *files: tuple[str, bytes],
    text: str = "Hej, här kommer vårt svar.",
    subject: str = "Svar",
    sender: str = "Håbo kommun <kommun@habo.example>",
    subtype: str = "pdf",
    **headers: str,
) -> bytes:
    """Return a mail with these files attached, as application/`subtype`.

    `headers` are further ones, with low lines for hyphens.
    """
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = sender, USER, subject
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    for filename, data in files:
        mail.add_attachment(data, maintype="application", subtype=subtype, filename=filename)
    return mail.as_bytes()


@cache
def scanned_answer(**texts: str) -> bytes:
    """A scanned yes from Håbo, as PDF; `texts` are typed into its fields, `_` for the dot."""
    blank = print_form(
        initiative="kompetens-2024", initiative_name="Kompetensgemenskaper", round_name="2024",
        last_answer_day=date(2024, 9, 30), options={"ja": "Ja", "nej": "Nej"},
        municipality="0305", municipality_name="Håbo kommun", key=KEY,
    )  # fmt: skip
    typed = {name.replace("_", ".", 1): text for name, text in texts.items()}
    filling = Filling({"ja": Stroke.CROSS}, texts=typed)
    paper = scans.fill(scans.blank_page(blank), own_form(("ja", "nej")), filling, seed=1)
    return scans.as_pdf([scans.scan(paper, Channel.SCANNER, seed=1)])
