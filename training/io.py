"""Files that a run writes, and its progress on a terminal.

Results are written whole: a run that is killed leaves no half file behind.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from dprotonet.atomic_files import write_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from torch import Tensor

T = TypeVar("T")


def write_text(file: Path, text: str) -> None:
    """Write a text file in UTF-8; missing folders on the way are made."""
    write_bytes(file, text.encode())


def write_bytes(file: Path, content: bytes) -> None:
    """Write a file; missing folders on the way are made."""
    write_whole(file, lambda stream: stream.write(content))


def write_json(file: Path, values: Any) -> None:
    """Write plain values as indented JSON."""
    write_text(file, json.dumps(values, indent=1, ensure_ascii=False) + "\n")


def png(pixels: Tensor) -> bytes:
    """``(1 or 3, H, W)`` uint8 as a PNG file, as small as it gets."""
    from PIL import Image

    array = pixels.permute(1, 2, 0).contiguous().numpy()
    file = io.BytesIO()
    Image.fromarray(array[:, :, 0] if array.shape[2] == 1 else array).save(
        file, "PNG", optimize=True
    )
    return file.getvalue()


def write_svg(file: Path, figure: Figure) -> None:
    """Write a plot as SVG; the same plot gives the same bytes at every call."""
    import matplotlib

    with matplotlib.rc_context({"svg.hashsalt": "dprotonet"}):  # ids are random without it
        write_whole(
            file, lambda stream: figure.savefig(stream, format="svg", metadata={"Date": None})
        )


def progress_bar(items: Iterable[T], total: int, title: str, unit: str = "image") -> Iterable[T]:
    """The same items, with a bar on standard error while they last.

    There is no bar where standard error is a file.
    """
    from tqdm import tqdm

    bar: Iterable[T] = tqdm(items, total=total, desc=title, unit=unit, disable=None, leave=False)
    return bar


@contextmanager
def fraction_bar(title: str) -> Iterator[Callable[[float], None]]:
    """While it lasts, a bar on standard error that a fraction done, rising to 1, is reported to.

    There is no bar where standard error is a file.
    """
    from tqdm import tqdm

    form = "{l_bar}{bar}| {elapsed} of about {remaining} more"
    with tqdm(total=1.0, desc=title, bar_format=form, disable=None, leave=False) as bar:

        def report(fraction: float) -> None:
            bar.update(fraction - bar.n)

        yield report
