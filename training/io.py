"""Results are written whole: a run that is killed leaves no half file behind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dprotonet.atomic_files import write_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def write_text(file: Path, text: str) -> None:
    """A text file; its folder is made where it is missing."""
    write_whole(file, lambda stream: stream.write(text.encode()))


def write_json(file: Path, values: Any) -> None:
    """Indented JSON."""
    write_text(file, json.dumps(values, indent=1, ensure_ascii=False) + "\n")


def write_svg(file: Path, figure: Figure) -> None:
    """A plot as SVG; the same plot gives the same bytes at every call."""
    import matplotlib

    with matplotlib.rc_context({"svg.hashsalt": "dprotonet"}):  # ids are random without it
        write_whole(
            file, lambda stream: figure.savefig(stream, format="svg", metadata={"Date": None})
        )
