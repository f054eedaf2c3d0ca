"""Damaged, lying and hostile files: each is made again from a seed and a number."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from pydicom import dcmread

from tests.app.services.workplaces import dicom
from tests.soaks.good_files import add_entry, archive, good_files, made_image

HUGE = (0xFFFFFFFF, 0xFFFFFFFE, 0x7FFFFFFF, 0x80000000, 0x00FFFFFF, 0x0000FFFF, 0)
SYNTAXES = tuple(
    f"1.2.840.10008.1.2{ending}".encode()
    for ending in ("", ".1", ".1.99", ".2", ".4.50", ".4.70", ".4.80", ".4.90", ".4.201", ".5")
)
GOOD_OF = 20  # files: one of so many is whole
LEAVING = ("../../escaped.png", "/escaped.png", "C:\\escaped.png", "..\\escaped.png", "a/../../b")


@dataclass(frozen=True)
class Mutant:
    """One file of a soak."""

    number: int
    kind: str
    """How it was made."""
    name: str
    data: bytes

    @property
    def is_good(self) -> bool:
        """It can be read, so that it has to be taken in."""
        return self.kind == "good"


def mutant(seed: int, number: int) -> Mutant:
    """The file of this number."""
    if number % GOOD_OF == 0:
        return Mutant(number, "good", *made_image(seed * 1_000_000 + number))
    chance = random.Random(f"{seed}:{number}")
    kind = chance.choice(tuple(KINDS))
    origin = chance.choice(tuple(good_files()))
    data = KINDS[kind](good_files()[origin], chance)
    if chance.random() < 0.2 and kind not in MADE_WHOLE:  # two wrongs
        data = flipped(data, chance)
    return Mutant(number, kind, f"{number}-{kind}-{origin}".replace(" ", "_"), data)


def flipped(data: bytes, chance: random.Random) -> bytes:
    """Some bits are others; half of the time in the first 2 KiB, where headers are."""
    changed = bytearray(data)
    within = len(changed) if chance.random() < 0.5 else min(len(changed), 2048)
    for _ in range(chance.choice((1, 2, 8, 64))):
        changed[chance.randrange(within)] ^= 1 << chance.randrange(8)
    return bytes(changed)


def cut(data: bytes, chance: random.Random) -> bytes:
    """The end is missing."""
    return data[: chance.randrange(1, len(data))]


def grown(data: bytes, chance: random.Random) -> bytes:
    """Bytes that mean nothing are put in or added."""
    at = chance.choice((len(data), chance.randrange(len(data))))
    return data[:at] + chance.randbytes(chance.choice((1, 7, 512, 70_000))) + data[at:]


def long(data: bytes, chance: random.Random) -> bytes:
    """Two or four bytes are a huge number, often where a format keeps a length."""
    changed = bytearray(data)
    at = _place_of_a_length(data, chance)
    form = chance.choice("<>") + chance.choice("HI")
    size = struct.calcsize(form)
    value = chance.choice(HUGE) & (256**size - 1)
    changed[at : at + size] = struct.pack(form, value)
    return bytes(changed)


def _place_of_a_length(data: bytes, chance: random.Random) -> int:
    marks = (b"\xe0\x7f\x10\x00", b"\x28\x00", b"\xfe\xff\x00\xe0", b"IHDR", b"IDAT", b"\xff\xc0")
    found = [at + len(mark) for mark in marks if (at := data.find(mark)) >= 0]
    if found and chance.random() < 0.7:
        return chance.choice(found) + chance.choice((0, 2, 4, 8))
    return chance.randrange(len(data))


def repeated(data: bytes, chance: random.Random) -> bytes:
    """A piece stands twice, or a hundred times, or is missing."""
    start = chance.randrange(len(data))
    piece = data[start : start + chance.choice((4, 64, 1024, 16_384))]
    times = chance.choice((0, 2, 3, 100 if len(piece) <= 1024 else 2))
    return data[:start] + piece * times + data[start + len(piece) :]


def spliced(data: bytes, chance: random.Random) -> bytes:
    """The beginning of one file and the end of another."""
    other = good_files()[chance.choice(tuple(good_files()))]
    return data[: chance.randrange(1, len(data))] + other[chance.randrange(len(other)) :]


def other_head(data: bytes, chance: random.Random) -> bytes:
    """The header of another file stands over its own."""
    other = good_files()[chance.choice(tuple(good_files()))]
    head = other[: chance.choice((8, 132, 400, 1024))]
    return head + data[len(head) :]


def other_syntax(data: bytes, chance: random.Random) -> bytes:
    """A DICOM file states another transfer syntax than it has."""
    return with_syntax(data, chance.choice(SYNTAXES)) or flipped(data, chance)


def with_syntax(data: bytes, chosen: bytes) -> bytes:
    """The same with another transfer syntax (PS3.10, 7.1); nothing where it states none."""
    element = b"\x02\x00\x10\x00UI"
    at = data.find(element)
    if not 0 <= at <= len(data) - 8:
        return b""
    (length,) = struct.unpack_from("<H", data, at + 6)
    value = chosen + b"\0" * (len(chosen) % 2)
    return data[: at + 6] + struct.pack("<H", len(value)) + value + data[at + 8 + length :]


def other_numbers(data: bytes, chance: random.Random) -> bytes:
    """Rows, columns, bits, samples or frames of a DICOM file are others."""
    try:
        file = dcmread(io.BytesIO(data), force=True)
        for _ in range(chance.choice((1, 1, 2, 4))):
            name = chance.choice(
                ("Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "SamplesPerPixel")
            )
            setattr(file, name, chance.choice((0, 1, 7, 8, 12, 16, 32, 64, 257, 4096, 65535)))
            if chance.random() < 0.3:
                file.NumberOfFrames = chance.choice((0, 1, 2, 999, 2**31 - 1))
            if chance.random() < 0.3:
                words = ("PALETTE COLOR", "YBR_FULL_422", "MONOCHROME1", "RGB", "ARGB", "")
                file.PhotometricInterpretation = chance.choice(words)
        out = io.BytesIO()
        file.save_as(out)
        return out.getvalue()
    except Exception:  # pydicom refuses to write some of it, in many ways
        return flipped(data, chance)


def nested(data: bytes, chance: random.Random) -> bytes:
    """A DICOM file with sequences in sequences, of unknown length."""
    depth = chance.choice((3, 40, 400, 3_000, 30_000))
    begin = b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    end = b"\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0"
    middle = begin * depth + end * (depth if chance.random() < 0.5 else chance.randrange(depth))
    at = data.find(b"\x10\x00\x10\x00PN")
    at = at if at > 0 else min(len(data), 132)
    return data[:at] + middle + data[at:]


def bomb(data: bytes, chance: random.Random) -> bytes:
    """A few kilobytes that claim, or unpack to, far more."""
    made = chance.choice((_png_bomb, _deflated_bomb, _zip_bomb, _large_frame, _large_tiff))(chance)
    return made + chance.randbytes(8)  # no two are the same file


def _png_bomb(chance: random.Random) -> bytes:
    side = chance.choice((9_000, 30_000, 2**31 - 1))
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", _packed_zeros(9_001 * 9_000)), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@cache
def _packed_zeros(size: int) -> bytes:
    return zlib.compress(bytes(size), 9)


def _deflated_bomb(chance: random.Random) -> bytes:
    whole = with_syntax(dicom(), b"1.2.840.10008.1.2.1.99")
    start = whole.find(b"\x08\x00\x16\x00")
    return whole[:start] + _deflated(whole[start:], chance.choice((1, 40, 700)))


@cache
def _deflated(head: bytes, mebibytes: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = [packer.compress(head)]
    packed += [packer.compress(bytes(1024**2)) for _ in range(mebibytes)]
    return b"".join(packed) + packer.flush()


@cache
def _zip_of_zeros(entries: int, mebibytes: int) -> bytes:
    return archive({f"{number}.png": bytes(mebibytes * 1024**2) for number in range(entries)})


def _zip_bomb(chance: random.Random) -> bytes:
    return _zip_of_zeros(chance.choice((1, 8)), chance.choice((1, 30)))


def _large_frame(chance: random.Random) -> bytes:
    file = dcmread(io.BytesIO(dicom(chance.randrange(1000))))
    file.Rows = file.Columns = chance.choice((8_000, 30_000, 65_535))
    out = io.BytesIO()
    file.save_as(out)
    return out.getvalue()


def _large_tiff(chance: random.Random) -> bytes:
    side = chance.choice((8_000, 100_000, 2**31 - 1))
    strip = zlib.compress(bytes(1024**2), 9)
    fields = (
        *((256, 4, side), (257, 4, side), (258, 3, 8), (259, 3, 8), (262, 3, 1)),
        *((273, 4, 8), (277, 3, 1), (278, 4, side), (279, 4, len(strip))),
    )
    rows = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in fields)
    directory = struct.pack("<H", len(fields)) + rows + bytes(4)
    return struct.pack("<2sHI", b"II", 42, 8 + len(strip)) + strip + directory


def leaving(data: bytes, chance: random.Random) -> bytes:
    """A ZIP file whose entries lie outside it, are links, or are archives."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        add_entry(packed, "inside.dcm", data)
        what = chance.choice(("leaving", "link", "archive", "many"))
        if what == "leaving":
            add_entry(packed, chance.choice(LEAVING), b"escaped")
        elif what == "link":
            entry = zipfile.ZipInfo("link")
            entry.external_attr = 0o120777 << 16
            packed.writestr(entry, "/etc/passwd")
        elif what == "archive":
            add_entry(packed, "inner.zip", good_files()["archive.zip"])
        else:
            for number in range(2_100):
                add_entry(packed, f"{number}.png", b"")
    return out.getvalue()


KINDS: Mapping[str, Callable[[bytes, random.Random], bytes]] = {
    "bits": flipped,
    "cut": cut,
    "grown": grown,
    "length": long,
    "piece": repeated,
    "spliced": spliced,
    "head": other_head,
    "syntax": other_syntax,
    "numbers": other_numbers,
    "nested": nested,
    "bomb": bomb,
    "zip": leaving,
}
MADE_WHOLE = ("bomb", "zip")
