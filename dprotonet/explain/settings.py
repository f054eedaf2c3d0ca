"""The decoder's settings: one frozen dataclass, and the tiers by name. No torch here."""

from dataclasses import asdict, dataclass, replace

from dprotonet.modeling.digests import json_digest
from dprotonet.modeling.options import PRECISIONS

FILLS = ("blur", "mean", "noise", "tiles", "zero")
HELD_OUT = "mosaic"
"""The fill that judges: no search and no training uses it, so it cannot be chosen for them."""
MOST_VIEWS = 9
CLASS_SCALES = ("probability", "log_odds", "logit")


@dataclass(frozen=True)
class MDMSettings:
    """The decoder's settings. The defaults are the recipe of the tier *standard*."""

    sizes: tuple[int, ...] = (7, 14, 28)  # cells along a side of each small mask
    start_masks: int = 48  # random masks that the search starts from; 0: from equal pixels
    start_cells: int = 7  # along a side of those
    steps: int = 6  # gradient steps
    areas: tuple[float, float] = (0.02, 0.98)  # fraction of the image kept, another at every step
    areas_per_step: int = 8  # spaced evenly over that range
    step_size: float = 0.2  # of a grid's step, beside a start of standard deviation 1
    momentum: float = 0.5  # fraction of the steps before that each step still carries
    sharpness: float = 8.0  # of a mask's edge, per standard deviation of the attribution
    fills: tuple[str, ...] = ("blur", "mean", "noise")  # what hidden pixels show, in turns
    fill_sigma: float = 12 / 224  # the blur's standard deviation, fraction of the image's side
    search_scale: str = "log_odds"  # of a class node while masks are learned: it never goes flat
    class_scale: str = "probability"  # of a class node's values as they are reported
    blends: tuple[float, ...] = (0.0, 0.5, 1.0)  # fractions of what was learned, beside its start
    blend_areas: tuple[float, ...] = (0.1, 0.35)  # kept and removed to find the best blend
    patience: float = 0.01  # a gain below this fraction of the gap ends it, from step 12; 0: never
    faithfulness_steps: int = 8  # points of the insertion and deletion curves
    faithfulness_area: float = 0.2  # fraction of the image that "the marked region" means
    precision: str = "auto"  # of the search; reported values are always float32
    batch: int = 16  # most images in one graph
    memory_mb: int = 2048  # most that one graph may save for its backward pass
    deadline_s: float = 0.0  # seconds after which no further step is made; 0: none
    reader: bool = True  # the network's mask reader draws, if it has one; else it is searched
    reader_views: int = 5  # of the image, moved by whole cells, that a reader's map is the mean of
    refine_steps: int = 2  # on a reader's map, by small grids that are added to it
    refine_sizes: tuple[int, ...] = (7,)  # cells along a side of those

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        _one_of("class_scale", self.class_scale, CLASS_SCALES)
        _one_of("search_scale", self.search_scale, CLASS_SCALES)
        _one_of("precision", self.precision, PRECISIONS)
        if not self.fills or len(set(self.fills)) != len(self.fills):
            raise ValueError("fills are one or several, each once.")
        for fill in self.fills:
            _one_of("fills", fill, FILLS)
        if not self.sizes or min(self.sizes) < 2:
            raise ValueError("sizes are at least one whole number of 2 or more.")
        low, high = self.areas
        if not 0 < low <= high < 1:
            raise ValueError("areas are two fractions with 0 < low <= high < 1.")
        if self.steps < 1 or self.areas_per_step < 1:
            raise ValueError("steps and areas_per_step are at least 1.")
        if not 0 <= self.momentum < 1 or self.step_size <= 0:
            raise ValueError("momentum is at least 0 and below 1, step_size above 0.")
        if self.start_masks < 0 or self.start_cells < 1:
            raise ValueError("start_masks is at least 0, start_cells at least 1.")
        if not self.blends or not all(0 <= part <= 1 for part in self.blends):
            raise ValueError("blends are one or several fractions from 0 to 1.")
        if not self.blend_areas or not all(0 < area < 1 for area in self.blend_areas):
            raise ValueError("blend_areas are one or several fractions between 0 and 1.")
        if self.refine_steps < 0 or not self.refine_sizes or min(self.refine_sizes) < 2:
            raise ValueError("refine_steps is at least 0, refine_sizes are one or more from 2 on.")
        if not 1 <= self.reader_views <= MOST_VIEWS:
            raise ValueError(f"reader_views is from 1 to {MOST_VIEWS}.")
        if self.batch < 2 or self.faithfulness_steps < 2 or self.memory_mb < 1:
            raise ValueError("batch and faithfulness_steps are at least 2, memory_mb at least 1.")

    @property
    def fill(self) -> str:
        """The objective's own fill: the first, with which heatmaps are measured."""
        return self.fills[0]

    @property
    def digest(self) -> str:
        """64 hexadecimal digits that change with any setting."""
        values = {
            key: value
            for key, value in asdict(self).items()
            if key not in _YOUNGER or value != _YOUNGER[key]
        }
        return json_digest(values, spaced=True)


_YOUNGER = {"reader": False, "refine_steps": 0, "reader_views": 1, "refine_sizes": (7,)}
"""Settings with the value under which older digests, which are stored, did not know them."""


def _one_of(field: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{field} is one of {', '.join(choices)}, not {value!r}.")


_READ = MDMSettings(
    start_masks=0, areas_per_step=4, faithfulness_steps=3, reader_views=1, refine_steps=0
)

TIERS: dict[str, MDMSettings] = {
    "instant": replace(_READ, steps=1),
    "draft": replace(_READ, steps=2),
    "standard": MDMSettings(),
    "full": MDMSettings(steps=20, sizes=(7, 14, 28, 56), reader_views=9, refine_steps=8),
}
"""From the quickest to the most faithful. A reader who waits sees one after the other.

Where the network has a mask reader, *instant* and *draft* are its one pass, *standard* the mean of
views of the image, refined by a few steps, and *full* more of both. Where it has none, all of them
are searched: *instant* by one step, *draft* by two, and so on.

With few passes a search had better start from equal pixels: gradients say more than so few random
masks. Masks of 56 cells are more faithful still, but their heatmaps are speckled: only *full* has
them.
"""
