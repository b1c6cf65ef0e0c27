"""Förhandsvisning: one recipient's letter as it will be read, and a test of it to oneself."""

from typing import Final

from starlette.responses import Response

from services.registry.mailings.preview import Preview, preview, send_test
from services.registry.tables import Mailing, MailingStage
from services.registry.web import mailing_words
from services.registry.web.pages.mailings import one_of, to_change
from services.registry.web.roles import Permission
from services.registry.web.routes import Pages
from services.registry.web.visit import NotFound, Visit, Visitor
from shared.letters.letter import as_html, as_text
from shared.letters.template import ValueMissing
from shared.outbox import now

pages = Pages()

LETTER_POLICY: Final = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
)
"""Of a letter in a frame: its own inline style, and nothing else at all."""


@pages.get("/utskick/{mailing_id}/forhandsvisning", Permission.ORDER_REMINDERS)
def letter(visit: Visitor, mailing_id: str) -> Response:
    """One recipient's letter, as plain text and in a frame."""
    one = one_of(visit, mailing_id)
    try:
        shown = _shown(visit, one)
        missing = False
    except ValueMissing:
        shown, missing = None, True
    return visit.page(
        "mailing_preview.html",
        one=one,
        shown=shown,
        missing=missing,
        plain=as_text(shown.letter) if shown else "",
        draft=one.stage is MailingStage.DRAFT,
        mw=mailing_words,
    )


@pages.get("/utskick/{mailing_id}/brev", Permission.ORDER_REMINDERS)
def framed(visit: Visitor, mailing_id: str) -> Response:
    """The same letter as HTML, for the frame."""
    try:
        shown = _shown(visit, one_of(visit, mailing_id))
    except ValueMissing:
        raise NotFound from None
    if shown is None:
        raise NotFound
    return letter_page(as_html(shown.letter))


@pages.post("/utskick/{mailing_id}/prov", Permission.ORDER_REMINDERS)
def test(visit: Visitor, mailing_id: str) -> Response:
    """Send one recipient's letter to oneself."""
    one = to_change(visit, mailing_id)
    faults = send_test(
        visit.database,
        visit.site.archive,
        visit.site.printing.office,
        one.id,
        _number(visit.form.get("mottagare", "")),
        visit.form.get("till", "").strip(),
        who=visit.user.name,
        at=now(),
    )
    if faults:
        return visit.page(
            "mailing_test.html",
            status=422,
            one=one,
            faults_found=[mailing_words.fault(fault) for fault in faults],
            till=visit.form.get("till", ""),
            mottagare=visit.form.get("mottagare", ""),
        )
    visit.site.stir()
    return visit.see_other(f"/utskick/{one.id}/skicka?prov=skickat")


def letter_page(html: str) -> Response:
    """A letter's HTML as it may stand in a frame of our pages."""
    headers = {"Content-Security-Policy": LETTER_POLICY, "X-Frame-Options": "SAMEORIGIN"}
    return Response(html, media_type="text/html; charset=utf-8", headers=headers)


def _shown(visit: Visit, one: Mailing) -> Preview | None:
    with visit.database.read() as session:
        return preview(
            session, one, _number(visit.asked("mottagare")), visit.site.printing.office, now()
        )


def _number(asked: str) -> int:
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 8 else 1
