"""What the lists and pages say of a model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class BundleInfo:
    """One bundle in the folders that the settings name."""

    name: str
    digest: str
    """64 hexadecimal digits; empty where the bundle cannot be used."""
    title: str
    classes: tuple[str, ...]
    negative_class: str | None
    prototypes: tuple[str, ...]
    """Ids."""
    path: Path
    note_on_classes: str = ""
    """What the classes mean, where their names do not say it."""
    problem: str = ""
    """The sentence that says why it cannot be used."""

    @property
    def short(self) -> str:
        """First eight digits of the digest, for the eye."""
        return self.digest[:8]
