"""From prototypes that are off or required to linear conditions on last-layer weights."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from dprotonet.editing.quadratic import Constraints
from dprotonet.errors import WrongRequest
from dprotonet.modeling.reasons.options import ReasonsOptions

Array = NDArray[np.float64]


def checked_ids(options: ReasonsOptions, names: Collection[str]) -> tuple[str, ...]:
    """The ids without repeats, in the network's order.

    Raises:
        WrongRequest: the model has no such prototype.
    """
    unknown = sorted(set(names) - set(options.prototype_ids))
    if unknown:
        raise WrongRequest(
            f"The model has no prototype {unknown[0]!r}. It has {options.prototype_ids[0]} to "
            f"{options.prototype_ids[-1]}."
        )
    return tuple(name for name in options.prototype_ids if name in set(names))


def check_edit(options: ReasonsOptions, off: Collection[str], required: Collection[str]) -> None:
    """Refuse what no last layer can do.

    Raises:
        WrongRequest: a prototype is to be off and required, or a class would have none left.
    """
    both = sorted(set(off) & set(required))
    if both:
        raise WrongRequest(f"{both[0]} cannot be switched off and required. Choose one of the two.")
    owners = zip(options.prototype_ids, options.prototype_classes, strict=True)
    left = {k for name, k in owners if name not in off}
    for k, name in enumerate(options.classes):
        if k not in left:
            raise WrongRequest(
                f"All prototypes of {name!r} would be off. Leave at least one of them on."
            )


def own_weight_rows(options: ReasonsOptions, *, nonnegative: bool) -> Array:
    """``(P, K, P)``: for each prototype the coefficients of its own-class weight.

    Under a softmax only differences between classes count, so that is the weight for its own class
    minus the mean of those for the others. It is the weight itself for multi-label images, and
    where the others are 0.
    """
    classes, owner = len(options.classes), options.prototype_classes
    rows = np.zeros((len(owner), classes, len(owner)))
    others = 0.0 if options.multi_label or nonnegative else -1.0 / (classes - 1)
    for p, k in enumerate(owner):
        rows[p, :, p] = others
        rows[p, k, p] = 1.0
    return rows


def own_weights(options: ReasonsOptions, weights: Array, *, nonnegative: bool) -> Array:
    """``(P,)`` own-class weights of ``(K, P)`` last-layer weights, as above."""
    return np.asarray((own_weight_rows(options, nonnegative=nonnegative) * weights).sum((1, 2)))


def usual_weight(options: ReasonsOptions, weights: Array, *, nonnegative: bool) -> Array:
    """``(P,)``: for each prototype the median own-class weight of its class's prototypes, at least
    0: what a required one has to reach where no number is given."""
    own = own_weights(options, weights, nonnegative=nonnegative)
    owner = np.array(options.prototype_classes)
    by_class = [max(0.0, float(np.median(own[owner == k]))) for k in range(len(options.classes))]
    return np.asarray(np.array(by_class)[owner])


def constraints(
    options: ReasonsOptions,
    off: Collection[str] = (),
    required: Collection[str] = (),
    *,
    least: Array,
    nonnegative: bool,
) -> Constraints:
    """What last-layer weights must obey.

    Args:
        off: ids whose column is 0.
        required: ids whose own-class weight is at least ``least``.
        least: ``(P,)``, read for the required ones.
        nonnegative: own-class weights >= 0, all others 0.
    """
    ids, owner = options.prototype_ids, np.array(options.prototype_classes)
    on = np.array([name not in off for name in ids])
    free = np.broadcast_to(on, (len(options.classes), len(ids))).copy()
    if nonnegative:
        free &= owner == np.arange(len(options.classes))[:, None]
    all_rows = own_weight_rows(options, nonnegative=nonnegative)
    chosen = [ids.index(name) for name in required]
    rows, bounds = [all_rows[p][free] for p in chosen], [float(least[p]) for p in chosen]
    if nonnegative:
        rows.extend(np.eye(int(free.sum())))
        bounds.extend([0.0] * int(free.sum()))
    stacked = np.array(rows) if rows else np.zeros((0, int(free.sum())))
    return Constraints(free, stacked, np.array(bounds))
