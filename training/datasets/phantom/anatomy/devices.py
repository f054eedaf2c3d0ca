"""Lines, leads and boxes on and in the patient, as thickness of metal or plastic along each ray."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.datasets.phantom.anatomy.body import Body, Pose
from training.datasets.phantom.noise import stream
from training.datasets.phantom.parameters import CaseFacts
from training.datasets.phantom.projection import smooth_path, tubes

Array = NDArray[np.floating]
Points = list[tuple[float, float, float]]

STEPS = 260


def build_devices(facts: CaseFacts, body: Body, pose: Pose) -> Array:
    """``(H, W)`` cm of metal of all devices on an image."""
    shape = pose.projection.shape
    draw = {
        "ecg_leads": _ecg_leads,
        "central_line": _central_line,
        "pacemaker": _pacemaker,
        "tube": _tube,
    }
    metal = np.zeros(shape, np.float32)
    for device in facts.devices:
        metal += draw[device](stream(facts.seed, device), body, pose)
    return metal


def _wire(pose: Pose, points: Points, radius: float, metal: float) -> Array:
    path = smooth_path(np.array(points, np.float32), STEPS)[None]
    width = np.full((1, STEPS), radius, np.float32)
    return tubes(pose.projection, path, width, np.pi * width**2 * metal)


def _disc(pose: Pose, centre: tuple[float, float, float], radius: float, metal: float) -> Array:
    x, y = pose.projection.plane(centre[2])
    rho = np.hypot(x - centre[0], y - centre[1]) / radius
    edge = pose.projection.spacing / radius
    return np.float32(metal) * np.clip((1 - rho) / edge + 0.5, 0, 1).astype(np.float32)


def _ecg_leads(rng: np.random.Generator, body: Body, pose: Pose) -> Array:
    total = np.zeros(pose.projection.shape, np.float32)
    spots = [(-9.5, 4.0), (9.5, 4.0), (10.5, 19.5), (-10.0, 20.5), (2.0, 13.0)]
    exit_side = float(rng.choice((-1.0, 1.0)))
    for x, y in spots[: int(rng.integers(3, 6))]:
        x, y = x * body.width + rng.normal(0, 1.0), y + rng.normal(0, 1.2)
        total += _disc(pose, (x, y, 11.5), 1.3, 0.010)
        total += _disc(pose, (x, y, 11.5), 0.42, 0.28)
        end = (exit_side * rng.uniform(12, 20), rng.uniform(26, 34), 11.5)
        middle = (
            (x + end[0]) / 2 + rng.normal(0, 2.0),
            (y + end[1]) / 2 + rng.normal(0, 2.5),
            11.5,
        )
        total += _wire(pose, [(x, y, 11.5), middle, end], 0.09, 0.35)
    return total


def _central_line(rng: np.random.Generator, body: Body, pose: Pose) -> Array:
    tip = rng.uniform(9.0, 13.5) * body.length
    if rng.random() < 0.6:  # from the neck
        path: Points = [
            (-5.0 + rng.normal(0, 0.6), -7.0, 5.0),
            (-3.6, -2.5, 3.0),
            (-2.6, 2.5, 2.0),
            (-2.3, 6.5, 1.0),
            (-2.3 + rng.normal(0, 0.3), tip, 1.0),
        ]
    else:  # from below the collar bone
        path = [
            (-12.5, 6.0, 8.0),
            (-8.0, 2.8 + rng.normal(0, 0.4), 6.0),
            (-4.0, 2.6, 3.5),
            (-2.5, 5.0, 2.0),
            (-2.3 + rng.normal(0, 0.3), tip, 1.0),
        ]
    return _wire(pose, path, 0.13, 0.42)


def _pacemaker(rng: np.random.Generator, body: Body, pose: Pose) -> Array:
    cx, cy, z = 10.0 * body.width + rng.normal(0, 0.7), 4.8 + rng.normal(0, 0.7), 10.0
    x, y = pose.projection.plane(z)
    turn = rng.normal(0.2, 0.25)
    a = np.cos(turn) * (x - cx) + np.sin(turn) * (y - cy)
    b = np.cos(turn) * (y - cy) - np.sin(turn) * (x - cx)
    edge = pose.projection.spacing / 2.2
    box = (np.abs(a) / 2.4) ** 3 + (np.abs(b) / 2.1) ** 3
    case = np.clip((1 - box) / edge / 2 + 0.5, 0, 1) * 0.55
    header = ((a / 1.6) ** 4 + ((b + 2.2) / 0.7) ** 4) < 1
    total = (case + 0.10 * header).astype(np.float32)
    low = pose.dome - 4.0
    ends = [(-2.6, low - 1.0, 4.0), (5.2 * body.heart, low + 2.8, 5.0)]
    for end in ends[: int(rng.integers(1, 3))]:
        path: Points = [
            (cx - 0.5, cy - 2.3, z),
            (cx - 2.5, cy - 3.4 + rng.normal(0, 0.3), 8.0),
            (3.5, 3.2, 4.0),
            (-1.6, 5.5, 2.0),
            (-2.4, 10.0, 1.5),
            ((-2.4 + end[0]) / 2 - 0.4, (10.0 + end[1]) / 2 + 1.2, 3.0),
            end,
        ]
        total += _wire(pose, path, 0.12, 0.9)
        total += _disc(pose, end, 0.16, 0.25)
    return total


def _tube(rng: np.random.Generator, body: Body, pose: Pose) -> Array:
    """A breathing tube, sometimes with a feeding tube beside it."""
    tip = rng.uniform(4.5, 7.5) * body.length
    axis = -0.25 + rng.normal(0, 0.15)
    total = np.zeros(pose.projection.shape, np.float32)
    for side in (-1, 1):
        wall: Points = [
            (axis + side * 0.42, -8.0, 2.0),
            (axis + side * 0.42, 0.0, 0.0),
            (axis + side * 0.42, tip, -1.0),
        ]
        total += _wire(pose, wall, 0.07, 0.35)
    if rng.random() < 0.6:
        end_y = pose.dome + rng.uniform(2.0, 5.0)
        path: Points = [
            (0.6, -8.0, 0.0),
            (0.5 + rng.normal(0, 0.2), 4.0, -3.0),
            (0.8, 12.0, -3.0),
            (1.2, pose.dome - 1.0, -2.0),
            (5.0 + rng.normal(0, 1.0), end_y, 0.0),
        ]
        total += _wire(pose, path, 0.14, 0.35)
    return total
