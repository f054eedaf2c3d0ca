"""A bundle's last layer, fitted again without some prototypes: the library's answer in the domain's
words. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.domain.proposals import Cost, EditAnswer, Figures, Proposal
from dprotonet.errors import WrongRequest
from dprotonet.inference.intervention import known_contributions
from dprotonet.inference.prediction import Prediction

if TYPE_CHECKING:
    from datetime import datetime

    from dprotonet.bundle.bundle import Bundle
    from dprotonet.editing.propose import LastLayerEdit

_KEPT = 8  # last layers; a loaded bundle never changes


def answer(
    bundle: Bundle, *, off: tuple[str, ...], required: tuple[str, ...], tolerance: float
) -> EditAnswer:
    """Can the last layer do without some prototypes and with others, and what does it cost?

    Args:
        bundle: which is not changed.
        off: all that would be switched off.
        required: all that would have to be used.
        tolerance: fraction by which the loss on the training images may rise.

    Returns:
        Not possible with the reason, too, where no last layer at all can do it.
    """
    try:
        edit = _edit(bundle, off, required, tolerance)
    except WrongRequest as error:
        return EditAnswer(False, str(error), None, 0.0)
    return EditAnswer(edit.feasible, edit.reason, _cost(edit), edit.milliseconds)


def write_version(bundle: Bundle, proposal: Proposal, folder: Path, *, now: datetime) -> str:
    """Write the bundle that a proposal describes into a folder of its own, whole or not at all.

    Args:
        bundle: the parent, whose folder is left as it is.
        proposal: of this bundle.
        folder: that does not exist yet.
        now: noted in the bundle.

    Returns:
        The digest of the new bundle.

    Raises:
        WrongRequest: it cannot be done, or is of another bundle.
    """
    from dprotonet.editing.apply import apply_edit

    edit = _edit(bundle, proposal.off, proposal.required, proposal.tolerance or 0.0)
    return apply_edit(bundle, edit, folder, note=proposal.reason, now=now).digest


def cost_of_change(figures: Mapping[str, Any]) -> Cost | None:
    """What a bundle's last change cost, from the figures that it keeps; None where it has none."""
    try:
        return Cost(
            images=int(figures["validation_images"]),
            before=_figures(figures["before"]),
            after=_figures(figures["after"]),
            changed_calls=figures.get("calls_changed"),
            increase=figures.get("increase"),
        )
    except (KeyError, TypeError, ValueError):
        return None


def contributions_of(bundle: Bundle, prediction: Prediction) -> dict[str, dict[str, float]]:
    """What each prototype adds to the logit of each class in an image that was predicted.

    What the prediction says itself is taken from it, to the last digit: all there is with two
    classes that exclude each other. What it adds to other classes comes from the bundle's last
    layer, which is read once.

    Args:
        bundle: that predicted.
        prediction: of any image, with a label.

    Returns:
        Class name to prototype id to contribution.

    Raises:
        UnusableBundle: the weights were altered.
    """
    known = known_contributions(prediction)
    if not set(bundle.classes) <= set(known):
        similarities = {match.prototype: match.similarity for match in prediction.matches}
        for name, row in zip(bundle.classes, _scaled_weights(bundle), strict=True):
            if name not in known:
                known[name] = {
                    prototype: similarities[prototype] * weight
                    for prototype, weight in zip(bundle.prototype_ids, row, strict=True)
                }
    return {name: known[name] for name in bundle.classes}


@lru_cache(maxsize=_KEPT)
def _scaled_weights(bundle: Bundle) -> tuple[tuple[float, ...], ...]:
    """The last layer, K rows of P."""
    from dprotonet.editing.head import last_layer

    layer = last_layer(bundle)
    return tuple(tuple(row) for row in (layer.weights * layer.scale).tolist())


def _edit(
    bundle: Bundle, off: tuple[str, ...], required: tuple[str, ...], tolerance: float
) -> LastLayerEdit:
    from dprotonet.editing.propose import propose_edit

    return propose_edit(bundle, off=off, required=required, tolerance=tolerance)


def _cost(edit: LastLayerEdit) -> Cost:
    return Cost(
        images=edit.validation_images,
        before=_figures(edit.before.to_json()),
        after=_figures(edit.after.to_json()),
        changed_calls=edit.calls_changed,
        increase=edit.increase,
    )


def _figures(values: Mapping[str, Any]) -> Figures:
    return Figures(values.get("auroc"), values.get("accuracy"), values.get("log_loss"))
