"""For whom something may be hidden."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Onlooker:
    """A reader from whom the model's answers on some images are hidden for now."""

    reader: str
    reads_first: bool
    """Their own choice: on every image their own read comes first."""
    by_studies: bool = True
    """Studies may hide images too; False where it was found that none does."""
