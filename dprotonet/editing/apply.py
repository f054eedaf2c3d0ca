"""A new last layer, such as a proposal's, becomes a bundle of its own; the parent's folder is left
as it is."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.change import Change
from dprotonet.bundle.contents import part_digests
from dprotonet.bundle.digests import file_digest, raw_tensors
from dprotonet.bundle.manifest import MODEL, RESPONSES, write_manifest
from dprotonet.bundle.model_card import ModelCard
from dprotonet.bundle.staging import beside, move_in
from dprotonet.editing.head import with_last_layer
from dprotonet.editing.propose import LastLayerEdit
from dprotonet.errors import UnusableBundle, WrongRequest
from dprotonet.inference.calibration import Calibration
from dprotonet.prototypes.responses import Responses

CHANGED = "Changed after training: "
"""How the sentence among a card's limits begins that says so."""


def apply_edit(
    bundle: Bundle,
    edit: LastLayerEdit,
    folder: str | Path,
    *,
    note: str = "",
    name: str | None = None,
    now: datetime | None = None,
) -> Bundle:
    """Write the bundle that a proposal describes, whole or not at all.

    It has the parent's network, prototypes, gallery and responses under a new last layer and
    calibration. Prototypes that are off keep their rows, with weight 0 for every class. Its card
    has no figures of test images: none were scored since.

    Args:
        bundle: the one that the proposal was made for.
        folder: to write; it must not exist.
        note: why, in the words of who did it; kept in the bundle. It should name no patient.
        name: of the new bundle; None for the parent's.
        now: date and time to note; None for the present.

    Raises:
        WrongRequest: the proposal is for another bundle, or is not feasible.
        UnusableBundle: the folder exists, or the parent was altered.
    """
    if edit.parent != bundle.digest:
        raise WrongRequest(
            "This proposal was made for another version of the model. Make it again."
        )
    if not edit.feasible:
        raise WrongRequest(edit.reason)
    folder = Path(folder)
    if folder.exists():
        raise UnusableBundle(f"{folder} already exists. Give a folder that does not.")
    when = (now or datetime.now(UTC)).isoformat(timespec="seconds")
    change = Change(
        "last_layer", bundle.digest, when, edit.off, edit.required, note, edit.figures()
    )
    layer = NewLastLayer(edit.head, edit.calibration)
    return write_last_layer(bundle, layer, change, folder, said=_sentence(change), name=name)


@dataclass(frozen=True, eq=False)
class NewLastLayer:
    """What a bundle gets in place of its own.

    Attributes:
        head: ``(K, P)`` float32.
        calibration: chosen on validation with it.
        responses: what it is the optimum of, to be edited from there; None for the parent's.
    """

    head: NDArray[np.float32]
    calibration: Calibration
    responses: Responses | None = None


def write_last_layer(
    bundle: Bundle,
    layer: NewLastLayer,
    change: Change,
    folder: Path,
    *,
    said: str,
    name: str | None = None,
) -> Bundle:
    """A bundle under a new last layer, whole or not at all; all else is as in the parent.

    Args:
        folder: to write.
        said: what changed, for the card's limits, without :data:`CHANGED`.
        name: of the new bundle; None for the parent's.

    Raises:
        UnusableBundle: the parent was altered.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    staged = beside(folder)
    try:
        for listed in bundle.manifest.files:
            (staged / listed).parent.mkdir(parents=True, exist_ok=True)
            if listed != MODEL:
                shutil.copyfile(bundle.path / listed, staged / listed)
        _write(staged, bundle, layer, change, said, name)
        Bundle.load(staged, with_model=False)
        move_in(staged, folder)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return Bundle.load(folder, with_model=False)


def _write(
    folder: Path, bundle: Bundle, layer: NewLastLayer, change: Change, said: str, name: str | None
) -> None:
    weights, manifest, new = with_last_layer(bundle, layer.head), bundle.manifest, layer.calibration
    written = {MODEL: weights}
    if layer.responses is not None:
        written[RESPONSES] = layer.responses.to_bytes()
    for file, data in written.items():
        (folder / file).write_bytes(data)
    files = {**manifest.files, **{file: file_digest(folder / file) for file in written}}
    write_manifest(
        folder,
        replace(
            manifest,
            name=name or manifest.name,
            temperature=new.temperature,
            threshold=new.threshold,
            thresholds=new.thresholds,
            offsets=new.offsets,
            card=changed_card(bundle.card, said, _chosen(new)),
            files=dict(sorted(files.items())),
            parts=part_digests(raw_tensors(weights), bundle.manifest.options),
            changes=(*manifest.changes, change),
        ),
    )


def changed_card(card: ModelCard, sentence: str, chosen: dict[str, Any]) -> ModelCard:
    """A parent's card for its child: without the figures of test images, with what changed.

    Args:
        sentence: what changed, without :data:`CHANGED`.
        chosen: what was chosen on validation since, as in the card's training.
    """
    limits = tuple(limit for limit in card.limits if not limit.startswith(CHANGED))
    training = dict(card.training)
    if "chosen_on_validation" in training:
        training["chosen_on_validation"] = {**training["chosen_on_validation"], **chosen}
    return replace(card, limits=(*limits, CHANGED + sentence), metrics={}, training=training)


def _chosen(new: Calibration) -> dict[str, Any]:
    values: dict[str, Any] = {"temperature": round(new.temperature, 4), "threshold": new.threshold}
    return values | ({"thresholds": new.thresholds} if new.thresholds else {})


def _sentence(change: Change) -> str:
    parts = [f"{', '.join(change.off)} switched off"] if change.off else []
    parts += [f"{', '.join(change.required)} required"] if change.required else []
    done = "; ".join(parts) or "all prototypes switched on again"
    return (
        f"{done} on {change.when[:10]}, from the model {change.parent[:8]}. "
        "No test images were scored since."
    )
