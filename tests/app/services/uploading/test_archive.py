"""ZIP files are opened without trust."""

import functools
import io
import json
import stat
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.domain.errors import Refused
from app.services.adapters.image_reader import ImageReader
from app.services.uploading import archive
from app.services.uploading.archive import ArchiveLimits, Entry, is_archive
from tests.benchmarks import archives

SMALL = ArchiveLimits(entries=3, total_bytes=10_000, file_bytes=5_000, ratio=50)
Extract = Callable[..., Iterator[Entry]]


@pytest.fixture(scope="module")
def images() -> Iterator[ImageReader]:
    reader = ImageReader()
    yield reader
    reader.close()


@pytest.fixture(scope="module")
def extract(images: ImageReader) -> Extract:
    return functools.partial(archive.extract, images)


def packed(
    *files: tuple[str, bytes], compression: int = zipfile.ZIP_DEFLATED, external: int = 0
) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as file:
        for name, data in files:
            info = zipfile.ZipInfo(name)
            info.external_attr = external
            file.writestr(info, data, compression)
    return out.getvalue()


def named(raw: bytes, extra: bytes = b"") -> bytes:
    """An archive of one entry whose name is these bytes, without the flag that says UTF-8."""
    stand_in = "x" * len(raw)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        info = zipfile.ZipInfo(stand_in)
        info.extra = extra
        file.writestr(info, b"data")
    return out.getvalue().replace(stand_in.encode(), raw)


def content(entry: Entry) -> bytes:
    assert entry.file is not None, entry.problem
    return entry.file.read()


def test_the_files_come_out_sorted_without_folders_and_shadows(extract: Extract) -> None:
    data = packed(
        ("b/2.dcm", b"two"), ("a/1.dcm", b"one"), ("__MACOSX/a/._1.dcm", b"x"), ("a/.DS_Store", b"")
    )
    assert is_archive(data)
    assert [(e.name, content(e)) for e in extract(data)] == [("1.dcm", b"one"), ("2.dcm", b"two")]


def test_an_archive_on_the_disk_gives_the_same(extract: Extract, tmp_path: Path) -> None:
    path = tmp_path / "images.zip"
    path.write_bytes(packed(("a.png", bytes(3_000_000)), ("empty", b"")))
    assert is_archive(path)
    unlimited = ArchiveLimits(ratio=10_000)
    result = [(e.name, content(e)) for e in extract(path, limits=unlimited)]
    assert result == [("a.png", bytes(3_000_000)), ("empty", b"")]
    path.unlink()
    with pytest.raises(Refused, match="cannot be opened"):
        list(extract(path))


def test_an_entry_that_is_not_read_to_its_end_costs_the_next_one_nothing(extract: Extract) -> None:
    data = packed(("a", b"1" * 3_000_000), ("b", b"2"), compression=zipfile.ZIP_STORED)
    result = []
    for entry in extract(data):
        assert entry.file is not None
        result.append(entry.file.read(1))
    assert result == [b"1", b"2"]


def test_an_entry_is_not_read_after_its_archive(extract: Extract) -> None:
    (entry,) = extract(packed(("a", b"1" * 3_000_000), compression=zipfile.ZIP_STORED))
    with pytest.raises(ValueError, match="closed"):
        content(entry)


def test_equal_names_are_told_apart_by_their_paths(extract: Extract) -> None:
    data = packed(("p1/image.jpg", b"1"), ("p2/image.jpg", b"2"), ("p3\\image.jpg", b"3"))
    assert [(e.name, e.path) for e in extract(data)] == [
        ("image.jpg", "p1/image.jpg"),
        ("image.jpg", "p2/image.jpg"),
        ("image.jpg", "p3/image.jpg"),
    ]


@pytest.mark.parametrize(
    ("raw", "displayed"),
    [
        ("Aufnahme Brücke.png".encode(), "Aufnahme Brücke.png"),
        ("胸部/写真.dcm".encode(), "胸部/写真.dcm"),
        ("Brücke.png".encode("cp437"), "Brücke.png"),
        ("Château été.png".encode("cp437"), "Château été.png"),
        ("胸部レントゲン.dcm".encode("cp932"), "胸部レントゲン.dcm"),
    ],
)
def test_names_without_the_utf8_flag_are_read_as_they_were_meant(
    extract: Extract, raw: bytes, displayed: str
) -> None:
    assert [(e.path, content(e)) for e in extract(named(raw))] == [(displayed, b"data")]


def test_the_unicode_path_field_goes_before_the_bytes_of_the_name(extract: Extract) -> None:
    raw, meant = b"Aufn\x84hme.png", "Aufnähme Łódź.png".encode()
    body = struct.pack("<BI", 1, zlib.crc32(raw)) + meant
    (entry,) = extract(named(raw, struct.pack("<HH", 0x7075, len(body)) + body))
    assert entry.name == "Aufnähme Łódź.png"


def test_control_characters_of_a_name_are_not_shown(extract: Extract) -> None:
    (entry,) = extract(packed(("a\x1b[31m/im\nage.png", b"x")))
    assert (entry.name, entry.path) == ("image.png", "a[31m/image.png")


@pytest.mark.parametrize("name", ["/etc/passwd", "../x", "a/../../x", "C:\\x", "a\\..\\x", "\\x"])
def test_a_name_that_leaves_the_archive_is_refused(extract: Extract, name: str) -> None:
    with pytest.raises(Refused, match="outside itself"):
        list(extract(packed(("good.png", b"x"), (name, b"x"))))


def test_links_are_refused(extract: Extract) -> None:
    data = packed(("image.png", b"/etc/passwd"), external=(stat.S_IFLNK | 0o777) << 16)
    with pytest.raises(Refused, match="links"):
        list(extract(data))


@pytest.mark.parametrize(
    "start", [b"PK\x03\x04", b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07"]
)
def test_an_archive_inside_is_not_opened(extract: Extract, start: bytes) -> None:
    (entry,) = extract(packed(("image.png", start + b"rest")))
    assert entry.file is None and "archive inside" in entry.problem


@pytest.mark.skipif(sys.platform != "linux", reason="reads the largest memory from /proc")
@pytest.mark.parametrize(
    "compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED]
)
def test_no_archive_takes_memory_of_this_process(tmp_path: Path, compression: int) -> None:
    path = tmp_path / "images.zip"
    with zipfile.ZipFile(path, "w", compression) as file:
        archives.write(file, "image.dcm", 80)
    command = [sys.executable, "-m", archives.__name__, "one", str(path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    result = json.loads(ran.stdout)
    usual = compression in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED)
    assert result["taken_mib"] == (80 if usual else 0)
    assert result["growth_mb"] < 40


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_only_stored_and_deflated_entries_are_unpacked(extract: Extract, compression: int) -> None:
    odd = packed(("b.png", b"x" * 1000), compression=compression)
    (entry,) = extract(odd)
    assert entry.file is None and "packed in a way that is not known" in entry.problem
    # An entry that is damaged as well says no word of a library.
    (entry,) = extract(odd.replace(odd[36:50], bytes(14)))
    assert entry.file is None and "packed in a way that is not known" in entry.problem


def test_too_many_entries_bytes_or_too_high_a_ratio_are_refused(extract: Extract) -> None:
    with pytest.raises(Refused, match="4 entries; 3"):
        list(extract(packed(*((f"{n}", b"x") for n in range(4))), limits=SMALL))
    stored = zipfile.ZIP_STORED
    with pytest.raises(Refused, match="unpacks to"):
        list(
            extract(
                packed(("a", b"x" * 6000), ("b", b"y" * 6000), compression=stored), limits=SMALL
            )
        )
    with pytest.raises(Refused, match="do harm"):
        list(extract(packed(("zeros", bytes(8000))), limits=ArchiveLimits(ratio=5)))
    (entry,) = extract(packed(("a", b"x" * 6000), compression=stored), limits=SMALL)
    assert "Larger than" in entry.problem


def test_a_false_size_is_detected(extract: Extract) -> None:
    data = packed(("image", bytes(4000)))
    # 4,000 in the local and in the central directory, little endian, becomes 40.
    lying = data.replace((4000).to_bytes(4, "little"), (40).to_bytes(4, "little"))
    assert lying != data
    (entry,) = extract(lying)
    assert entry.file is None and "damaged inside the ZIP" in entry.problem


def test_damage_that_shows_only_at_the_end_of_an_entry_costs_that_entry(extract: Extract) -> None:
    data = bytearray(packed(("a", b"1" * 2_500_000), ("b", b"2"), compression=0))
    data[2_400_000] ^= 1  # in the third chunk; the sum at the end no longer agrees
    first, second = "", b""
    for entry in extract(bytes(data)):
        assert entry.file is not None
        if entry.name == "a":
            with pytest.raises(Refused, match="damaged inside the ZIP") as caught:
                entry.file.read()
            first = str(caught.value)
        else:
            second = entry.file.read()
    assert first and second == b"2"


@pytest.mark.parametrize("cut", [10, 40, -5])
def test_a_damaged_archive_is_one_sentence(extract: Extract, cut: int) -> None:
    data = packed(("a.png", bytes(range(200))), ("b.png", b"y" * 100))
    with pytest.raises(Refused, match="damaged"):
        list(extract(data[:cut]))


def test_an_encrypted_entry_says_so(extract: Extract) -> None:
    data = bytearray(packed(("a.png", b"x")))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    (entry,) = extract(bytes(data))
    assert "encrypted" in entry.problem


@pytest.mark.skipif(sys.platform == "win32", reason="stops a process by a signal")
def test_a_child_that_ends_midway_refuses_the_archive(
    images: ImageReader, extract: Extract
) -> None:
    data = packed(("a", b"1" * 3_000_000), ("b", b"2"), compression=zipfile.ZIP_STORED)
    entries = extract(data)
    first = next(entries)
    assert first.file is not None
    for child in images._archives._pool._lent:
        child.end()
    with pytest.raises(Refused, match="damaged"):
        first.file.read()
    with pytest.raises(Refused, match="damaged"):
        next(entries)
    assert [entry.name for entry in extract(data)] == ["a", "b"]
