"""What was switched off or required in a bundle is so in what it learned."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dprotonet.bundle.bundle import Bundle
from dprotonet.editing.conditions import constraints, usual_weight
from dprotonet.editing.objective import objective_of
from dprotonet.editing.quadratic import fit_weights
from dprotonet.prototypes.responses import Responses

Array = NDArray[np.float64]


def kept_edit(bundle: Bundle, weights: Array, scale: float, responses: Responses) -> Array:
    """A last layer that was fitted without conditions, under those of the parent.

    Args:
        bundle: the parent.
        weights: ``(K, P)``, the optimum for the responses.
        scale: the network's similarity scale.
        responses: around these weights.

    Returns:
        ``(K, P)``.
    """
    required = bundle.changes[-1].required if bundle.changes else ()
    if not bundle.off and not required:
        return weights
    options, nonnegative = bundle.reasons_options, responses.nonnegative
    wanted = constraints(
        options,
        bundle.off,
        required,
        least=usual_weight(options, weights, nonnegative=nonnegative),
        nonnegative=nonnegative,
    )
    start = np.where(wanted.free, weights, 0.0)
    return fit_weights(objective_of(responses, scale), wanted, start)
