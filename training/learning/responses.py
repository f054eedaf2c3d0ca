"""Responses for a bundle that was trained before bundles kept them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.writer import add_responses
from dprotonet.errors import WrongRequest
from training.fitting.export import kept_responses
from training.learning.reopened import as_fitted, reopen


def complete(
    bundle: Bundle,
    data: Path | None,
    folder: Path,
    *,
    device: str,
    now: datetime | None = None,
) -> Bundle:
    """The same network with the similarities of its training and validation images.

    Args:
        data: what the bundle was trained on.
        folder: to write; the bundle's own is replaced.
        now: date and time to note; None for the present.

    Raises:
        WrongRequest: it keeps responses, or there is nothing to fit on.
        ReadableError: the data cannot be had, or is of other classes.
    """
    if bundle.has_responses:
        raise WrongRequest(f"The model {bundle.name} keeps its responses: nothing is to be added.")
    opened = reopen(bundle, data, out=folder, device=device)
    network = bundle.reasons_network
    similarities = opened.similarities(network)
    fitted = as_fitted(opened, network, similarities)
    responses = kept_responses(opened.context, opened.rows, fitted)
    if responses is None:
        raise WrongRequest("The data has no image of training, or none of validation.")
    when = (now or datetime.now(UTC)).isoformat(timespec="seconds")
    return add_responses(bundle, responses, folder, when=when)
