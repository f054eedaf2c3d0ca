"""A bundle's last layer, fitted again without some prototypes: the library's answer in the domain's
words. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.domain.proposals import Cost, EditAnswer, Figures, Proposal
from dprotonet.errors import WrongRequest

if TYPE_CHECKING:
    from datetime import datetime

    from dprotonet.bundle.bundle import Bundle
    from dprotonet.editing.propose import LastLayerEdit


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
