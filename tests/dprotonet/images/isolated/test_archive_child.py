"""Names of archive entries, whichever encoding their writer chose."""

import struct
import zipfile
import zlib

import pytest

from dprotonet.images.isolated.archive_child import entry_name


def entry(raw: bytes, *, utf8: bool = False, extra: bytes = b"") -> zipfile.ZipInfo:
    """As zipfile reads it: a name without the UTF-8 flag is decoded as code page 437."""
    info = zipfile.ZipInfo(raw.decode("utf-8" if utf8 else "cp437"))
    info.orig_filename = info.filename
    info.flag_bits = 0x800 if utf8 else 0
    info.extra = extra
    return info


@pytest.mark.parametrize(
    ("name", "encoding", "utf8"),
    [
        ("plain.dcm", "ascii", False),
        ("größe.png", "utf-8", True),
        ("größe.png", "utf-8", False),
        ("größe.png", "cp437", False),
        ("テスト画像.png", "cp932", False),
    ],
)
def test_a_name_is_what_its_writer_meant(name, encoding, utf8):
    assert entry_name(entry(name.encode(encoding), utf8=utf8)) == name


def test_a_unicode_path_counts_if_it_belongs_to_the_name():
    raw, better = "bild-?.png".encode("cp437") + b"\x81", "bild-ő.png".encode()

    def field(checksum: int) -> bytes:
        body = struct.pack("<BI", 1, checksum) + better
        return struct.pack("<HH", 0x7075, len(body)) + body

    assert entry_name(entry(raw, extra=field(zlib.crc32(raw)))) == "bild-ő.png"
    assert entry_name(entry(raw, extra=field(zlib.crc32(raw) ^ 1))) == raw.decode("cp437")
