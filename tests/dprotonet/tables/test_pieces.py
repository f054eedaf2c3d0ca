import zipfile
from io import BytesIO

from dprotonet.tables.pieces import Pieces


def test_what_was_taken_is_gone_and_nothing_is_lost():
    pieces = Pieces()
    pieces.write(b"ab")
    pieces.write(bytearray(b"c"))
    assert pieces.size == 3

    assert (pieces.take(), pieces.take(), pieces.size) == (b"abc", b"", 0)


def test_a_zip_file_can_be_written_to_it_and_read_from_what_was_taken():
    pieces, taken = Pieces(), []
    with zipfile.ZipFile(pieces, "w") as archive:
        for name in ("a", "b"):
            archive.writestr(name, name * 1000)
            taken.append(pieces.take())
    taken.append(pieces.take())

    with zipfile.ZipFile(BytesIO(b"".join(taken))) as archive:
        assert archive.testzip() is None
        assert [archive.read(name) for name in archive.namelist()] == [b"a" * 1000, b"b" * 1000]
