"""Results are written whole: a run that is killed leaves no half file behind."""

import json
from pathlib import Path
from typing import Any

from dprotonet.atomic_files import write_whole


def write_text(file: Path, text: str) -> None:
    """A text file; its folder is made where it is missing."""
    write_whole(file, lambda stream: stream.write(text.encode()))


def write_json(file: Path, values: Any) -> None:
    """Indented JSON."""
    write_text(file, json.dumps(values, indent=1, ensure_ascii=False) + "\n")
