"""De-identification of a file that nobody vouches for: the side that holds the key.

The file is opened in a child process with limits. The child gets the pseudonyms of this file and
nothing from which others could be made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, astuple

from dprotonet.errors import NotAnImage, UnreadableImage
from dprotonet.images.deidentify.instructions import (
    Deidentified,
    Instructions,
    Survey,
    TextFound,
)
from dprotonet.images.isolated.reader import IsolatedReader
from dprotonet.images.limits import Limits
from dprotonet.images.source import Source

Pseudonyms = Callable[[Survey], Instructions]


def deidentify_isolated(
    reader: IsolatedReader, source: Source, pseudonyms: Pseudonyms
) -> tuple[Deidentified, Survey]:
    """A file without the person, and whom it named.

    Args:
        reader: lends a child.
        source: the file.
        pseudonyms: called here with what the child found.

    Raises:
        UnreadableImage: the file cannot be read, or its child crashed or went over a limit.
        ReaderBusy: no child became free in time.
    """
    header, parts, size = reader.request("deidentify", source, Limits())
    with reader.child() as child:
        answer, _ = child.ask(header, parts, file_bytes=size)
        _raise_if_error(answer)
        try:
            survey = Survey(
                {str(k): str(v) for k, v in answer["survey"]["person"].items()},
                tuple(map(str, answer["survey"]["uids"])),
            )
            instructions = pseudonyms(survey)
        except BaseException:
            child.end()  # it waits for instructions that will not come
            raise
        answer, arrays = child.ask({"instructions": asdict(instructions)}, file_bytes=size)
    _raise_if_error(answer)
    try:
        done = Deidentified(
            bytes(arrays[0]),
            str(answer["ending"]),
            tuple(map(str, answer["warnings"])),
            tuple(TextFound(*map(int, box)) for box in answer["text"]),
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise _no_answer() from error
    return done, survey


def black_out_isolated(
    reader: IsolatedReader, data: bytes, rectangles: Sequence[TextFound]
) -> tuple[bytes, str]:
    """As :func:`dprotonet.images.deidentify.blackout.blacked_out`, in a child process."""
    boxes = [astuple(box) for box in rectangles]
    answer, arrays = reader.ask("black out", data, Limits(), rectangles=boxes)
    try:
        return bytes(arrays[0]), str(answer["ending"])
    except (KeyError, IndexError) as error:
        raise _no_answer() from error


def _raise_if_error(answer: dict[str, object]) -> None:
    if "error" in answer:
        error = NotAnImage if answer["error"] == "NotAnImage" else UnreadableImage
        raise error(str(answer.get("text", "")))


def _no_answer() -> UnreadableImage:
    return UnreadableImage(
        "Reading this file stopped the decoder: it is damaged. Export it again, uncompressed"
        " if possible."
    )
