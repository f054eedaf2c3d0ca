"""One patient in numbers: what stays the same from image to image."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from training.datasets.phantom.noise import derive, stream
from training.datasets.phantom.parameters import CaseFacts
from training.datasets.phantom.projection import Projection

Array = NDArray[np.floating]

LEVELS_CM = np.array([-1.5, 0.0, 0.7, 2.0, 4.5, 8.0, 12.0, 16.0, 20.0, 24.0, 28.0, 34.0])
"""Heights (cm below the apex) at which the outlines of the chest are given."""

WALL_CM = np.array([3.0, 4.6, 6.4, 8.2, 10.2, 11.8, 12.8, 13.5, 14.0, 14.3, 14.4, 14.2])
"""Half the inner width of the rib cage at LEVELS_CM."""

INNER_CM = np.array([5.2, 4.6, 3.3, 2.9, 2.7, 2.5, 2.4, 2.4, 2.4, 2.4, 2.4, 2.4])
"""Half the width of the mediastinum (without heart and vessels) at LEVELS_CM."""

DEPTH_CM = np.array([0.5, 1.6, 2.8, 4.3, 6.2, 7.9, 8.9, 9.5, 9.9, 10.1, 10.1, 9.8])
"""Half the inner depth, front to back, of the rib cage at LEVELS_CM."""


@lru_cache(maxsize=8)
def _fine(table: tuple[float, ...]) -> Array:
    """A table over LEVELS_CM in 400 steps, its corners rounded by two passes of a short mean."""
    smooth = np.interp(np.linspace(-1.5, 34.0, 400), LEVELS_CM, table)
    for _ in range(2):
        smooth = np.convolve(np.pad(smooth, 5, mode="edge"), np.ones(11) / 11, mode="valid")
    return smooth.astype(np.float32)


@dataclass(frozen=True)
class Body:
    """A patient's build.

    Attributes:
        width: of the chest, 1 is usual.
        length: of the chest, 1 is usual.
        depth: of the chest, 1 is usual.
        fat: thickness of the layer under the skin, cm.
        heart: size of the heart, 1 is usual.
        knob: radius of the aortic arch on the left side, cm.
        breast: thickness of the breasts, cm (0 in men).
        bone: density of the bones, 1 is usual.
        markings: how many and how wide the lung's vessels are, 1 is usual.
        rib_spacing: cm from rib to rib at the spine.
        rib_drop: how steeply the ribs fall, 1 is usual.
        seed: for the small things drawn later.
    """

    width: float
    length: float
    depth: float
    fat: float
    heart: float
    knob: float
    breast: float
    bone: float
    markings: float
    rib_spacing: float
    rib_drop: float
    seed: int

    def outline(self, table: Array, y: Array) -> Array:
        """A table over LEVELS_CM read at heights ``y`` (cm), linear between fine steps."""
        values = _fine(tuple(table))
        at = np.clip((y / self.length + 1.5) * (399 / 35.5), 0, 398.999).astype(np.float32)
        low = at.astype(np.int32)
        part = at - low.astype(np.float32)
        return values[low] * (1 - part) + values[low + 1] * part

    def wall(self, y: Array) -> Array:
        """Half the inner width of the rib cage (cm) at heights ``y``."""
        return self.outline(WALL_CM, y) * self.width

    def inner(self, y: Array) -> Array:
        """Half the width of the mediastinum (cm) at heights ``y``."""
        return self.outline(INNER_CM, y) * (0.5 + 0.5 * self.width)

    def half_depth(self, y: Array) -> Array:
        """Half the inner depth of the rib cage (cm) at heights ``y``."""
        return self.outline(DEPTH_CM, y) * self.depth


def draw_body(facts: CaseFacts) -> Body:
    """The patient of an image."""
    rng = stream(facts.patient_seed, "body")
    female = facts.sex == "F"
    fat, depth = {"slim": (0.9, 0.92), "average": (1.9, 1.0), "large": (3.6, 1.1)}[facts.habitus]
    return Body(
        width=(0.93 if female else 1.02) + rng.normal(0, 0.035),
        length=(0.94 if female else 1.02) + rng.normal(0, 0.04),
        depth=depth + rng.normal(0, 0.04),
        fat=fat * float(np.exp(rng.normal(0, 0.2))),
        heart=float(np.clip(rng.normal(1.0, 0.09), 0.82, 1.3)),
        knob=float(np.clip(rng.normal(1.6, 0.25), 1.0, 2.3)),
        breast=float(np.clip(rng.normal(2.6, 1.0), 0.6, 5.0) * fat**0.4 / 1.2) if female else 0.0,
        bone=float(np.exp(rng.normal(0, 0.18))),
        markings=float(np.exp(rng.normal(0, 0.18))),
        rib_spacing=float(rng.normal(2.45, 0.08)),
        rib_drop=float(rng.normal(1.0, 0.1)),
        seed=int(rng.integers(0, 2**62)),
    )


@dataclass(frozen=True)
class Pose:
    """How the patient breathes and stands at this exposure.

    Attributes:
        dome: height (cm below the apex) of the right diaphragm's top.
        left_lower: how much lower (cm) the left one stands.
        shoulders: how much the shoulders are drawn up, cm.
        arms: how far the arms are spread: cm outwards per cm downwards.
        armpit: height (cm below the apex) of the armpits' folds.
        projection: the exposure's geometry.
        seed: for the small things that change from image to image.
    """

    dome: float
    left_lower: float
    shoulders: float
    arms: float
    armpit: float
    projection: Projection
    seed: int


def draw_pose(facts: CaseFacts, body: Body) -> Pose:
    """Breathing, posture and geometry of one exposure."""
    rng = stream(facts.seed, "pose")
    portable = facts.view == "AP"
    dome = (rng.normal(18.3, 1.4) if portable else rng.normal(20.6, 1.1)) * body.length
    field = float(np.clip(rng.normal(39.0, 1.6), 35.0, 43.0)) * (1.04 if portable else 1.0)
    shape = (facts.rows, facts.columns)
    # The shorter side of an oblong image is cut off the field, not squeezed.
    spacing = field / max(shape)
    deviation = 1.7 if portable else 0.9
    projection = Projection(
        shape=shape,
        spacing=spacing,
        centre=(
            float(rng.normal(0, 0.6 * deviation)),
            float(rng.normal(13.0, 0.8 * deviation)) + (shape[0] / max(shape) - 1) * field * 0.1,
        ),
        view=facts.view,
        source_distance=float(rng.uniform(100, 130) if portable else rng.uniform(178, 186)),
        roll=float(np.radians(rng.normal(0, 1.2 * deviation))),
        yaw=float(np.radians(rng.normal(0, 2.0 * deviation))),
        tilt=float(np.radians(rng.normal(5.0, 3.0) if portable else rng.normal(0, 1.0))),
    )
    return Pose(
        dome=float(np.clip(dome, 14.5, 24.0)),
        left_lower=float(rng.normal(1.3, 0.5)),
        shoulders=float(rng.normal(1.6 if portable else 0.0, 0.6)),
        arms=float(np.clip(rng.normal(0.14, 0.05) if portable else rng.normal(0.5, 0.12), 0.05, 1)),
        armpit=float(rng.normal(11.5 if portable else 12.5, 0.8)),
        projection=projection,
        seed=derive(facts.seed, "pose"),
    )
