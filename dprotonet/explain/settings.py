"""What the decoder is told: one frozen dataclass, and the tiers by name. No torch here."""

import hashlib
import json
from dataclasses import asdict, dataclass

FILLS = ("blur", "mean", "noise", "zero")
CLASS_SCALES = ("probability", "log_odds", "logit")
PRECISIONS = ("auto", "float32", "bfloat16")
OBJECTIVES = ("keep_and_remove", "consistency")
MERGES = ("faithfulness", "vote")


@dataclass(frozen=True)
class MDMSettings:
    """The decoder's settings. The defaults are the recipe that was found to be most faithful."""

    sizes: tuple[int, ...] = (5, 7, 10)  # cells along a side of each small mask
    steps: int = 8  # gradient steps for every size; 0 leaves the other candidates alone
    learning_rate: float = 0.15  # of Adam, on masks that start at noise of spread 0.1
    objective: str = "keep_and_remove"  # or "consistency", the published one
    areas: tuple[float, float] = (0.05, 0.6)  # share of the film kept, drawn anew at every step
    sharpness: float = 4.0  # how steep a mask's edge is, per standard deviation of the map
    consistency_weight: float = 4.0  # of the consistency term beside the mask's mean
    fill: str = "blur"  # what a hidden pixel shows
    fill_sigma: float = 12 / 224  # the blur's standard deviation, share of the image's side
    class_scale: str = "probability"  # or "log_odds", "logit": the value of a class node
    random_masks: int = 120  # random smooth masks, run once for all nodes; under 20 give no map
    gradient_masks: int = 12  # of these, masks at which each node's mask gradient is taken too
    random_cells: int = 7  # cells along a side of those
    class_activation: bool = True  # whether Grad-CAM is a candidate too
    merge: str = "faithfulness"  # or "vote", the published one
    merge_areas: tuple[float, ...] = (0.15, 0.4)  # kept and removed shares that weigh a map
    merge_power: float = 2.0  # of a candidate's own faithfulness in its weight
    snapshots: int = 2  # how often a mask's faithfulness is looked at; the best is kept
    patience: float = 0.01  # a gain below this between two looks ends the search (share of span)
    faithfulness_steps: int = 10  # points of the insertion and deletion curves
    faithfulness_area: float = 0.2  # share of the film that "the marked region" means
    precision: str = "auto"  # of the search; shown values are always float32
    batch: int = 16  # images in one graph
    deadline_s: float = 0.0  # seconds after which the search ends with what it has; 0: none

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        _one_of("objective", self.objective, OBJECTIVES)
        _one_of("merge", self.merge, MERGES)
        _one_of("fill", self.fill, FILLS)
        _one_of("class_scale", self.class_scale, CLASS_SCALES)
        _one_of("precision", self.precision, PRECISIONS)
        if self.steps > 0 and (not self.sizes or min(self.sizes) < 2):
            raise ValueError("sizes are at least one whole number of 2 or more.")
        quick = self.gradient_masks > 0 or self.random_masks >= 20 or self.class_activation
        if self.steps <= 0 and not quick:
            raise ValueError("Nothing to merge: give steps, gradient_masks or class_activation.")
        low, high = self.areas
        if not 0 < low <= high < 1:
            raise ValueError("areas are two shares with 0 < low <= high < 1.")
        if self.batch < 2 or self.snapshots < 1 or self.faithfulness_steps < 2:
            raise ValueError("batch and faithfulness_steps are at least 2, snapshots at least 1.")

    @property
    def digest(self) -> str:
        """64 hexadecimal digits that change with any setting."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


def _one_of(field: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{field} is one of {', '.join(choices)}, not {value!r}.")


TIERS: dict[str, MDMSettings] = {
    "instant": MDMSettings(steps=0, random_masks=0, gradient_masks=2, faithfulness_steps=4),
    "draft": MDMSettings(steps=0, random_masks=0, gradient_masks=10, faithfulness_steps=6),
    "standard": MDMSettings(),
    "full": MDMSettings(steps=32, random_masks=240, gradient_masks=36, snapshots=4),
}
"""From the quickest to the most faithful. A reader who waits is shown one after the other."""

# As published, with its known defects mended: every size is learned at its own size, the mask is
# bounded, the network is in eval mode, the consistency is relative to the span between image and
# fill, and the best mask is kept, not the last.
PUBLISHED = MDMSettings(
    sizes=(5, 7, 10),
    steps=30,
    objective="consistency",
    fill="mean",
    class_scale="logit",
    random_masks=0,
    gradient_masks=0,
    class_activation=False,
    merge="vote",
    snapshots=3,
    patience=0.0,
)
