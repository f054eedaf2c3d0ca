"""Run folders as earlier versions wrote them: a JSON file for each row, ``rows/KEY.json``."""

import json
from pathlib import Path
from typing import Any

from training.comparison.row_file import FILE, RowFile


def old_file(folder: Path, key: str, row: Any) -> Path:
    """Write one row's file."""
    file = folder / "rows" / f"{key}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(row, indent=1))
    return file


def in_the_old_form(folder: Path) -> None:
    """Bring a run's folder into the old form."""
    for key, row in RowFile(folder).rows.items():
        old_file(folder, key, row)
    (folder / FILE).unlink()
