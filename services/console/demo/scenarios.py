"""Every kind of mail that municipalities send, and where each should end."""

import io

import pikepdf

from services.console.demo import scans
from services.console.demo.needs import WORD, example_answers, filled_template, letter
from services.console.demo.offer import domain_of
from services.console.demo.scans import Channel, Hand, Stroke
from services.console.demo.writer import NEEDS, Draft, Scenario, Writer
from services.registry.forms.needs_template import TemplateKind


def good_scan(writer: Writer, draft: Draft) -> None:
    sheet = writer.sheet(draft)
    file = ("Svarsformulär.pdf", "application/pdf", scans.as_pdf([sheet.scan]))
    draft.attach(*file)
    draft.expect("recorded", truth=sheet.truth)
    writer.sent_good.append((draft.municipality, sheet.truth, file))


def rough_scan(writer: Writer, draft: Draft) -> None:
    sheet = writer.sheet(draft, channel=Channel.ROUGH_SCANNER)
    draft.attach("scan0001.pdf", "application/pdf", scans.as_pdf([sheet.scan]))
    draft.expect("recorded", "review", truth=sheet.truth)


def fax(writer: Writer, draft: Draft) -> None:
    sheet = writer.sheet(draft, channel=Channel.FAX)
    draft.attach("fax.tif", "image/tiff", scans.as_tiff([sheet.scan]))
    draft.expect("recorded", "review", truth=sheet.truth)


def phone_photo(writer: Writer, draft: Draft) -> None:
    sheet = writer.sheet(draft, channel=Channel.PHONE)
    draft.text = "Hej, jag är inte på kontoret i dag så här kommer en bild.\n\n"
    draft.attach("IMG_2041.jpg", "image/jpeg", scans.as_jpeg(sheet.scan))
    draft.expect("recorded", "review", truth=sheet.truth)


def upside_down(writer: Writer, draft: Draft) -> None:
    sheet = writer.sheet(draft, quarter_turns=2)
    draft.attach("Skannat dokument.pdf", "application/pdf", scans.as_pdf([sheet.scan]))
    draft.expect("recorded", truth=sheet.truth)


def picture(writer: Writer, draft: Draft) -> None:
    sheet = writer.sheet(draft)
    draft.attach("svar.png", "image/png", scans.as_png(sheet.scan))
    draft.expect("recorded", truth=sheet.truth)


def two_files(writer: Writer, draft: Draft) -> None:
    for step in (0, 1):
        sheet = writer.sheet(draft, step=step)
        draft.attach(f"svar {step + 1}.pdf", "application/pdf", scans.as_pdf([sheet.scan]))
        draft.expect("recorded", truth=sheet.truth)


def two_in_one_file(writer: Writer, draft: Draft) -> None:
    sheets = [writer.sheet(draft, step=step) for step in (0, 1)]
    pages = [sheet.scan for sheet in sheets]
    draft.attach("alla svar.pdf", "application/pdf", scans.as_pdf(pages))
    for sheet in sheets:
        draft.expect("recorded", truth=sheet.truth)


def resend(writer: Writer, draft: Draft) -> None:
    municipality, _, file = writer.sent_good[-1]
    draft.municipality = municipality
    draft.subject = "Påminnelse: svar på erbjudande"
    draft.text = "Hej,\n\njag är osäker på om ni fick detta, så jag skickar det igen.\n\n"
    draft.attach(*file)
    draft.expect("duplicate")


def changed_answer(writer: Writer, draft: Draft) -> None:
    # The oldest: one that was sent a moment ago may be registered after this.
    municipality, before, _ = writer.sent_good.pop(0)
    draft.municipality = municipality
    initiative = next(each for each in writer.initiatives if each.id == before.initiative)
    answer = "nej" if before.answer == "ja" else "ja"
    sheet = writer.sheet(draft, answer=answer, initiative=initiative)
    draft.subject = "Ändrat svar"
    draft.attach("nytt svar.pdf", "application/pdf", scans.as_pdf([sheet.scan]))
    draft.expect("review", truth=sheet.truth)


def unsigned(writer: Writer, draft: Draft) -> None:
    sheet = writer.sheet(draft, hand=Hand.NOTHING)
    draft.attach("svar.pdf", "application/pdf", scans.as_pdf([sheet.scan]))
    draft.expect("returned")


def both_boxes(writer: Writer, draft: Draft) -> None:
    sheet = writer.sheet(draft, marks={"ja": Stroke.CROSS, "nej": Stroke.CROSS})
    draft.attach("svar.pdf", "application/pdf", scans.as_pdf([sheet.scan]))
    draft.expect("returned")


def no_box(writer: Writer, draft: Draft) -> None:
    sheet = writer.sheet(draft, marks={})
    draft.attach("svar.pdf", "application/pdf", scans.as_pdf([sheet.scan]))
    draft.expect("returned")


def crossed_out(writer: Writer, draft: Draft) -> None:
    sheet = writer.sheet(draft, marks={"ja": Stroke.CROSSED_OUT, "nej": Stroke.CROSS})
    draft.attach("svar.pdf", "application/pdf", scans.as_pdf([sheet.scan]))
    draft.expect("review", "returned")


def note_beside(writer: Writer, draft: Draft) -> None:
    sheet = writer.sheet(draft, note="ja, men från 2027")
    draft.attach("svar.pdf", "application/pdf", scans.as_pdf([sheet.scan]))
    draft.expect("review")


def locked_file(writer: Writer, draft: Draft) -> None:
    sheet = writer.sheet(draft)
    file = io.BytesIO()
    with pikepdf.open(io.BytesIO(scans.as_pdf([sheet.scan]))) as pdf:
        pdf.save(file, encryption=pikepdf.Encryption(owner="hemligt", user="hemligt", R=6))
    draft.attach("svar (låst).pdf", "application/pdf", file.getvalue())
    draft.expect("returned", "review")


def broken_file(writer: Writer, draft: Draft) -> None:
    data = scans.as_pdf([writer.sheet(draft).scan])
    draft.attach("svar.pdf", "application/pdf", data[: len(data) // 3])
    draft.expect("returned", "review")


def empty_file(writer: Writer, draft: Draft) -> None:
    draft.attach("svar.pdf", "application/pdf", b"")
    draft.expect("returned", "review")


def forgotten_attachment(writer: Writer, draft: Draft) -> None:
    draft.text = "Hej,\n\nbifogat finner ni vårt svar.\n\n"
    draft.expect("review")


def question(writer: Writer, draft: Draft) -> None:
    draft.recipient = NEEDS
    draft.subject = "Fråga om erbjudandet"
    draft.text = "Hej,\n\nmåste svaret vara beslutat i kommunstyrelsen?\n\n"
    draft.expect("review")


def need(writer: Writer, draft: Draft) -> None:
    draft.recipient = NEEDS
    draft.subject = "Förslag på gemensamt initiativ"
    draft.text = "Hej,\n\nhär kommer ett behov enligt er mall.\n\n"
    answers = example_answers(draft.municipality)
    draft.attach("behovsmall.docx", WORD, filled_template(TemplateKind.DOCX, answers))
    draft.expect("need")


def need_in_own_words(writer: Writer, draft: Draft) -> None:
    draft.recipient = NEEDS
    draft.subject = "Ett förslag"
    draft.text = "Hej,\n\nse vår skrivelse.\n\n"
    draft.attach("skrivelse.docx", WORD, letter(draft.municipality))
    draft.expect("need")


def autoreply(writer: Writer, draft: Draft) -> None:
    draft.subject = "Autosvar: Semester"
    draft.text = "Jag är tillbaka den 7 augusti.\n\n"
    draft.headers = {"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All"}
    draft.expect("set_aside")


def newsletter(writer: Writer, draft: Draft) -> None:
    draft.sender = "nyhetsbrev@digitalnytt.example"
    draft.subject = "Veckans nyheter om digitalisering"
    draft.headers = {
        "List-Id": "<veckobrev.digitalnytt.example>",
        "List-Unsubscribe": "<https://digitalnytt.example/avsluta>",
        "Precedence": "bulk",
    }
    draft.expect("set_aside")


def spam(writer: Writer, draft: Draft) -> None:
    draft.sender = "vinnare@lotteri.example"
    draft.subject = "Ni har vunnit"
    draft.text = "Klicka här för att hämta er vinst.\n\n"
    draft.headers = {"X-Spam-Flag": "YES"}
    draft.expect("set_aside")


def answer_among_junk(writer: Writer, draft: Draft) -> None:
    sheet = writer.sheet(draft)
    draft.headers = {"X-Spam-Flag": "YES"}
    draft.attach("svar.pdf", "application/pdf", scans.as_pdf([sheet.scan]))
    draft.expect("recorded", truth=sheet.truth)


def somebody_elses_form(writer: Writer, draft: Draft) -> None:
    sheet = writer.sheet(draft)
    other = writer.next_municipality()
    draft.sender = f"registrator@{domain_of(other)}"
    draft.attach("svar.pdf", "application/pdf", scans.as_pdf([sheet.scan]))
    draft.expect("review")


def forged_code(writer: Writer, draft: Draft) -> None:
    sheet = writer.sheet(draft, key=b"not the key of this installation")
    draft.attach("svar.pdf", "application/pdf", scans.as_pdf([sheet.scan]))
    draft.expect("review")


def bounce(writer: Writer, draft: Draft) -> None:
    draft.null_sender = True
    draft.sender = f"mailer-daemon@{domain_of(draft.municipality)}"
    draft.subject = "Undelivered Mail Returned to Sender"
    draft.text = "Mottagaren finns inte.\n\n"
    draft.headers = {"Auto-Submitted": "auto-replied"}
    draft.expect("set_aside")


_SPECIAL: tuple[Scenario, ...] = (
    two_files,
    resend,
    unsigned,
    both_boxes,
    phone_photo,
    need,
    question,
    autoreply,
    spam,
    changed_answer,
    fax,
    two_in_one_file,
    no_box,
    crossed_out,
    note_beside,
    rough_scan,
    upside_down,
    picture,
    locked_file,
    broken_file,
    empty_file,
    forgotten_attachment,
    newsletter,
    answer_among_junk,
    need_in_own_words,
    somebody_elses_form,
    forged_code,
    bounce,
)


def _mixed(count: int) -> tuple[Scenario, ...]:
    """`count` scenarios: a good scan first, then the special ones spread among good scans."""
    plain = count - len(_SPECIAL)
    mixed: list[Scenario] = []
    special = list(_SPECIAL)
    for number in range(count):
        due = (number + 1) * plain // count
        if mixed.count(good_scan) < max(due, 1):
            mixed.append(good_scan)
        else:
            mixed.append(special.pop(0))
    return tuple(mixed)


SCENARIOS = _mixed(40)
"""Every special scenario once, plain good answers in between."""
