"""Files in files: each becomes a part of its own, with a fate, and says where it came from."""

import io
import random
import zipfile
from collections.abc import Callable, Mapping
from email.message import EmailMessage

import pikepdf
import pytest

from services.intake.mail.message import parse_file
from services.intake.mail.parsed import MessageLimits, PartFound
from shared.events import PartFate, Reason
from tests.outlook import Attached, compound_file, message_tree, saved_mail, winmail
from tests.unit.intake.test_message import PDF, letter, png, taken

Parts = list[PartFound]


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED, **changed: int) -> bytes:
    """Return a zip; `changed` sets fields of every entry, such as `flag_bits`."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return file.getvalue()


def encrypted(archive: bytes) -> bytes:
    """Return the zip with every file marked as encrypted, as a reader sees one that is."""
    data = bytearray(archive)
    for signature, at_flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(signature)
        while at >= 0:
            data[at + at_flags] |= 1
            at = data.find(signature, at + 4)
    return bytes(data)


def opened(data: bytes, name: str = "svar.zip", **limits: object) -> tuple[Parts, list[bytes]]:
    found, documents = parse_file(
        data, name, "application/octet-stream", MessageLimits.model_validate(limits)
    )
    return list(found.parts), documents


def told(parts: Parts) -> list[tuple[str, str, str]]:
    return [(part.filename, part.fate.value, part.reason) for part in parts]


def test_each_file_in_a_zip_is_a_part_that_says_where_it_came_from() -> None:
    other = PDF + b" "
    parts, documents = opened(zipped({"skan.pdf": PDF, "Håbo/två.pdf": other}))
    assert told(parts) == [
        ("svar.zip", "skipped", "opened"),
        ("svar.zip/skan.pdf", "document", ""),
        ("svar.zip/Håbo/två.pdf", "document", ""),
    ]
    assert documents == [PDF, other]
    assert [part.content_type for part in parts[1:]] == ["application/pdf"] * 2


def test_a_zip_attached_to_a_mail_is_opened_where_it_stands() -> None:
    mail = letter()
    mail.add_attachment(
        zipped({"skan.pdf": PDF}), maintype="application", subtype="zip", filename="svar.zip"
    )
    mail.add_attachment(PDF + b" ", maintype="application", subtype="pdf", filename="sist.pdf")
    parsed, documents = taken(mail)
    assert [part.filename for part in parsed.parts] == [
        "", "svar.zip", "svar.zip/skan.pdf", "sist.pdf",
    ]  # fmt: skip
    assert documents == [PDF, PDF + b" "]
    assert parsed.reasons == ()


def test_a_zip_in_a_zip_is_opened_as_deep_as_the_limit() -> None:
    data = zipped({"skan.pdf": PDF})
    for level in range(3):
        data = zipped({f"{level}.zip": data})
    parts, documents = opened(data)
    assert parts[-1].filename == "svar.zip/2.zip/1.zip/0.zip/skan.pdf"
    assert documents == [PDF]
    parts, documents = opened(data, depth=2)
    assert told(parts)[-1] == ("svar.zip/2.zip/1.zip", "document", "")
    assert parts[-1].fault is Reason.TOO_LARGE


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "svar.zip/etc/passwd"),
        ("/etc/passwd", "svar.zip/etc/passwd"),
        ("C:\\temp\\svar.pdf", "svar.zip/C:/temp/svar.pdf"),
        ("a\u202efdp.exe", "svar.zip/afdp.exe"),
        ("..", "svar.zip"),
        ("å" * 400 + ".pdf", "svar.zip/" + "å" * 137 + ".pdf"),
    ],
)
def test_no_name_in_an_archive_leads_out_of_it(name: str, shown: str) -> None:
    assert opened(zipped({name: PDF}))[0][1].filename == shown


def test_what_a_system_leaves_in_an_archive_is_skipped_with_its_reason() -> None:
    files = {"__MACOSX/._skan.pdf": b"\0\5\x16\7", "a/.DS_Store": b"x", "Thumbs.db": b"y"}
    parts, documents = opened(zipped({**files, "skan.pdf": PDF}))
    assert [part.reason for part in parts[1:]] == ["system_file"] * 3 + [""]
    assert documents == [PDF]


def test_a_text_in_an_archive_is_a_document() -> None:
    mail = letter("Se bifogat.")
    data = zipped({"villkor.txt": b"Om staten betalar.", "skan.pdf": PDF})
    mail.add_attachment(data, maintype="application", subtype="zip", filename="svar.zip")
    parsed, documents = taken(mail)
    assert [part.fate for part in parsed.parts[2:]] == [PartFate.DOCUMENT] * 2
    assert documents == [b"Om staten betalar.", PDF]


def test_a_folder_that_holds_something_is_a_file() -> None:
    parts, documents = opened(zipped({"a.pdf": PDF, "b.pdf/": PDF + b" ", "tom/": b""}))
    assert [part.filename for part in parts[1:]] == ["svar.zip/a.pdf", "svar.zip/b.pdf"]
    assert documents == [PDF, PDF + b" "]


def _behind(first: bytes, second: bytes) -> bytes:
    return first + second


def _left_out(first: bytes, second: bytes) -> bytes:
    """Return the second archive with the first one's file among its files, but not listed."""
    at = second.rfind(b"PK\x01\x02")
    end = second.rfind(b"PK\x05\x06")
    files = first[: first.rfind(b"PK\x01\x02")]
    start = len(second[:at]) + len(files)
    record = bytearray(second[end:])
    record[16:20] = start.to_bytes(4, "little")
    return second[:at] + files + second[at:end] + bytes(record)


def _after_the_end(first: bytes, second: bytes) -> bytes:
    return second + first[: first.rfind(b"PK\x01\x02")]


@pytest.mark.parametrize("put", [_behind, _left_out, _after_the_end])
def test_a_zip_that_holds_more_than_its_directory_says_is_not_whole(
    put: Callable[[bytes, bytes], bytes],
) -> None:
    parts, documents = opened(put(zipped({"a.pdf": PDF + b" nej"}), zipped({"b.pdf": PDF})))
    assert parts[0].fault in (Reason.FILE_REPAIRED, Reason.UNREADABLE_FILE)
    assert PDF in documents[1:]


def test_zips_as_programs_write_them_are_whole() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("mapp")
        archive.writestr("mapp/a.pdf", PDF)
        archive.comment = "Svar från kommunen".encode()
        with archive.open("b.pdf", "w", force_zip64=True) as streamed:
            streamed.write(PDF + b" ")
    assert opened(file.getvalue())[0][0].reason == "opened"


def test_a_mail_in_a_zip_is_taken_apart() -> None:
    inner = letter("Vidarebefordrat")
    inner.add_attachment(PDF, maintype="application", subtype="pdf", filename="inne.pdf")
    parts, documents = opened(zipped({"brev.eml": inner.as_bytes()}))
    assert parts[-1].filename == "svar.zip/brev.eml/inne.pdf"
    assert documents == [PDF]


# --- archives that cannot be opened, or not to the end ---------------------------------------


def test_a_locked_zip_is_a_document_that_says_so() -> None:
    parts, documents = opened(encrypted(zipped({"skan.pdf": PDF})))
    assert told(parts) == [("svar.zip", "document", ""), ("svar.zip/skan.pdf", "skipped", "locked")]
    assert parts[0].fault is Reason.LOCKED_FILE
    assert len(documents) == 1


def test_an_empty_zip_is_an_empty_file_and_half_a_zip_is_a_broken_one() -> None:
    assert opened(zipped({}))[0][0].fault is Reason.EMPTY_FILE
    data = zipped({"skan.pdf": PDF * 500})
    assert opened(data[:-40])[0][0].fault is Reason.UNREADABLE_FILE
    damaged = bytearray(data)
    damaged[60:70] = bytes(10)
    parts, _ = opened(bytes(damaged))
    assert parts[0].fault is Reason.UNREADABLE_FILE
    assert parts[1].reason == "damaged"


def test_a_zip_that_calls_itself_a_word_file_is_not_taken_apart() -> None:
    assert told(opened(zipped({"skan.pdf": PDF}), "svar.docx")[0]) == [
        ("svar.docx", "document", "")
    ]  # fmt: skip


def test_an_unusual_way_of_packing_is_not_supported() -> None:
    parts, _ = opened(zipped({"skan.pdf": PDF}, zipfile.ZIP_LZMA))
    assert (parts[0].fault, parts[1].reason) == (Reason.UNSUPPORTED_FORMAT, "unsupported")


def test_a_bomb_is_not_unpacked_and_what_stands_beside_it_is_read() -> None:
    bomb = zipped({"noll.bin": bytes(30_000_000), "skan.pdf": PDF})
    assert len(bomb) < 100_000
    parts, documents = opened(bomb)
    assert parts[0].fault is Reason.TOO_LARGE
    assert told(parts)[1:] == [
        ("svar.zip/noll.bin", "skipped", "too_large"), ("svar.zip/skan.pdf", "document", ""),
    ]  # fmt: skip
    assert documents[1] == PDF


def test_many_layers_of_bombs_are_held_to_one_number_of_bytes() -> None:
    data = zipped({f"{number}.pdf": PDF + bytes([number]) * 900_000 for number in range(20)})
    layers = zipped({f"{number}.zip": data + bytes([number]) for number in range(20)})
    parts, documents = opened(layers, unpacked_bytes=5_000_000)
    assert sum(len(document) for document in documents) < 6_000_000
    assert parts[0].fault is Reason.TOO_LARGE or any(part.fault for part in parts)


def test_more_files_than_parts_are_looked_at_are_listed() -> None:
    mail = letter()
    data = zipped({f"{number}.pdf": PDF + b"%d" % number for number in range(2_000)})
    mail.add_attachment(data, maintype="application", subtype="zip", filename="svar.zip")
    parsed, documents = taken(mail, parts=10)
    assert parsed.reasons == (Reason.TOO_MANY_PARTS,)
    assert len(parsed.parts) == 1_000
    assert len(documents) == 8


def test_a_claim_that_is_too_small_is_found_out() -> None:
    data = bytearray(zipped({"skan.pdf": PDF * 100}))
    at = data.find(b"PK\x01\x02") + 24
    data[at : at + 4] = (10).to_bytes(4, "little")
    parts, _ = opened(bytes(data))
    assert (parts[0].fault, parts[1].reason) == (Reason.UNREADABLE_FILE, "damaged")


# --- Outlook ---------------------------------------------------------------------------------


def test_a_saved_outlook_mail_gives_its_words_and_its_files() -> None:
    inner = message_tree("Längst in.", [Attached("inne.pdf", PDF + b"2")])
    data = saved_mail(
        "Hej, här är vårt svar.",
        [Attached("skan.pdf", PDF * 300), Attached("Vidarebefordrat: svar", message=inner)],
    )
    mail = letter()
    mail.add_attachment(data, maintype="application", subtype="vnd.ms-outlook", filename="svar.msg")
    parsed, documents = taken(mail)
    assert told(list(parsed.parts))[1:] == [
        ("svar.msg", "skipped", "opened"),
        ("svar.msg", "text", ""),
        ("svar.msg/skan.pdf", "document", ""),
        ("svar.msg", "text", ""),
        ("svar.msg/Vidarebefordrat: svar.msg/inne.pdf", "document", ""),
    ]
    assert documents == [PDF * 300, PDF + b"2"]
    assert "vårt svar" in parsed.text
    assert "Längst in" in parsed.text


def test_a_logo_in_a_saved_mail_is_no_document() -> None:
    html = b'<p>Hej <img src="cid:logo@x"></p>'
    data = saved_mail("", [Attached("logo.png", png(300, 200), content_id="logo@x")], html)
    parts, documents = opened(data, "svar.msg")
    assert [part.reason for part in parts] == ["opened", "", "inline_image"]
    assert documents == []


def test_a_file_that_a_saved_mail_only_links_to_is_missed() -> None:
    parts, _ = opened(saved_mail("Se länk.", [Attached("skan.pdf")]), "svar.msg")
    assert parts[0].fault is Reason.UNSUPPORTED_FORMAT
    assert told(parts)[-1] == ("svar.msg/skan.pdf", "skipped", "unsupported")


def test_an_attachment_that_is_stated_and_not_there_is_missed() -> None:
    tree = dict(message_tree("Hej", [Attached("ett.pdf", PDF), Attached("två.pdf", PDF + b"2")]))
    del tree["__attach_version1.0_#00000001"]
    parts, documents = opened(compound_file(tree), "svar.msg")
    assert parts[0].fault is Reason.FILE_REPAIRED
    assert documents[1:] == [PDF]


@pytest.mark.parametrize("share", [0.2, 0.6, 0.95])
def test_a_cut_off_saved_mail_is_never_taken_for_a_whole_one(share: float) -> None:
    data = saved_mail("Hej", [Attached("skan.pdf", PDF * 900)])
    parts, _ = opened(data[: int(len(data) * share)], "svar.msg")
    assert parts[0].fate is PartFate.DOCUMENT
    # Cut off so early that nothing tells it from an old Office file, it is for its reader to say.
    unknown = parts[0].content_type == "application/x-ole-storage"
    assert unknown or parts[0].fault in (Reason.UNREADABLE_FILE, Reason.FILE_REPAIRED)


def test_an_office_file_is_for_its_reader_and_not_taken_apart() -> None:
    for streams in ({"EncryptedPackage": bytes(5000)}, {"WordDocument": bytes(5000)}):
        parts, documents = opened(compound_file(streams), "svar.doc")
        assert told(parts) == [("svar.doc", "document", "")]
        assert (parts[0].fault, len(documents)) == (None, 1)


def test_winmail_dat_gives_its_words_and_its_files() -> None:
    inner = winmail("Längst in.", {"inne.pdf": PDF + b"2"})
    mail = letter()
    mail.add_attachment(
        winmail("Hej, här är vårt svar.", {"Håbo skan.pdf": PDF, "svar": [inner]}),
        maintype="application", subtype="ms-tnef", filename="winmail.dat",
    )  # fmt: skip
    parsed, documents = taken(mail)
    assert told(list(parsed.parts))[1:] == [
        ("winmail.dat", "skipped", "opened"),
        ("winmail.dat", "text", ""),
        ("winmail.dat/Håbo skan.pdf", "document", ""),
        ("winmail.dat", "text", ""),
        ("winmail.dat/svar.msg/inne.pdf", "document", ""),
    ]
    assert documents == [PDF, PDF + b"2"]
    assert "Längst in" in parsed.text


@pytest.mark.parametrize("share", [0.3, 0.6, 0.99])
def test_a_cut_off_winmail_dat_is_broken(share: float) -> None:
    data = winmail("Hej", {"skan.pdf": PDF * 100})
    parts, _ = opened(data[: int(len(data) * share)], "winmail.dat")
    assert [part.fault for part in parts] == [Reason.UNREADABLE_FILE]


# --- PDF -------------------------------------------------------------------------------------


def with_files(files: Mapping[str, bytes], *, on_page: bool = False) -> bytes:
    """Return a PDF of one page with files attached, in its list or at a place on the page."""
    file = io.BytesIO()
    with pikepdf.new() as made:
        page = made.add_blank_page(page_size=(595, 842))
        for name, data in files.items():
            specification = pikepdf.AttachedFileSpec(made, data, filename=name)
            if not on_page:
                made.attachments[name] = specification
                continue
            place = pikepdf.Dictionary(
                Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.FileAttachment,
                Rect=[10, 10, 30, 30], FS=specification.obj,
            )  # fmt: skip
            page.obj.Annots = pikepdf.Array([made.make_indirect(place)])
        made.save(file)
    return file.getvalue()


@pytest.mark.parametrize("on_page", [False, True])
def test_files_attached_to_a_pdf_are_parts_beside_it(on_page: bool) -> None:
    data = with_files({"svar.pdf": PDF, "läs.txt": b"hej"} if not on_page else {"svar.pdf": PDF},
                      on_page=on_page)  # fmt: skip
    parts, documents = opened(data, "portfölj.pdf")
    assert told(parts)[0] == ("portfölj.pdf", "document", "")
    assert ("portfölj.pdf/svar.pdf", "document", "") in told(parts)
    assert documents == ([data, PDF] if on_page else [data, PDF, b"hej"])


def test_a_file_named_by_a_direct_dictionary_in_a_direct_array_is_found() -> None:
    file = io.BytesIO()
    with pikepdf.new() as made:
        made.add_blank_page(page_size=(595, 842))
        stream = made.make_stream(PDF)
        named = pikepdf.Dictionary(EF=pikepdf.Dictionary(F=stream), F="nej.pdf")
        made.Root.AF = pikepdf.Array([pikepdf.Array([named])])
        made.save(file)
    parts, documents = opened(file.getvalue(), "svar.pdf")
    assert parts[-1].filename == "svar.pdf/nej.pdf"
    assert documents == [file.getvalue(), PDF]


def test_a_bomb_in_a_pdf_is_a_doubt_about_the_mail() -> None:
    data = with_files({"noll.bin": bytes(20_000_000)})
    mail = letter()
    mail.add_attachment(data, maintype="application", subtype="pdf", filename="svar.pdf")
    parsed, documents = taken(mail, unpacked_bytes=10_000_000)
    assert documents == [data]
    assert parsed.reasons == (Reason.TOO_LARGE,)
    assert told(list(parsed.parts))[-1] == ("svar.pdf/noll.bin", "skipped", "too_large")


@pytest.mark.parametrize("kind", ["zip", "msg", "tnef", "pdf"])
def test_every_damaged_container_is_taken_apart_as_far_as_it_goes(kind: str) -> None:
    whole = {
        "zip": zipped({"a.pdf": PDF * 50, "b/ö.txt": b"hej", "c.zip": zipped({"d.pdf": PDF})}),
        "msg": saved_mail("Hej", [Attached("a.pdf", PDF * 300), Attached("b.pdf", PDF)]),
        "tnef": winmail("Hej", {"a.pdf": PDF, "b": [winmail("in", {"b.pdf": PDF})]}),
        "pdf": with_files({"svar.pdf": PDF, "läs.txt": b"hej" * 100}),
    }[kind]
    chance = random.Random(kind)
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(chance.choice((1, 2, 5, 20))):
            at = chance.randrange(len(data))
            if chance.random() < 0.7:
                data[at] = chance.randrange(256)
            elif chance.random() < 0.5:
                del data[at : at + chance.randrange(1, 40)]
            else:
                data[at:at] = chance.randbytes(9)
        parts, documents = opened(bytes(data), f"svar.{kind}")
        assert len(documents) == sum(part.fate is PartFate.DOCUMENT for part in parts)
        assert all(part.reason for part in parts if part.fate is PartFate.SKIPPED)


def test_archives_left_closed_are_documents() -> None:
    data = zipped({"skan.pdf": PDF})
    parts, documents = opened(data, unpack=False)
    assert told(parts) == [("svar.zip", "document", "")]
    assert documents == [data]


def test_the_same_file_in_an_archive_and_beside_it_is_read_once() -> None:
    mail = EmailMessage()
    mail.add_attachment(PDF, maintype="application", subtype="pdf", filename="skan.pdf")
    data = zipped({"skan.pdf": PDF})
    mail.add_attachment(data, maintype="application", subtype="zip", filename="svar.zip")
    parsed, documents = taken(mail)
    assert documents == [PDF]
    assert parsed.parts[-1].reason == "same_as_earlier"
