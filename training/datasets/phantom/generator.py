"""One phantom image from its facts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.datasets.phantom.anatomy.body import draw_body, draw_pose
from training.datasets.phantom.anatomy.devices import build_devices
from training.datasets.phantom.anatomy.findings import build_finding
from training.datasets.phantom.anatomy.marker import shortcut_token, side_marker
from training.datasets.phantom.anatomy.skeleton import build_skeleton
from training.datasets.phantom.anatomy.soft_tissue import build_soft_tissue
from training.datasets.phantom.anatomy.vessels import build_vessels
from training.datasets.phantom.parameters import CaseFacts
from training.datasets.phantom.render import (
    BLOOD_PER_CM,
    BONE_PER_CM,
    FULL_SCALE,
    LUNG_PER_CM,
    METAL_PER_CM,
    SOFT_PER_CM,
    develop,
    draw_exposure,
    expose,
    lung_texture,
)


@dataclass(frozen=True, eq=False)
class PhantomImage:
    """A synthetic frontal chest image whose truth is known.

    Attributes:
        pixels: ``(H, W)`` uint16 over the full 16 bits, bone white (MONOCHROME2).
        masks: bool ``(H, W)`` by name: ``finding``, ``lung``, ``marker``, ``token``.
        facts: what the image shows.
        spacing_mm: millimetres per pixel at the detector, both ways.
    """

    pixels: NDArray[np.uint16]
    masks: dict[str, NDArray[np.bool_]]
    facts: CaseFacts
    spacing_mm: float


def render(facts: CaseFacts) -> PhantomImage:
    """Make the pixels and masks of an image from its facts.

    The same facts give the same pixels. With another finding the patient, the pose, the exposure
    and the noise stay the same.
    """
    body = draw_body(facts)
    pose = draw_pose(facts, body)
    exposure = draw_exposure(facts)
    tissue = build_soft_tissue(body, pose)
    lung = np.minimum(tissue.lung, tissue.trunk * 0.9)
    finding = build_finding(facts, body, pose, lung)
    vessels = build_vessels(body, pose) * np.clip(lung / 3.0, 0, 1)
    air = lung * lung_texture(facts, lung.shape)
    clear = (
        SOFT_PER_CM * (tissue.trunk - np.minimum(tissue.gas, 0.8 * tissue.trunk))
        - (SOFT_PER_CM - LUNG_PER_CM) * air
        + BLOOD_PER_CM * vessels
        + BONE_PER_CM * build_skeleton(body, pose) * np.clip(tissue.trunk / 4, 0, 1)
        + METAL_PER_CM * build_devices(facts, body, pose)
    )
    # Filled lung hides its vessels: that is how a filled part loses its markings and edges.
    change = finding.filled * ((SOFT_PER_CM - LUNG_PER_CM) * air - BLOOD_PER_CM * vessels)
    change = np.maximum(change, 0)
    log_light, reference = expose(facts, exposure, clear, change)
    pixels = develop(exposure, log_light, reference)
    letters, (token, token_mask) = side_marker(facts), shortcut_token(facts)
    ink = np.maximum(letters, token)
    pixels = np.rint(pixels + (FULL_SCALE * 0.97 - pixels) * ink * (pixels < FULL_SCALE * 0.97))
    return PhantomImage(
        pixels=pixels.astype(np.uint16),
        masks={
            "finding": finding.mask,
            "lung": lung > 0.5,
            "marker": letters > 0,
            "token": token_mask,
        },
        facts=facts,
        spacing_mm=10 * pose.projection.spacing,
    )
