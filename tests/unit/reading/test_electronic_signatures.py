"""Forms that are filled in and signed on the screen: which signatures count, and which do not."""

import time
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pikepdf
import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter

from services.intake.pages.esign.signatures import electronic_signatures
from services.intake.pages.trust import Trust
from shared.events import (
    DocumentKind,
    DocumentReading,
    ElectronicSignature,
    Outcome,
    Reason,
    SignatureFault,
    SignatureState,
)
from shared.forms import Rect
from shared.own_form import own_form
from tests.bench.forms.cases import OPTIONS, template
from tests.unit.reading.papers import document, paper, pdf
from tests.unit.reading.screen import box_of, edited, filled, printed_for_two
from tests.unit.reading.signing import (
    DAY,
    NOW,
    chair,
    director,
    intermediate,
    issue,
    root,
    sign,
    signed_in_part,
    time_stamped,
    updated,
    with_revocations,
)

TRUST = Trust(roots=(root().pem,), at=NOW + timedelta(minutes=1))
NOBODY = Trust(at=TRUST.at)


@cache
def answered() -> bytes:
    return filled({}, ("answer.ja",))


@cache
def signed() -> bytes:
    return sign(answered(), director())


def read(data: bytes, trust: Trust = TRUST) -> DocumentReading:
    return document(data, "svar.pdf", trust=trust)


def found(data: bytes, trust: Trust = TRUST) -> ElectronicSignature:
    [only] = electronic_signatures(data, trust, 1)
    return only


def test_a_valid_signature_signs_the_form() -> None:
    reading = read(signed())
    assert (reading.outcome, reading.reasons) == (Outcome.AUTO, ())
    assert reading.signature is SignatureState.ELECTRONIC
    assert reading.answer is not None
    assert reading.answer.text == "ja"
    [signature] = reading.electronic_signatures
    assert (signature.name, signature.organisation) == ("Åsa Öberg", "Umeå kommun")
    assert signature.issuer == "Utfärdare för tester"
    assert signature.certificate == f"{director().certificate.serial_number:x}"
    assert signature.covers_all
    assert not signature.timestamped
    assert signature.signed_at is not None
    assert NOW <= signature.signed_at <= datetime.now(UTC)


def test_it_may_be_shown_in_the_box_for_it() -> None:
    area = template().signatures[0].area
    reading = read(sign(answered(), director(), box=box_of(area)))
    assert (reading.outcome, reading.reasons) == (Outcome.AUTO, ())


def test_a_scan_signed_afterwards_is_signed_too() -> None:
    reading = read(sign(pdf([paper()]), director()))
    assert reading.outcome is Outcome.AUTO
    assert reading.signature is SignatureState.ELECTRONIC


def test_the_older_kind_of_signature_counts_as_well() -> None:
    data = sign(answered(), director(), subfilter=SigSeedSubFilter.ADOBE_PKCS7_DETACHED)
    assert found(data).fault is None


def test_without_trusted_roots_nobody_is_trusted() -> None:
    reading = read(signed(), NOBODY)
    assert (reading.outcome, reading.reasons) == (
        Outcome.REVIEW,
        (Reason.E_SIGNATURE_UNTRUSTED,),
    )
    assert reading.signature is SignatureState.UNCLEAR
    assert reading.electronic_signatures[0].fault is SignatureFault.UNTRUSTED


def test_a_signature_that_fails_is_for_a_person() -> None:
    old = issue("Åsa Öberg", intermediate(), ends=NOW - DAY)
    reading = read(sign(answered(), old))
    assert (reading.outcome, reading.reasons) == (Outcome.REVIEW, (Reason.E_SIGNATURE_INVALID,))


def test_an_unsigned_form_with_a_good_signature_on_no_mark_still_lacks_its_mark() -> None:
    reading = read(sign(filled({}), director()))
    assert reading.reasons == (Reason.NONE_MARKED,)


# --- Certificates ------------------------------------------------------------------------------


def test_a_certificate_that_vouches_for_itself_is_not_trusted() -> None:
    assert found(sign(answered(), issue("Åsa Öberg"))).fault is SignatureFault.UNTRUSTED


def test_an_issuer_of_the_same_name_is_not_the_issuer() -> None:
    impostor = issue(
        "Utfärdare för tester", issue("Rot för tester", authority=True), authority=True
    )
    data = sign(answered(), issue("Åsa Öberg", impostor), chain=[impostor])
    assert found(data).fault is SignatureFault.UNTRUSTED


@pytest.mark.parametrize(
    "period", [{"ends": NOW - DAY}, {"begins": NOW + DAY}], ids=["ended", "not begun"]
)
def test_a_certificate_must_be_in_force_when_the_mail_comes(period: dict[str, object]) -> None:
    holder = issue("Åsa Öberg", intermediate(), **period)  # type: ignore[arg-type]
    assert found(sign(answered(), holder)).fault is SignatureFault.EXPIRED


def test_a_certificate_that_has_ended_since_is_good_where_a_trusted_stamp_says_when() -> None:
    holder = issue("Åsa Öberg", intermediate(), ends=NOW - DAY)
    signature = found(sign(answered(), holder, stamped_at=NOW - 2 * DAY))
    assert signature.fault is None
    assert signature.timestamped
    assert signature.signed_at == NOW - 2 * DAY


def test_a_stamp_after_the_end_saves_nothing() -> None:
    holder = issue("Åsa Öberg", intermediate(), ends=NOW - 2 * DAY)
    assert found(sign(answered(), holder, stamped_at=NOW - DAY)).fault is SignatureFault.EXPIRED


def test_a_stamp_of_the_future_is_not_believed() -> None:
    holder = issue("Åsa Öberg", intermediate(), begins=NOW + DAY)
    signature = found(sign(answered(), holder, stamped_at=NOW + 2 * DAY))
    assert signature.fault is SignatureFault.EXPIRED
    assert not signature.timestamped


def test_a_stamp_by_somebody_unknown_is_not_believed_and_does_no_harm() -> None:
    other = Trust(roots=(intermediate().pem,), at=TRUST.at)
    signature = found(sign(answered(), director(), stamped_at=NOW - DAY), other)
    assert signature.fault is None
    assert not signature.timestamped


def test_a_certificate_that_the_file_itself_says_is_revoked_signs_nothing() -> None:
    told = with_revocations(signed(), revoked=director(), at=NOW - DAY)
    assert found(told).fault is SignatureFault.REVOKED


def test_a_file_may_tell_that_its_certificates_are_not_revoked() -> None:
    signature = found(with_revocations(signed()))
    assert signature.fault is None
    assert signature.revocation_known
    assert not found(signed()).revocation_known


@pytest.mark.parametrize(
    "made",
    [
        {"purposes": [ExtendedKeyUsageOID.SERVER_AUTH]},
        {"usable": False},
    ],
    ids=["a web server's", "for encryption"],
)
def test_a_certificate_for_something_else_signs_nothing(made: dict[str, object]) -> None:
    holder = issue("www.umea.se", intermediate(), **made)  # type: ignore[arg-type]
    assert found(sign(answered(), holder)).fault is SignatureFault.NOT_FOR_SIGNING


def test_a_certificate_for_mail_signs() -> None:
    holder = issue("Åsa Öberg", intermediate(), purposes=[ExtendedKeyUsageOID.EMAIL_PROTECTION])
    assert found(sign(answered(), holder)).fault is None


def test_a_key_that_is_too_short_is_weak() -> None:
    holder = issue("Åsa Öberg", intermediate(), rsa_bits=1024)
    assert found(sign(answered(), holder)).fault is SignatureFault.WEAK


def test_no_personal_identity_number_is_kept() -> None:
    holder = issue("Åsa Öberg 19680101-1234", intermediate(), serial="196801011234")
    signature = found(sign(answered(), holder))
    assert signature.name == "Åsa Öberg …"
    assert "1234" not in signature.model_dump_json().replace(signature.certificate, "")


# --- What was signed, and what came later ---------------------------------------------------------


def test_a_single_changed_byte_is_seen() -> None:
    data = bytearray(signed())
    data[data.index(b"/Producer") + 12] ^= 1
    assert found(bytes(data)).fault is SignatureFault.ALTERED


def _signature_bytes(data: bytes) -> slice:
    start = data.index(b"/Contents <") + len(b"/Contents <")
    return slice(start, data.index(b">", start))


def test_a_signature_moved_to_another_file_signs_nothing() -> None:
    other = sign(filled({}, ("answer.nej",)), director())
    room, theirs = _signature_bytes(signed()), other[_signature_bytes(other)]
    length = room.stop - room.start
    moved = signed()[: room.start] + theirs[:length].ljust(length, b"0") + signed()[room.stop :]
    assert found(moved).fault is SignatureFault.ALTERED


def test_white_space_that_a_mail_program_adds_at_the_end_does_no_harm() -> None:
    reading = read(signed() + b"\r\n")
    assert reading.outcome is Outcome.AUTO
    assert not reading.electronic_signatures[0].covers_all


def test_a_document_that_was_closed_by_its_signature_stays_closed() -> None:
    closed = sign(answered(), director(), certify=True, docmdp_permissions=MDPPerm.NO_CHANGES)
    assert found(closed).fault is None

    def in_english(writer: IncrementalPdfFileWriter) -> None:
        writer.root["/Lang"] = pdf_string("en")
        writer.update_root()

    assert found(updated(closed, in_english)).fault is SignatureFault.CHANGED_AFTERWARDS


def _fill(writer: IncrementalPdfFileWriter, name: str, look: bytes, **values: Any) -> None:
    """Change a field as a viewer does: its value and its look, in an update."""
    [reference] = [
        field for field in writer.root["/AcroForm"]["/Fields"] if field.get_object()["/T"] == name
    ]
    field = reference.get_object()
    for key, value in values.items():
        field[pdf_name("/" + key)] = value
    writer.mark_update(reference)
    if look:
        appearance = field["/AP"].raw_get("/N")
        stream = appearance.get_object()
        stream._data, stream._encoded_data = look, None
        writer.mark_update(appearance)


def test_a_field_filled_in_after_the_signature_is_a_change() -> None:
    def later(writer: IncrementalPdfFileWriter) -> None:
        _fill(writer, "answer.nej", b"", V=pdf_name("/Yes"), AS=pdf_name("/Yes"))

    reading = read(updated(signed(), later))
    assert reading.outcome is Outcome.REVIEW
    assert reading.electronic_signatures[0].fault is SignatureFault.CHANGED_AFTERWARDS


def test_a_field_that_only_looks_otherwise_after_the_signature_is_a_change() -> None:
    named = sign(filled({"contact.name": "Karin Ek"}, ("answer.ja",)), director())

    def later(writer: IncrementalPdfFileWriter) -> None:
        _fill(writer, "contact.name", b"/Tx BMC q BT /Helv 11 Tf 2 5 Td (Eva Al) Tj ET Q EMC")

    assert found(named).fault is None
    assert found(updated(named, later)).fault is SignatureFault.CHANGED_AFTERWARDS


@pytest.mark.parametrize("at", ["answer boxes", "mark"])
def test_a_later_signature_may_not_be_shown_over_what_was_signed(at: str) -> None:
    boxes = template().boxes
    area = boxes[0].area if at == "mark" else Rect.spanning(20, 80, 120, 110)
    reading = read(sign(signed(), chair(), field="Second", box=box_of(area)))
    assert reading.outcome is Outcome.REVIEW
    assert Reason.E_SIGNATURE_INVALID in reading.reasons
    faults = [one.fault for one in reading.electronic_signatures]
    assert faults == [SignatureFault.CHANGED_AFTERWARDS, None]


def test_saving_anew_destroys_the_signature() -> None:
    with edited(signed()) as form:
        pass
    assert found(form.data).fault in (SignatureFault.ALTERED, SignatureFault.UNREADABLE)


# --- Several signatories -----------------------------------------------------------------------


@cache
def two_asked_for() -> bytes:
    return filled({}, ("answer.ja",), form=printed_for_two())


def test_two_people_sign_a_form_that_asks_for_two() -> None:
    areas = own_form(tuple(OPTIONS), signatories=2).signatures
    once = sign(two_asked_for(), director(), box=box_of(areas[0].area))
    twice = sign(once, chair(), field="Second", box=box_of(areas[1].area))
    reading = read(twice)
    assert (reading.outcome, reading.reasons) == (Outcome.AUTO, ())
    assert [one.name for one in reading.electronic_signatures] == ["Åsa Öberg", "Björn Ålund"]
    assert [one.covers_all for one in reading.electronic_signatures] == [False, True]
    assert [one.state for one in reading.signatures] == [SignatureState.ELECTRONIC] * 2


@pytest.mark.parametrize("again", [False, True], ids=["once", "twice"])
def test_one_person_cannot_sign_for_two(again: bool) -> None:
    data = sign(two_asked_for(), director())
    if again:
        same = issue("Åsa Öberg", intermediate(), serial="PNOSE-196801011234")
        data = sign(data, same, field="Second")
    reading = read(data)
    assert (reading.outcome, reading.reasons) == (Outcome.REVIEW, (Reason.SIGNATURE_UNCLEAR,))


def test_one_bad_signature_spoils_a_good_one() -> None:
    data = sign(signed(), issue("Någon Annan"), field="Second")
    assert read(data).reasons == (Reason.E_SIGNATURE_UNTRUSTED,)


# --- Damaged and hostile -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"/ByteRange", b"/ByteRangX"),
        (b"/ByteRange [0", b"/ByteRange [7"),
        (b"/ByteRange [", b"/ByteRange <"),
        (b"/ETSI.CAdES.detached", b"/adbe.pkcs7.unheardof"),
        (b"/Contents <30", b"/Contents <FF"),
        (b"/Contents <30", b"/Contents (30"),
        (b"/Type /Sig", b"/Type /Gis"),
    ],
)
def test_a_broken_signature_is_a_signature_that_does_not_count(old: bytes, new: bytes) -> None:
    assert signed().count(old) == 1
    reading = read(signed().replace(old, new.ljust(len(old))))
    assert reading.outcome is Outcome.REVIEW
    assert Reason.E_SIGNATURE_INVALID in reading.reasons or reading.kind is DocumentKind.OTHER


def test_a_signature_that_leaves_out_the_end_of_the_file_is_partial() -> None:
    assert found(signed_in_part(answered(), director(), left_out=60)).fault in (
        SignatureFault.PARTIAL,
        SignatureFault.CHANGED_AFTERWARDS,
    )


def test_a_gap_with_more_in_it_than_the_signature_is_partial() -> None:
    data = signed_in_part(answered(), director(), gap_wider_by=40)
    assert found(data).fault is SignatureFault.PARTIAL


@pytest.mark.parametrize("size", [900_000, 20_000_000])
def test_an_enormous_signature_costs_little(size: int) -> None:
    started = time.perf_counter()
    room = _signature_bytes(signed())
    blown_up = signed()[: room.start] + b"30" * size + signed()[room.stop :]
    assert found(blown_up).fault is not None
    assert time.perf_counter() - started < 10


def test_more_signatures_than_anybody_gives_are_not_looked_at() -> None:
    data = sign(answered(), director())
    with edited(data) as form:
        fields = form.pdf.Root.AcroForm.Fields
        one = fields[len(fields) - 1]
        for number in range(1_000):
            copy = form.pdf.make_indirect(pikepdf.Dictionary(one))
            copy.T = pikepdf.String(f"S{number}")
            fields.append(copy)
    started = time.perf_counter()
    assert electronic_signatures(form.data, TRUST, 1)[0].fault is SignatureFault.UNREADABLE
    assert time.perf_counter() - started < 2


def test_a_time_stamp_alone_is_no_signature() -> None:
    assert read(time_stamped(answered())).reasons == (Reason.SIGNATURE_MISSING,)
