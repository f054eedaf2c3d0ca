"""What a bundle would be with some prototypes switched off or required, in milliseconds."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dprotonet.bundle.bundle import Bundle
from dprotonet.editing.conditions import (
    check_edit,
    checked_ids,
    constraints,
    own_weights,
    usual_weight,
)
from dprotonet.editing.figures import ValidationFigures, figures_and_calls
from dprotonet.editing.head import LastLayer, last_layer
from dprotonet.editing.objective import objective_of
from dprotonet.editing.quadratic import fit_weights
from dprotonet.editing.rashomon import RashomonSet
from dprotonet.errors import WrongRequest
from dprotonet.inference.calibration import Calibration, calibrate
from dprotonet.prototypes.responses import Responses

Array = NDArray[np.float64]
TOLERANCE = 0.1
"""By what fraction the training loss may rise, as in Proto-RSet's experiments (inferred)."""
MOST_WEIGHTS = 4000  # K × P, above which the Hessian would take seconds and hundreds of MB


@dataclass(frozen=True, eq=False)
class LastLayerEdit:
    """A proposal: nothing is written until :func:`dprotonet.editing.apply.apply_edit`.

    Attributes:
        parent: digest of the bundle that it is for.
        off: ids of all prototypes that are switched off, in the network's order; one that is off in
            the parent and not named here is on again.
        required: ids of those that must count for their class.
        least_weight: the own-class weight that each required one reaches, or None for the median
            of its class.
        tolerance: fraction by which the training loss may rise.
        head: ``(K, P)`` float32, the new last layer.
        calibration: fitted on validation with the new last layer.
        feasible: whether the loss rises by no more than the tolerance.
        reason: why it is not feasible, a sentence; empty where it is.
        predicted_increase: fraction by which the ellipsoid says that the training loss rises.
        increase: the same, measured with the new last layer. Both include the ridge, as the loss
            that the ellipsoid is of does: among prototypes that say the same, it is most of them.
        before: the parent's figures on validation.
        after: those of the new last layer.
        calls_changed: validation images that are called something else.
        validation_images: of how many.
        milliseconds: the proposal took.
        cross_entropy_change: fraction by which the loss changes without the ridge, which is what
            the training images themselves say; below 0 where they are fitted better.
    """

    parent: str
    off: tuple[str, ...]
    required: tuple[str, ...]
    least_weight: float | None
    tolerance: float
    head: NDArray[np.float32]
    calibration: Calibration
    feasible: bool
    reason: str
    predicted_increase: float
    increase: float
    before: ValidationFigures
    after: ValidationFigures
    calls_changed: int
    validation_images: int
    milliseconds: float
    cross_entropy_change: float = 0.0

    def figures(self) -> dict[str, Any]:
        """What it costs, as JSON values."""
        return {
            "tolerance": self.tolerance,
            "predicted_increase": self.predicted_increase,
            "increase": self.increase,
            "cross_entropy_change": self.cross_entropy_change,
            "before": self.before.to_json(),
            "after": self.after.to_json(),
            "calls_changed": self.calls_changed,
            "validation_images": self.validation_images,
        }

    def to_json(self) -> dict[str, Any]:
        """Plain values, for a job's record or a page."""
        values = {**vars(self), "off": list(self.off), "required": list(self.required)}
        return values | {
            "head": self.head.tolist(),
            "calibration": asdict(self.calibration),
            "before": self.before.to_json(),
            "after": self.after.to_json(),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> LastLayerEdit:
        """The proposal that :meth:`to_json` wrote."""
        changed = {
            "off": tuple(data["off"]),
            "required": tuple(data["required"]),
            "head": np.array(data["head"], np.float32),
            "calibration": Calibration(**data["calibration"]),
            "before": ValidationFigures(**data["before"]),
            "after": ValidationFigures(**data["after"]),
        }
        return cls(**{**data, **changed})


def propose_edit(
    bundle: Bundle,
    *,
    off: Collection[str],
    required: Collection[str] = (),
    least_weight: float | None = None,
    tolerance: float = TOLERANCE,
) -> LastLayerEdit:
    """The best last layer without some prototypes, or in which some count, and what it costs.

    Backbone and prototypes stay. The new weights are the optimum, under these conditions, of the
    loss whose optimum the trained last layer is; cost is measured on the validation images that
    the bundle keeps. Imports no torch.

    Args:
        off: ids of all prototypes to switch off.
        required: ids of prototypes whose own-class weight has to reach ``least_weight``.
        least_weight: above 0, in the unit of last-layer weights; None for the median own-class
            weight of the prototype's class in the trained last layer.
        tolerance: fraction, >= 0, by which the training loss may rise.

    Raises:
        WrongRequest: the bundle keeps no responses, no such prototype, one is both off and
            required, or a class would have none left.
    """
    start = time.perf_counter()
    options, layer = bundle.reasons_options, last_layer(bundle)
    off, required = checked_ids(options, off), checked_ids(options, required)
    check_edit(options, off, required)
    if tolerance < 0 or (least_weight is not None and least_weight <= 0):
        raise WrongRequest("The tolerance must be at least 0, and the least weight above 0.")
    responses = responses_of(bundle)
    nonnegative = responses.nonnegative
    objective = objective_of(responses, layer.scale)
    set_of = near_optimal(bundle, layer)
    least = usual_weight(options, set_of.centre, nonnegative=nonnegative)
    if least_weight is not None:
        least = np.full_like(least, least_weight)
    wanted = constraints(options, off, required, least=least, nonnegative=nonnegative)
    nearest, predicted = set_of.nearest(wanted)
    weights = fit_weights(objective, wanted, nearest)
    if nonnegative:
        weights = weights.clip(min=0.0)  # of rounding
    rise = objective.value(weights) - objective.value(set_of.centre)
    increase = max(0.0, rise / set_of.loss)
    head = weights.astype(np.float32)
    return LastLayerEdit(
        parent=bundle.digest,
        off=off,
        required=required,
        least_weight=least_weight,
        tolerance=tolerance,
        head=head,
        feasible=increase <= tolerance,
        reason=_reason(off, required, increase, tolerance),
        predicted_increase=max(0.0, predicted),
        increase=increase,
        **_cost(bundle, responses, layer, head),
        milliseconds=(time.perf_counter() - start) * 1000,
        cross_entropy_change=objective.cross_entropy(weights) / set_of.loss - 1.0,
    )


def near_optimal(bundle: Bundle, layer: LastLayer | None = None) -> RashomonSet:
    """The near-optimal last layers of a bundle, around the one from training.

    Raises:
        WrongRequest: the bundle keeps no responses, or has too many weights.
    """
    responses, layer = responses_of(bundle), layer or last_layer(bundle)
    objective = objective_of(responses, layer.scale)
    everything = constraints(
        bundle.reasons_options,
        least=np.zeros(len(bundle.prototype_ids)),
        nonnegative=responses.nonnegative,
    )
    centre = fit_weights(objective, everything, layer.weights)
    return RashomonSet.around(objective, centre, everything.free)


@dataclass(frozen=True)
class PrototypeWeight:
    """What one prototype weighs in a bundle, and what switching it off alone would cost.

    Attributes:
        id: of the prototype.
        own_weight: in the bundle as it is, see :func:`dprotonet.editing.conditions.own_weights`.
        removal_increase: fraction by which the training loss rises without it, by the ellipsoid,
            counted from the last layer with all prototypes on.
        off: it is switched off in this bundle.
    """

    id: str
    own_weight: float
    removal_increase: float
    off: bool


def prototype_weights(bundle: Bundle) -> tuple[PrototypeWeight, ...]:
    """For every prototype, in the network's order, what it weighs and costs.

    Raises:
        WrongRequest: the bundle keeps no responses, or has too many weights.
    """
    layer = last_layer(bundle)
    nonnegative = responses_of(bundle).nonnegative
    own = own_weights(bundle.reasons_options, layer.weights, nonnegative=nonnegative)
    costs = near_optimal(bundle, layer).removal_increases()
    return tuple(
        PrototypeWeight(name, float(weight), float(cost), name in bundle.off)
        for name, weight, cost in zip(bundle.prototype_ids, own, costs, strict=True)
    )


def responses_of(bundle: Bundle) -> Responses:
    """What the bundle's last layer is fitted on.

    Raises:
        WrongRequest: it keeps none, or has too many weights.
    """
    responses = bundle.responses
    if responses is None:
        raise WrongRequest(
            f"The model {bundle.name} keeps no similarities of its training images, so its last "
            "layer cannot be fitted again. Add them with `python -m training responses BUNDLE "
            "--data DIR`."
        )
    if responses.anchor.size > MOST_WEIGHTS:
        raise WrongRequest(
            f"The model {bundle.name} has {responses.anchor.size} last-layer weights; at most "
            f"{MOST_WEIGHTS} can be fitted again at once. Train it with fewer prototypes."
        )
    return responses


def _cost(
    bundle: Bundle, responses: Responses, layer: LastLayer, head: NDArray[np.float32]
) -> dict[str, Any]:
    """The fields of an edit that are measured on validation."""
    names, negative = bundle.classes, bundle.negative_class
    at = responses.validation
    inputs, labels = (
        responses.similarities[at].astype(np.float64) * layer.scale,
        responses.labels[at],
    )
    kept = Calibration(bundle.temperature, bundle.threshold, bundle.thresholds, bundle.offsets)
    before, calls = figures_and_calls(inputs @ layer.weights.T, labels, kept, names, negative)
    logits = inputs @ head.T.astype(np.float64)
    calibration = calibrate(logits, labels, names, negative)
    after, new_calls = figures_and_calls(logits, labels, calibration, names, negative)
    return {
        "calibration": calibration,
        "before": before,
        "after": after,
        "calls_changed": int((calls != new_calls).any(axis=1).sum()),
        "validation_images": len(labels),
    }


def _reason(
    off: tuple[str, ...], required: tuple[str, ...], increase: float, tolerance: float
) -> str:
    if increase <= tolerance:
        return ""
    changes = [f"without {', '.join(off)}"] if off else []
    changes += [f"with {', '.join(required)} required"] if required else []
    return (
        f"{' and '.join(changes).capitalize()}, the loss on the training images rises by "
        f"{increase:.0%}, its ridge included, and {tolerance:.0%} is allowed. Change fewer "
        "prototypes, or allow more."
    )
