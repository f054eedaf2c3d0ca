"""Results are written whole: a run that is killed leaves no half file behind."""

import json
from pathlib import Path
from typing import Any


def write_whole(file: Path, text: str) -> None:
    """A file that is never seen half written; its folder is made where it is missing."""
    part = file.with_name(file.name + ".part")
    part.parent.mkdir(parents=True, exist_ok=True)
    part.write_text(text, encoding="utf-8")
    part.replace(file)


def write_json(file: Path, values: Any) -> None:
    """Indented JSON."""
    write_whole(file, json.dumps(values, indent=1, ensure_ascii=False) + "\n")
