"""ZIP files in pieces, of contents that are made as they go."""

import zipfile
from collections.abc import Iterator
from io import BytesIO

from app.services.downloads.streamed import PIECE, zip_pieces


def test_the_pieces_are_a_zip_file_of_all_that_came() -> None:
    files = [("a.txt", [b"one", b"two"]), ("b/ä.bin", [bytes(range(256)) * 1000]), ("empty", [])]
    made = b"".join(zip_pieces(files))

    with zipfile.ZipFile(BytesIO(made)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == {
            name: b"".join(content) for name, content in files
        }
    assert made == b"".join(zip_pieces(files))


def test_no_more_waits_in_memory_than_a_piece_and_nothing_is_made_before_it_is_asked_for() -> None:
    import random

    noise, asked = random.Random(1), []

    def content() -> Iterator[bytes]:
        for number in range(40):
            asked.append(number)
            yield noise.randbytes(PIECE // 2)

    pieces = zip_pieces([("noise", content())])
    next(pieces)
    assert len(asked) < 6
    assert max(map(len, pieces)) < 3 * PIECE
    assert len(asked) == 40
