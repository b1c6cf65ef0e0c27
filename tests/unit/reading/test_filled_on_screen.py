"""Forms filled in on the screen: the fields count only where the page shows the same."""

import io

import pikepdf

from shared.events import Outcome, Reason, SignatureState, Source
from tests.bench.forms.cases import printed
from tests.unit.reading.papers import document, measured
from tests.unit.reading.screen import filled

TEXTS = {"contact.name": "Björn Ålund", "contact.email": "bjorn.alund@umea.se"}


def test_it_is_understood_but_not_signed_and_goes_back() -> None:
    reading = document(filled(TEXTS, ("answer.ja",)), "svar.pdf")
    assert (reading.outcome, reading.reasons) == (Outcome.RETURN, (Reason.SIGNATURE_MISSING,))
    assert reading.signature is SignatureState.MISSING
    assert reading.answer is not None
    assert reading.answer.text == "ja"
    assert reading.contact.name is not None
    assert reading.contact.name.text == "Björn Ålund"
    assert reading.contact.name.source is Source.FORM_FIELD
    assert reading.contact.email is not None
    assert reading.contact.email.text == "bjorn.alund@umea.se"


def test_a_text_that_the_page_does_not_show_is_a_contradiction() -> None:
    hidden = filled({"contact.name": "Någon Annan"}, ("answer.ja",), render=False)
    reading = document(hidden, "svar.pdf")
    assert reading.outcome is Outcome.REVIEW
    assert Reason.FIELDS_CONTRADICT_PIXELS in reading.reasons
    assert reading.contact.name is None


def test_a_box_whose_field_says_otherwise_is_a_contradiction() -> None:
    file = io.BytesIO()
    with pikepdf.open(io.BytesIO(filled({}, ("answer.ja",)))) as form:
        for widget in form.pages[0].Annots:
            if str(widget["/T"]) == "answer.nej":
                # The page shows a cross; the state says off.
                widget.AP.N["/Off"] = widget.AP.N["/Yes"]
        form.save(file)
    reading = document(file.getvalue(), "svar.pdf")
    assert reading.outcome is Outcome.REVIEW
    assert Reason.FIELDS_CONTRADICT_PIXELS in reading.reasons


def test_an_untouched_form_goes_back() -> None:
    reading = document(printed(), "svar.pdf")
    assert reading.outcome is Outcome.RETURN
    assert set(reading.reasons) == {Reason.NONE_MARKED, Reason.SIGNATURE_MISSING}


def test_a_signature_field_that_holds_no_signature_is_for_a_person() -> None:
    file = io.BytesIO()
    with pikepdf.open(io.BytesIO(filled({}, ("answer.ja",)))) as form:
        for widget in form.pages[0].Annots:
            if str(widget["/T"]) == "signature":
                widget.FT = pikepdf.Name.Sig
                widget.V = pikepdf.Dictionary(Type=pikepdf.Name.Sig)
        form.save(file)
    reading = document(file.getvalue(), "svar.pdf")
    assert (reading.outcome, reading.reasons) == (Outcome.REVIEW, (Reason.E_SIGNATURE_INVALID,))


def test_a_value_of_millions_of_characters_is_cut_and_contradicts_the_page() -> None:
    data = filled({"contact.name": "a" * 2_000_000}, ("answer.ja",), render=False)
    [page] = measured(data, "svar.pdf").pages
    assert len(page.form_values["contact.name"]) == 501
    assert Reason.FIELDS_CONTRADICT_PIXELS in document(data, "svar.pdf").reasons
