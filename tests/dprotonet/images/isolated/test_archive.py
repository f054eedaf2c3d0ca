"""An archive is listed and unpacked in a child, chunk by chunk."""

import io
import zipfile

import pytest

from dprotonet.errors import UnreadableImage
from dprotonet.images.isolated.archive import DamagedEntry, open_archive
from dprotonet.images.isolated.archive_child import CHUNK
from dprotonet.images.isolated.reader import IsolatedReader

LARGE = bytes(range(256)) * 6000  # more than one chunk


@pytest.fixture(scope="module")
def reader():
    with IsolatedReader() as shared:
        yield shared


def packed(**entries: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return stream.getvalue()


def test_entries_are_listed_and_come_in_chunks(reader, tmp_path):
    path = tmp_path / "images.zip"
    path.write_bytes(packed(small=b"one", large=LARGE))

    with open_archive(reader, path, most=10) as archive:
        assert archive.count == 2
        assert [(entry.name, entry.size) for entry in archive.entries] == [
            ("small", 3),
            ("large", len(LARGE)),
        ]
        chunks = list(archive.chunks(1))
        assert b"".join(chunks) == LARGE and max(map(len, chunks)) <= CHUNK
        assert b"".join(archive.chunks(0)) == b"one"


def test_of_an_archive_with_too_many_entries_only_the_count_is_known(reader):
    with open_archive(reader, packed(a=b"", b=b"", c=b""), most=2) as archive:
        assert (archive.count, archive.entries) == (3, ())


def test_a_damaged_entry_costs_itself(reader):
    data = bytearray(packed(bad=LARGE, good=b"fine"))
    data[60:90] = bytes(30)

    with open_archive(reader, bytes(data), most=10) as archive:
        with pytest.raises(DamagedEntry):
            list(archive.chunks(0))
        assert b"".join(archive.chunks(1)) == b"fine"


def test_what_is_no_archive_is_refused_and_a_closed_one_gives_nothing_more(reader):
    with (
        pytest.raises(UnreadableImage, match="Pack it again"),
        open_archive(reader, b"PK\3\4 but no more", most=10),
    ):
        pass
    with open_archive(reader, packed(a=b"a"), most=10) as archive:
        pass
    with pytest.raises(ValueError, match="closed"):
        next(archive.chunks(0))
