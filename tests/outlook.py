"""Writers of Outlook's own formats for tests: saved mails (.msg) and winmail.dat.

No program for Linux writes them. The files are whole by MS-CFB, MS-OXMSG and MS-OXTNEF as far as a
reader of attachments looks: version 3, sectors of 512 bytes, small streams in the mini stream.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Tree = Mapping[str, "bytes | Tree"]

_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_SECTOR, _MINI, _CUTOFF = 512, 64, 4096


@dataclass
class _Entry:
    name: str
    kind: int
    data: bytes = b""
    kids: list[int] = field(default_factory=list)


def compound_file(tree: Tree) -> bytes:
    """Return an OLE compound file with these streams (bytes) and storages (trees)."""
    entries = [_Entry("Root Entry", 5)]
    _grow(entries, 0, tree)
    mini, mini_fat, starts = b"", [], {}
    for index, entry in enumerate(entries):
        if entry.kind == 2 and 0 < len(entry.data) < _CUTOFF:
            starts[index] = len(mini_fat)
            count = -(-len(entry.data) // _MINI)
            mini_fat += [*range(starts[index] + 1, starts[index] + count), _END]
            mini += entry.data.ljust(count * _MINI, b"\0")
    sectors: list[bytes] = []
    fat: list[int] = []

    def store(data: bytes) -> int:
        if not data:
            return _END
        count = -(-len(data) // _SECTOR)
        first = len(sectors)
        padded = data.ljust(count * _SECTOR, b"\0")
        sectors.extend(padded[at : at + _SECTOR] for at in range(0, len(padded), _SECTOR))
        fat.extend([*range(first + 1, first + count), _END])
        return first

    for index, entry in enumerate(entries):
        if entry.kind == 2 and len(entry.data) >= _CUTOFF:
            starts[index] = store(entry.data)
    entries[0].data = mini
    starts[0] = store(mini)
    mini_fat_sectors = -(-len(mini_fat) * 4 // _SECTOR)
    packed = struct.pack(f"<{len(mini_fat)}I", *mini_fat)
    mini_fat_start = store(packed.ljust(mini_fat_sectors * _SECTOR, b"\xff"))
    directory_start = store(_directory(entries, starts))
    fat_sectors = 1
    while fat_sectors * 128 < len(fat) + fat_sectors:
        fat_sectors += 1
    assert fat_sectors <= 109
    fat_start = len(sectors)
    fat += [_FAT] * fat_sectors
    fat += [_FREE] * (fat_sectors * 128 - len(fat))
    header = struct.pack(
        "<8s16sHHHHH6s9I",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 0x3E, 3, 0xFFFE, 9, 6, b"", 0, fat_sectors,
        directory_start, 0, _CUTOFF, mini_fat_start, mini_fat_sectors, _END, 0,
    )  # fmt: skip
    places = [fat_start + n if n < fat_sectors else _FREE for n in range(109)]
    table = struct.pack(f"<{len(fat)}I", *fat)
    return header + struct.pack("<109I", *places) + b"".join(sectors) + table


def _grow(entries: list[_Entry], parent: int, tree: Tree) -> None:
    # Names are ordered by length, then by letters; a list is a tree all the same.
    for name in sorted(tree, key=lambda one: (len(one), one.upper())):
        entries[parent].kids.append(len(entries))
        inner = tree[name]
        index = len(entries)
        if isinstance(inner, bytes):
            entries.append(_Entry(name, 2, inner))
        else:
            entries.append(_Entry(name, 1))
            _grow(entries, index, inner)


def _directory(entries: Sequence[_Entry], starts: Mapping[int, int]) -> bytes:
    right = {}
    for entry in entries:
        right |= dict(zip(entry.kids, entry.kids[1:], strict=False))
    packed = b"".join(
        struct.pack(
            "<64sHBBIII16sIQQIQ",
            entry.name.encode("utf-16-le"), 2 * len(entry.name) + 2, entry.kind, 1, _FREE,
            right.get(index, _FREE), entry.kids[0] if entry.kids else _FREE, b"", 0, 0, 0,
            starts.get(index, _END if entry.kind == 2 else 0), len(entry.data),
        )
        for index, entry in enumerate(entries)
    )  # fmt: skip
    empty = struct.pack("<64sHBBIII16sIQQIQ", b"", 0, 0, 0, _FREE, _FREE, _FREE, b"", 0, 0, 0, 0, 0)
    return packed + empty * (-len(entries) % 4)


@dataclass(frozen=True)
class Attached:
    """A file, or a message, attached to a message of Outlook's."""

    name: str
    data: bytes | None = None
    message: Tree | None = None
    content_id: str = ""


def message_tree(body: str, attached: Sequence[Attached] = (), html: bytes = b"") -> Tree:
    """Return the streams of a message (MS-OXMSG)."""
    tree: dict[str, bytes | Tree] = {
        "__properties_version1.0": bytes(20) + struct.pack("<I8x", len(attached)),
        "__substg1.0_001A001F": "IPM.Note".encode("utf-16-le"),
        "__substg1.0_1000001F": body.encode("utf-16-le"),
    }
    if html:
        tree["__substg1.0_10130102"] = html
    for number, one in enumerate(attached):
        method = 5 if one.message is not None else 1 if one.data is not None else 7
        properties = bytes(8) + struct.pack("<HHIQ", 0x0003, 0x3705, 6, method)
        kind = "3001" if one.message is not None else "3707"
        folder: dict[str, bytes | Tree] = {
            "__properties_version1.0": properties,
            f"__substg1.0_{kind}001F": one.name.encode("utf-16-le"),
        }
        if one.data is not None:
            folder["__substg1.0_37010102"] = one.data
        if one.message is not None:
            folder["__substg1.0_3701000D"] = one.message
        if one.content_id:
            folder["__substg1.0_3712001F"] = one.content_id.encode("utf-16-le")
        tree[f"__attach_version1.0_#{number:08X}"] = folder
    return tree


def saved_mail(body: str, attached: Sequence[Attached] = (), html: bytes = b"") -> bytes:
    """Return a .msg file."""
    no_names = {f"__substg1.0_{number:04X}0102": b"" for number in (2, 3, 4)}
    tree = message_tree(body, attached, html)
    return compound_file({**tree, "__nameid_version1.0": no_names})


def winmail(body: str, attached: Mapping[str, bytes | Sequence[bytes]]) -> bytes:
    """Return a winmail.dat; a list in place of a file's bytes is an embedded message's TNEF."""
    data = struct.pack("<IH", 0x223E9F78, 1)
    data += _attribute(1, 0x00089006, struct.pack("<I", 0x00010000))
    data += _attribute(1, 0x00069007, struct.pack("<II", 1252, 0))
    data += _attribute(1, 0x0002800C, body.encode("cp1252") + b"\0")
    for name, content in attached.items():
        data += _attribute(2, 0x00069002, struct.pack("<HIHHI", 1, 0xFFFFFFFF, 0, 0, 0))
        data += _attribute(2, 0x00018010, b"KORT~1.PDF\0")
        properties = [_wide(0x3707, name), struct.pack("<HHI", 0x0003, 0x3705, 1)]
        if isinstance(content, bytes):
            data += _attribute(2, 0x0006800F, content)
        else:
            inner = bytes(16) + content[0]
            properties.append(struct.pack("<HHII", 0x000D, 0x3701, 1, len(inner)) + _padded(inner))
        packed = struct.pack("<I", len(properties)) + b"".join(properties)
        data += _attribute(2, 0x00069005, packed)
    return data


def _attribute(level: int, name: int, value: bytes) -> bytes:
    head = struct.pack("<BII", level, name, len(value))
    return head + value + struct.pack("<H", sum(value) & 0xFFFF)


def _wide(number: int, text: str) -> bytes:
    value = text.encode("utf-16-le") + b"\0\0"
    return struct.pack("<HHII", 0x001F, number, 1, len(value)) + _padded(value)


def _padded(value: bytes) -> bytes:
    return value + bytes(-len(value) % 4)
