"""What the decoder is told: one frozen dataclass, and the tiers by name. No torch here."""

import hashlib
import json
from dataclasses import asdict, dataclass

FILLS = ("blur", "mean", "noise", "zero")
CLASS_SCALES = ("probability", "log_odds", "logit")
PRECISIONS = ("auto", "float32", "bfloat16")
OBJECTIVES = ("keep_and_remove", "consistency")


@dataclass(frozen=True)
class MDMSettings:
    """The decoder's settings. The defaults are the recipe that was found to be most faithful."""

    sizes: tuple[int, ...] = (4, 7, 14)  # cells along a side of each small mask
    steps: int = 6  # gradient steps; 0 leaves the map of the explored masks alone
    objective: str = "keep_and_remove"  # or "consistency", the published one
    areas: tuple[float, float] = (0.02, 0.98)  # share of the film kept, drawn anew at every step
    areas_per_step: int = 4  # spread evenly over that range
    learning_rate: float = 0.2  # of Adam
    sharpness: float = 8.0  # how steep a mask's edge is, per standard deviation of the map
    consistency_weight: float = 4.0  # of the consistency term beside the mask's mean
    fills: tuple[str, ...] = ("blur", "mean")  # what hidden pixels show, in turns
    fill_sigma: float = 12 / 224  # the blur's standard deviation, share of the image's side
    search_scale: str = "log_odds"  # of a class node while masks are learned: it never goes flat
    class_scale: str = "probability"  # of a class node's values that are told to a reader
    slope_masks: int = 20  # random masks at which every node's slopes are taken, before all steps
    slope_cells: int = 14  # cells along a side of those
    value_masks: int = 48  # random masks passed forward alone, once for all nodes
    value_cells: int = 7  # cells along a side of those
    smoothing: float = 0.02  # standard deviation of the blur over slopes, share of S
    merge_areas: tuple[float, ...] = (0.1, 0.25, 0.5)  # kept and removed to weigh slopes and values
    patience: float = 0.01  # a gain below this ends the search (share of the span); 0: never
    faithfulness_steps: int = 8  # points of the insertion and deletion curves
    faithfulness_area: float = 0.2  # share of the film that "the marked region" means
    precision: str = "auto"  # of the search; shown values are always float32
    batch: int = 16  # most images in one graph
    memory_mb: int = 2048  # most that one graph may keep for the way back; fewer images then
    deadline_s: float = 0.0  # seconds after which the search ends with what it has; 0: none

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        _one_of("objective", self.objective, OBJECTIVES)
        _one_of("class_scale", self.class_scale, CLASS_SCALES)
        _one_of("search_scale", self.search_scale, CLASS_SCALES)
        _one_of("precision", self.precision, PRECISIONS)
        if not self.fills or len(set(self.fills)) != len(self.fills):
            raise ValueError("fills are one or several, each once.")
        for fill in self.fills:
            _one_of("fills", fill, FILLS)
        if self.steps > 0 and (not self.sizes or min(self.sizes) < 2):
            raise ValueError("sizes are at least one whole number of 2 or more.")
        if self.steps <= 0 and max(self.value_masks, self.slope_masks) < 1:
            raise ValueError(
                "There is nothing to make a map of: give steps, value_masks or slope_masks."
            )
        if self.objective == "consistency" and self.steps <= 0:
            raise ValueError("The published objective needs steps.")
        low, high = self.areas
        if not 0 < low <= high < 1:
            raise ValueError("areas are two shares with 0 < low <= high < 1.")
        if min(self.areas_per_step, self.slope_cells, self.value_cells) < 1 or not self.merge_areas:
            raise ValueError("areas_per_step, cells and merge_areas are at least 1.")
        if self.batch < 2 or self.faithfulness_steps < 2 or self.memory_mb < 1:
            raise ValueError("batch and faithfulness_steps are at least 2, memory_mb at least 1.")

    @property
    def fill(self) -> str:
        """The objective's own fill: the first, with which a map is measured."""
        return self.fills[0]

    @property
    def digest(self) -> str:
        """64 hexadecimal digits that change with any setting."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


def _one_of(field: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{field} is one of {', '.join(choices)}, not {value!r}.")


TIERS: dict[str, MDMSettings] = {
    "instant": MDMSettings(steps=0, value_masks=0, slope_masks=6, faithfulness_steps=3),
    "draft": MDMSettings(steps=2, value_masks=0, slope_masks=8, faithfulness_steps=3),
    "standard": MDMSettings(),
    "full": MDMSettings(steps=40, value_masks=120, slope_masks=40),
}
"""From the quickest to the most faithful. A reader who waits is shown one after the other."""

# As published, with its known defects mended: every size is learned at its own size, the mask is
# bounded, the network is in eval mode, the consistency is relative to the span between image and
# fill, and the most faithful of three looks is kept, not the last mask.
PUBLISHED = MDMSettings(
    sizes=(5, 7, 10),
    steps=30,
    objective="consistency",
    learning_rate=0.15,
    fills=("mean",),
    search_scale="logit",
    class_scale="logit",
    value_masks=0,
    slope_masks=0,
    patience=0.0,
)
