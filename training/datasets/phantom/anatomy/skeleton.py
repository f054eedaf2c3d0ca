"""Ribs and spine, with the shoulders, as thickness of bone (cm) along each ray."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.datasets.phantom.anatomy.body import Body, Pose
from training.datasets.phantom.anatomy.shoulders import build_shoulders
from training.datasets.phantom.noise import stream
from training.datasets.phantom.projection import tubes

Array = NDArray[np.floating]

RIBS = 12


def build_skeleton(body: Body, pose: Pose) -> Array:
    """``(H, W)`` cm of bone beyond soft tissue."""
    bone = _ribs(body, pose) + _spine(body, pose) + build_shoulders(body, pose)
    return (bone * np.float32(body.bone)).astype(np.float32)


def _ribs(body: Body, pose: Pose) -> Array:
    """Each rib is half an ellipse round the chest, falling from the spine to the front."""
    rng = stream(body.seed, "ribs")
    steps = max(200, int(48 / pose.projection.spacing))  # closer than the pixels
    k = np.arange(RIBS)
    start = 0.1 + body.rib_spacing * body.length * (k + 0.018 * k**2)
    start = start + rng.normal(0, 0.08, RIBS)
    drop = np.interp(k, [0, 1, 3, 7, 11], [4.2, 6.0, 8.4, 10.6, 9.5]) * body.rib_drop * body.length
    # Breathing in lifts the ribs at the side.
    drop = drop * (1 - 0.035 * (pose.dome / body.length - 20))
    wide = body.wall((start + 0.45 * drop).astype(np.float32)) + 0.35
    deep = body.half_depth((start + 0.45 * drop).astype(np.float32)) + 0.6
    # The bone ends in front where the (invisible) cartilage begins; the last two float.
    end = np.interp(k, [0, 1, 3, 6, 9, 10, 11], [0.86, 0.84, 0.80, 0.73, 0.60, 0.44, 0.30]) * np.pi
    begin = np.arcsin(np.clip(1.9 / wide, 0, 0.9))
    u = np.linspace(0, 1, steps)
    angle = begin[:, None] + (end - begin)[:, None] * u
    x = wide[:, None] * np.sin(angle) ** 0.86
    y = start[:, None] + drop[:, None] * (1 - np.cos(angle)) / 2
    y = y - 0.55 * np.sin(np.clip(angle, 0, np.pi / 2) * 2) * (k[:, None] < 9)
    z = -deep[:, None] * np.cos(angle)
    right = np.stack([-x, y + rng.normal(0, 0.06, (RIBS, 1)), z], axis=-1)
    left = np.stack([x, y + rng.normal(0, 0.06, (RIBS, 1)), z], axis=-1)
    centre = np.concatenate([right, left]).astype(np.float32)
    # Seen flat the rib shows its height, at the side of the chest its thickness.
    flat = np.abs(np.cos(angle))
    high = np.interp(k, [0, 3, 9, 11], [0.62, 0.70, 0.64, 0.45])[:, None]
    half = (0.34 + (high - 0.34) * flat) * (1 + 0.18 * np.clip(u - 0.75, 0, 1) * 4)
    # In front the ribs are thinner, and lie flat in the beam.
    high = high * (1 - 0.25 * np.clip(u - 0.45, 0, 0.2) / 0.2)
    taper = np.clip((1 - u) * 14, 0, 1) ** 0.5 * np.clip(u * 30, 0.3, 1)
    area = 0.44 * high / 0.7 * taper * np.ones_like(angle)
    half, area = np.tile(half, (2, 1)), np.tile(area, (2, 1))
    return tubes(pose.projection, centre, half, area, core=0.80)


def _spine(body: Body, pose: Pose) -> Array:
    x, y = pose.projection.plane(-6.5)
    # Only the columns near the spine are worked out.
    near = np.flatnonzero((np.abs(x) < 5.5).any(axis=0))
    bone = np.zeros_like(x)
    if len(near):
        part = slice(int(near[0]), int(near[-1]) + 1)
        bone[:, part] = _vertebrae(body, x[:, part], y[:, part])
    return bone


def _vertebrae(body: Body, x: Array, y: Array) -> Array:
    rng = stream(body.seed, "spine")
    x = x - rng.normal(0, 0.35) * np.sin((y - 8) / 14) - rng.normal(0, 0.1)
    half = 1.35 + 0.028 * np.clip(y + 4, 0, 40)
    period = body.rib_spacing * body.length
    turn = (y / period - np.floor(y / period)) * 2 - 1  # -1 and 1 in the discs
    waist = half * (1 - 0.10 * (1 - turn**2))
    column = np.sqrt(np.clip(1 - (x / waist) ** 4, 0, None))
    plates = 1 + 0.35 * np.exp(-(((np.abs(turn) - 0.80) / 0.07) ** 2))
    disc = 1 - 0.55 / (1 + np.exp(-(np.abs(turn) - 0.89) / 0.02))
    bone = 0.6 * column * plates * disc
    for side in (-1, 1):
        ring = ((x - side * 0.62 * half) / 0.42) ** 2 + ((turn + 0.30) / 0.34) ** 2
        bone += 0.55 * np.exp(-((np.sqrt(ring) - 1) ** 2) / 0.10)
        wing = np.clip(1 - ((turn + 0.25) / 0.35) ** 2, 0, None)
        reach = np.clip((half + 1.9 - x * side) / 0.8, 0, 1) * (x * side > 0.5 * half)
        bone += 0.28 * np.sqrt(wing) * reach
    process = (x / 0.28) ** 2 + ((turn - 0.25) / 0.42) ** 2
    bone += 0.6 * np.sqrt(np.clip(1 - process, 0, None))
    return bone.astype(np.float32)
