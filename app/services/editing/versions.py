"""Versions of a model: bundles that came from each other, each in a folder of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.domain.bundles import BundleInfo
from app.domain.errors import NotFound, Refused
from app.domain.permissions import needs, within
from app.domain.proposals import Proposal
from app.domain.text import counted
from app.services import models
from app.services.adapters import last_layer
from app.services.workplace import Workplace
from dprotonet.errors import UnusableBundle

if TYPE_CHECKING:
    from dprotonet.bundle.bundle import Bundle

COMPARISON = "comparison.json"
NOT_EDITABLE = (
    "This model keeps no similarities of its training images, so its last layer cannot be fitted "
    "again. Add them with: python -m training responses BUNDLE --data DIR"
)


@dataclass(frozen=True)
class Version:
    """One bundle of a family, and how it came from its parent."""

    info: BundleInfo
    depth: int
    """Changes since training: 0 for the bundle that training wrote, or whose parent is gone."""
    change: str
    """What was changed, in words."""
    is_active: bool


@needs("see cases")
def family(workplace: Workplace, model: str) -> tuple[Version, ...]:
    """A bundle with all that it came from and all that came from its first ancestor, parents before
    their children.

    Raises:
        NotFound: there is no such model.
    """
    usable = {info.digest: info for info in workplace.models.all() if not info.problem}
    if model not in usable:
        workplace.models.get(model)
    root = _root(usable, model)
    active = models.active(workplace)
    found: list[Version] = []
    waiting = [(root, 0)]
    while waiting:
        digest, depth = waiting.pop(0)
        found.append(
            Version(
                info=usable[digest],
                depth=depth,
                change=change_text(workplace.models.bundle(digest)),
                is_active=active is not None and active.digest == digest,
            )
        )
        waiting[:0] = [(i.digest, depth + 1) for i in usable.values() if i.parent == digest]
    return tuple(found)


def required_in(bundle: Bundle) -> tuple[str, ...]:
    """Ids of the prototypes that were required when a version was made."""
    return bundle.changes[-1].required if bundle.changes else ()


def change_text(bundle: Bundle) -> str:
    """How a bundle came from its parent, as a phrase."""
    if not bundle.changes:
        return "as trained"
    change = bundle.changes[-1]
    if change.kind == "learned":
        return "learned from judgements"
    if change.kind == "reader":
        return "a mask reader was added"
    if change.kind == "pruned":
        return f"{counted(len(change.figures.get('pruned', ())), 'prototype')} pruned"
    parts = [f"{', '.join(change.off)} switched off"] if change.off else []
    parts += [f"{', '.join(change.required)} required"] if change.required else []
    return "; ".join(parts) or "all prototypes in use again"


@within
def write(workplace: Workplace, proposal: Proposal) -> str:
    """Put a proposal's version among the models, whole or not at all.

    Nothing that is there is replaced or removed. Where an approval was cut off after the writing,
    what it wrote is used.

    Returns:
        The digest of the version.

    Raises:
        NotFound: the parent, or what was learned, is no longer there.
        Refused: something else stands where it should be written.
    """
    home = workplace.settings.own_models
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = home / f"{models.safe_name(proposal.model_name)}-{proposal.proposal_id}"
    if target.exists():
        return _written(target, proposal)
    if proposal.kind == "learned":
        return _move_in(learned_folder(workplace, proposal.proposal_id), target, proposal)
    parent = workplace.models.bundle(proposal.model)
    return last_layer.write_version(parent, proposal, target, now=workplace.clock())


@needs("see cases")
def learned_facts(workplace: Workplace, proposal_id: str) -> dict[str, Any]:
    """What the training program wrote of old and new; empty where it is not there."""
    try:
        text = learned_folder(workplace, proposal_id).with_name(COMPARISON).read_text("utf-8")
        facts = json.loads(text)
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


@within
def learned_folder(workplace: Workplace, proposal_id: str) -> Path:
    """Where the version that was learned lies until it is approved."""
    return workplace.settings.learning / proposal_id / "bundle"


def _root(usable: dict[str, BundleInfo], model: str) -> str:
    seen = {model}
    while (parent := usable[model].parent) in usable and parent not in seen:
        model = parent
        seen.add(parent)
    return model


def _written(target: Path, proposal: Proposal) -> str:
    from dprotonet.bundle.bundle import Bundle

    bundle = Bundle.load(target, with_model=False)
    is_same = bundle.parent == proposal.model and bundle.off == proposal.off
    if not is_same and bundle.digest != proposal.version:
        raise Refused(
            f"Another model lies in {target.name} of the models' folder. Move it away, then "
            "approve again."
        )
    return bundle.digest


def _move_in(folder: Path, target: Path, proposal: Proposal) -> str:
    from dprotonet.bundle.bundle import Bundle

    try:
        bundle = Bundle.load(folder, with_model=False)
    except UnusableBundle:
        raise NotFound(
            "The version that was learned is no longer there. Let the model learn again."
        ) from None
    if bundle.digest != proposal.version:
        raise Refused("The version that was learned was altered since. Let the model learn again.")
    folder.rename(target)
    return bundle.digest
