"""Files attached to a PDF, or gathered in one (a portfolio), with pikepdf.

A file is an embedded file stream, named by a file specification (ISO 32000-1, 7.11.3 and 7.11.4)
that stands in the document's list, at a place on a page, or anywhere else; all are found.
"""

import io
import zlib
from collections.abc import Iterable, Iterator
from functools import partial

import pikepdf

from services.intake.containers.member import Budget, ContainerFault, Member
from shared.events import Reason

_PIECE_BYTES = 1 << 20


def embedded_files(data: bytes, budget: Budget) -> Iterator[Member]:
    """Yield the files in a PDF. Raises ContainerFault where they cannot all be found.

    That the PDF itself is locked or broken is for its reading to say.
    """
    try:
        with pikepdf.open(io.BytesIO(data), suppress_warnings=True) as document:
            seen: set[tuple[int, int]] = set()
            for name, stream in _files(document):
                if stream.objgen not in seen:
                    seen.add(stream.objgen)
                    yield Member(name, partial(_read, stream, budget))
    except (pikepdf.PdfError, pikepdf.PasswordError):
        return
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as strange:
        raise ContainerFault(Reason.READER_CRASHED, f"stumbled: {strange!r}") from strange


def _files(document: pikepdf.Pdf) -> Iterator[tuple[str, pikepdf.Stream]]:
    nameless = []
    for thing in document.objects:
        if isinstance(thing, pikepdf.Stream) and thing.get("/Type") == pikepdf.Name.EmbeddedFile:
            nameless.append(thing)
        for inner in _with_direct(thing):
            yield from _specified(inner)
    for specification in document.attachments.values():
        yield from _specified(specification.obj)
    for stream in nameless:
        yield "", stream


def _with_direct(thing: pikepdf.Object) -> Iterator[pikepdf.Object]:
    """An object and all that stands in it, but for what it only refers to."""
    waiting = [thing]
    while waiting:
        each = waiting.pop()
        yield each
        inner: Iterable[object] = ()
        if isinstance(each, pikepdf.Array):
            inner = list(each)
        elif isinstance(each, pikepdf.Dictionary | pikepdf.Stream):
            inner = list(each.values())
        waiting.extend(
            one
            for one in inner
            if isinstance(one, pikepdf.Array | pikepdf.Dictionary) and not one.is_indirect
        )


def _specified(thing: object) -> Iterator[tuple[str, pikepdf.Stream]]:
    """The file that a file specification names, once: its names are one file in many spellings."""
    if not isinstance(thing, pikepdf.Dictionary) or "/EF" not in thing:
        return
    name = str(thing.get("/UF", thing.get("/F", "")))
    streams = thing["/EF"]
    if not isinstance(streams, pikepdf.Dictionary):
        return
    for key in ("/UF", "/F", "/DOS", "/Mac", "/Unix"):
        stream = streams.get(key)
        if isinstance(stream, pikepdf.Stream):
            yield name, stream


def _read(stream: pikepdf.Stream, budget: Budget) -> bytes:
    try:
        return _unpacked(stream, budget)
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, AttributeError) as broken:
        raise ContainerFault(Reason.UNREADABLE_FILE, f"broken stream: {broken!r}") from broken


def _unpacked(stream: pikepdf.Stream, budget: Budget) -> bytes:
    data = stream.read_raw_bytes()
    filters = stream.get("/Filter", pikepdf.Array())
    names = [filters] if isinstance(filters, pikepdf.Name) else list(filters)
    if any(name != pikepdf.Name.FlateDecode for name in names) or "/DecodeParms" in stream:
        raise ContainerFault(Reason.UNSUPPORTED_FORMAT, "packed in an unusual way")
    for _ in names:
        data = _inflated(data, budget)
    if not names:
        budget.spend(len(data))
    return data


def _inflated(data: bytes, budget: Budget) -> bytes:
    inflater = zlib.decompressobj()
    pieces = []
    rest = data
    try:
        while not inflater.eof:
            piece = inflater.decompress(rest, _PIECE_BYTES)
            if not piece and not inflater.unconsumed_tail:
                raise ContainerFault(Reason.UNREADABLE_FILE, "ends in the middle")
            budget.spend(len(piece))
            pieces.append(piece)
            rest = inflater.unconsumed_tail
    except zlib.error as broken:
        raise ContainerFault(Reason.UNREADABLE_FILE, f"broken stream: {broken}") from broken
    return b"".join(pieces)
