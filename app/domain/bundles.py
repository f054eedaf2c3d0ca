"""What the lists and pages say of a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.domain.noun import IMAGE, ROW, Noun
from dprotonet.bundle.reader.map_figures import MapFigures

MOST_NAMED = 3  # prototypes that a model's name lists
NO_PROTOTYPES = (
    "This model was imported and has no prototypes: its heatmaps show what its classes rest on, "
    "and no training {images} stand beside the answer."
)


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
    """Ids; of a model with concepts the concepts, then what is none of them."""
    path: Path
    note_on_classes: str = ""
    """What the classes mean, where their names do not say it."""
    problem: str = ""
    """The sentence that says why it cannot be used."""
    parent: str | None = None
    """Digest of the bundle that it was made from by an edit or by learning; None for one that came
    straight from training."""
    off: tuple[str, ...] = ()
    """Ids of the prototypes that are switched off."""
    concepts: tuple[str, ...] = ()
    """Names of the concepts that stand in the place of prototypes; empty of a model without."""
    is_editable: bool = False
    """Does it keep what its last layer can be fitted on again?"""
    has_reader: bool = False
    """Has it a mask reader, which draws the maps of all classes and prototypes as it predicts?"""
    map_figures: Mapping[str, MapFigures] = field(default_factory=dict)
    """How often maps held evidence that is known, by what drew them; of its card."""

    attributes: tuple[str, ...] = ()
    """Names of those that it reads in a row of a table; empty where it reads images."""

    @property
    def reads_rows(self) -> bool:
        """Does it read rows of a table, and no images?"""
        return bool(self.attributes)

    @property
    def noun(self) -> Noun:
        """What a sentence calls one thing that it reads."""
        return ROW if self.reads_rows else IMAGE

    @property
    def in_use(self) -> tuple[str, ...]:
        """Ids of the prototypes that are not switched off."""
        return tuple(name for name in self.prototypes if name not in self.off)

    @property
    def title_of_version(self) -> str:
        """The name, with what was switched off in this version: “nih-pneumonia without p03”."""
        return f"{self.name} {without_text(self.off)}".strip()

    @property
    def short(self) -> str:
        """First eight digits of the digest, for the eye."""
        return self.digest[:8]


def without_text(off: tuple[str, ...]) -> str:
    """“without p03”; many prototypes are counted, and none is an empty text."""
    if len(off) > MOST_NAMED:
        return f"without {len(off)} prototypes"
    return f"without {', '.join(off)}" if off else ""
