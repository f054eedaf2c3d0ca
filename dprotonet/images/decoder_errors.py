"""Whatever a decoder raises becomes one readable error."""

from __future__ import annotations

import logging
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from dprotonet.errors import ReadableError, UnreadableImage

logger = logging.getLogger(__name__)


@contextmanager
def readable_errors(doing: str) -> Iterator[None]:
    """Turn every exception of the block into ``UnreadableImage``; readable ones pass unchanged.

    Args:
        doing: begins the sentence "… failed", such as "decoding its pixels".
    """
    try:
        with warnings.catch_warnings():
            # pydicom and Pillow warn of deviations that they then read well; what matters to the
            # reader stands in the image's notes.
            warnings.simplefilter("ignore")
            yield
    except ReadableError:
        raise
    except MemoryError as error:
        raise UnreadableImage(
            f"{_sentence(doing)} needs more memory than there is. Export it at a smaller size."
        ) from error
    except RecursionError as error:
        raise UnreadableImage(
            f"{_sentence(doing)} failed: its parts are nested too deeply. Export it again."
        ) from error
    except BaseException as error:
        # pylibjpeg-rle is written in Rust, whose panics are no Exception in Python.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        logger.debug("%s failed", doing, exc_info=True)
        raise UnreadableImage(
            f"{_sentence(doing)} failed{_reason(error)}. The file is damaged or of an unusual kind:"
            " export it again, uncompressed if possible."
        ) from error


def _sentence(doing: str) -> str:
    return doing[:1].upper() + doing[1:]


def _reason(error: BaseException) -> str:
    """The cause, where it is known. A decoder's own text may quote the file, and so a patient."""
    if isinstance(error, (struct.error, EOFError)):
        return " because it ends too early"
    if isinstance(error, zlib.error):
        return " because its compressed part is damaged"
    return ""
