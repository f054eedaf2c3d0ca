"""Whatever a decoder raises becomes one sentence with a mend."""

import zlib

import numpy as np
import pytest

from dprotonet.errors import NotAnImage, UnreadableImage
from dprotonet.images.decoder_errors import readable_errors
from dprotonet.images.reader import read_image


def test_what_memory_cannot_hold_is_a_readable_error(photo, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise MemoryError

    data = photo(np.zeros((8, 8), np.uint8), "BMP")
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", full)
    with pytest.raises(UnreadableImage, match="memory"):
        read_image(data)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (RecursionError(), "nested too deeply"),
        (EOFError("patient Doe"), "ends too early"),
        (zlib.error("patient Doe"), "compressed part is damaged"),
        (ValueError("patient Doe"), "damaged or of an unusual kind"),
        (MemoryError(), "smaller size"),
    ],
)
def test_the_sentence_names_the_step_and_the_mend_and_quotes_nothing(error, text):
    with pytest.raises(UnreadableImage, match=text) as caught, readable_errors("reading its head"):
        raise error

    assert str(caught.value).startswith("Reading its head ")
    assert "Doe" not in str(caught.value)
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("error", [NotAnImage("A text."), UnreadableImage("Too large.")])
def test_a_readable_error_passes_unchanged(error):
    with pytest.raises(type(error)) as caught, readable_errors("reading its head"):
        raise error

    assert caught.value is error


def test_a_panic_of_a_decoder_is_an_error_of_the_file_and_an_interrupt_is_not():
    class PanicException(BaseException):
        """As pylibjpeg-rle raises it."""

    with pytest.raises(UnreadableImage), readable_errors("decoding its pixels"):
        raise PanicException
    with pytest.raises(KeyboardInterrupt), readable_errors("decoding its pixels"):
        raise KeyboardInterrupt
