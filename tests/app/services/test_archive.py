"""ZIP files are opened without trust."""

import io
import stat
import zipfile

import pytest

from app.domain.errors import Refused
from app.services.archive import ArchiveLimits, extract, is_archive

SMALL = ArchiveLimits(entries=3, total_bytes=10_000, file_bytes=5_000, ratio=50)


def packed(*files: tuple[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, data in files:
            archive.writestr(zipfile.ZipInfo(name), data, compression)
    return out.getvalue()


def test_the_files_come_out_sorted_without_folders_and_shadows() -> None:
    data = packed(
        ("b/2.dcm", b"two"), ("a/1.dcm", b"one"), ("__MACOSX/a/._1.dcm", b"x"), ("a/.DS_Store", b"")
    )
    assert is_archive(data)
    assert [(e.name, e.data) for e in extract(data)] == [("1.dcm", b"one"), ("2.dcm", b"two")]


@pytest.mark.parametrize("name", ["/etc/passwd", "../x", "a/../../x", "C:\\x", "a\\..\\x", "\\x"])
def test_a_name_that_leaves_the_archive_is_refused(name: str) -> None:
    with pytest.raises(Refused, match="outside itself"):
        list(extract(packed(("good.png", b"x"), (name, b"x"))))


def test_links_are_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        link = zipfile.ZipInfo("film.png")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(Refused, match="links"):
        list(extract(out.getvalue()))


@pytest.mark.parametrize(
    "start", [b"PK\x03\x04", b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07"]
)
def test_an_archive_inside_is_not_opened(start: bytes) -> None:
    (entry,) = extract(packed(("film.png", start + b"rest")))
    assert not entry.data and "archive inside" in entry.problem


def test_too_many_entries_bytes_or_too_high_a_ratio_are_refused() -> None:
    with pytest.raises(Refused, match="4 entries; 3"):
        list(extract(packed(*((f"{n}", b"x") for n in range(4))), limits=SMALL))
    stored = zipfile.ZIP_STORED
    with pytest.raises(Refused, match="unfolds to"):
        list(
            extract(
                packed(("a", b"x" * 6000), ("b", b"y" * 6000), compression=stored), limits=SMALL
            )
        )
    with pytest.raises(Refused, match="do harm"):
        list(extract(packed(("zeros", bytes(8000))), limits=ArchiveLimits(ratio=5)))
    (entry,) = extract(packed(("a", b"x" * 6000), compression=stored), limits=SMALL)
    assert "Larger than" in entry.problem


def test_a_size_that_lies_is_found_out() -> None:
    data = packed(("film", bytes(4000)))
    # 4,000 in the local and in the central directory, little endian, becomes 40.
    lying = data.replace((4000).to_bytes(4, "little"), (40).to_bytes(4, "little"))
    assert lying != data
    entries = []
    with pytest.raises(Refused):
        entries = list(extract(lying))
        raise Refused(entries[0].problem)
    assert all(len(entry.data) <= 40 for entry in entries)


@pytest.mark.parametrize("cut", [10, 40, -5])
def test_a_damaged_archive_is_one_sentence(cut: int) -> None:
    data = packed(("a.png", bytes(range(200))), ("b.png", b"y" * 100))
    with pytest.raises(Refused, match="damaged"):
        list(extract(data[:cut]))


def test_an_encrypted_entry_says_so() -> None:
    data = bytearray(packed(("a.png", b"x")))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    (entry,) = extract(bytes(data))
    assert "encrypted" in entry.problem
