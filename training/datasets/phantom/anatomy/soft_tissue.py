"""Trunk, lungs, heart and diaphragm as thicknesses (cm) along each ray."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.datasets.phantom.anatomy.body import Body, Pose
from training.datasets.phantom.noise import stream

Array = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class SoftTissue:
    """Thicknesses of one image, each ``(H, W)`` in cm.

    Attributes:
        trunk: of everything inside the skin.
        lung: of air-filled lung; findings fill part of it.
        gas: of gas elsewhere (trachea, stomach, bowel).
    """

    trunk: Array
    lung: Array
    gas: Array


def dome_height(body: Body, pose: Pose, x: Array, wall: Array) -> Array:
    """Height (cm below the apex) of the diaphragm's top edge under ``x`` (cm), both sides."""
    side = np.abs(x)
    peak = 0.47 * wall
    # The two domes meet under the heart without a step.
    top = pose.dome + pose.left_lower * np.clip(0.5 + x / 5, 0, 1)
    outward = np.clip((side - peak) / np.maximum(wall - peak, 1), 0, 1.3)
    inward = np.clip((peak - side) / np.maximum(peak, 1), 0, 1)
    return top + 4.6 * body.length * outward**2.3 + 1.5 * inward**2


def ellipse_chord(
    x: Array,
    y: Array,
    centre: tuple[float, float],
    radii: tuple[float, float],
    turn: float,
    thickness: float,
) -> Array:
    """Thickness (cm) of an ellipsoid seen from the front: ``thickness`` in its middle."""
    cos, sin = math.cos(turn), math.sin(turn)
    dx, dy = x - centre[0], y - centre[1]
    a = dx * (cos / radii[0]) + dy * (sin / radii[0])
    b = dy * (cos / radii[1]) - dx * (sin / radii[1])
    return thickness * np.sqrt(np.clip(1 - a * a - b * b, 0, None))


def build_soft_tissue(body: Body, pose: Pose) -> SoftTissue:
    """All soft tissue of one exposure."""
    x, y = pose.projection.plane(0.0)
    wall = body.wall(y)
    lung = _lungs(body, pose, x, y, wall)
    trunk = _trunk(body, pose, x, y, wall) + _breasts(body, pose)
    return SoftTissue(trunk=trunk, lung=lung, gas=_gas(body, pose, lung))


def _lungs(body: Body, pose: Pose, x: Array, y: Array, wall: Array) -> Array:
    side = np.abs(x)
    outer = np.clip(1 - side / np.maximum(wall, 0.5), 0, None)
    # 1 - (x/w)² with a steeper rise at the wall: the pleura follows the ribs round the corner.
    around = np.clip(outer * (2 - outer), 0, 1) ** 0.42
    inner = np.clip((side - 0.92 * body.inner(y)) / 2.7, 0, 1)
    # Some lung lies before the great vessels and behind the heart, so the middle is not airless.
    medial = np.sqrt(inner * (2 - inner))
    medial = np.maximum(medial, 0.36 * np.clip((y - 3.0) / 3.0, 0, 1))
    depth = 2 * body.half_depth(y)
    lung = depth * around * medial
    lung *= np.clip((y + 1.0 * body.length) / 1.2, 0, 1)
    heart = _heart(body, pose)
    # The heart takes the place of lung; where there is little, some stays before and behind it.
    lung = lung - heart * lung / (lung + 0.5 * heart + 0.1)
    below = y - dome_height(body, pose, x, wall)
    edge = np.clip(0.5 - below / (2 * pose.projection.spacing), 0, 1)
    recess = 0.42 * np.clip(1 - (np.clip(below, 1e-3, None) / 6.5) ** 0.4, 0, 1)
    return (lung * np.maximum(edge, recess)).astype(np.float32)


def _heart(body: Body, pose: Pose) -> Array:
    """Heart and great vessels, at their own depth: larger where the source is close."""
    x, y = pose.projection.plane(4.0)
    size = body.heart
    low = pose.dome - 3.0 - 0.8 * (size - 1)
    chambers = ellipse_chord(x, y, (2.3 * size, low), (6.2 * size, 4.3 * size), 0.66, 10.5 * size)
    base = ellipse_chord(x, y, (2.6 * size, low + 2.6), (5.6 * size, 3.4 * size), 0.18, 9.0 * size)
    atrium = ellipse_chord(x, y, (-1.3, low - 0.6), (3.2 * size, 5.2 * size), -0.1, 8.5 * size)
    chambers = np.maximum(chambers, base)
    heart = np.maximum(chambers, atrium)
    # Upwards the heart thins out into the great vessels.
    heart = heart * np.clip((y - (low - 6.5)) / 4.0, 0.25, 1)
    x, y = pose.projection.plane(0.0)
    trunk = ellipse_chord(x, y, (2.2, low - 6.0), (2.5, 4.2), -0.25, 4.5)
    knob = ellipse_chord(x, y, (2.1, low - 9.8), (body.knob + 0.4, body.knob + 0.2), 0.2, 4.2)
    cava = ellipse_chord(x, y, (-1.2, low - 9.0), (2.0, 7.0), 0.03, 3.5)
    aorta = ellipse_chord(x, y, (1.5, low - 1.5), (1.3, 9.5), -0.03, 2.6)
    vessels = np.maximum(np.maximum(trunk, aorta), np.maximum(knob, cava))
    return np.maximum(heart, vessels)


def _trunk(body: Body, pose: Pose, x: Array, y: Array, wall: Array) -> Array:
    side = np.abs(x)
    waist = 0.92 * float(body.wall(np.full(1, 12.0, np.float32))[0])
    hull = np.maximum(wall, waist) + 2.1 + 1.1 * body.fat
    across = np.sqrt(np.clip(1 - (side / hull) ** 6, 0, None))
    chest = (2 * body.half_depth(np.maximum(y, 10.0)) + 1.6 + 1.2 * body.fat) * across
    # Above the armpits the chest passes into shoulders and neck under one sloping roof.
    roof = -3.4 - pose.shoulders - 0.5 * body.fat + 0.13 * side + 0.009 * side**2
    under = np.clip((y - roof) / 6.0, 0, 1)
    vault = np.sqrt(under * (2 - under))
    fold = np.clip((pose.armpit + (0.2 + 1.2 * pose.arms) * (side - 15.0) - y) / 5.0, 0, 1)
    shoulder = (12.5 + 1.5 * body.fat) * vault * fold * (2 - fold)
    neck_width = 5.6 + 0.4 * body.fat + 0.16 * np.clip(y + 6.0, 0, 6) ** 2
    neck = 12.0 * np.sqrt(np.clip(1 - (side / neck_width) ** 2, 0, None))
    neck = neck * np.sqrt(np.clip((6 - y) / 6, 0, 1))
    axis = 16.8 + 0.6 * body.fat + pose.arms * (y - 2.0)
    reach = (4.0 + 0.45 * body.fat) * math.hypot(1, pose.arms)
    arm = (8.0 + body.fat) * np.sqrt(np.clip(1 - ((side - axis) / reach) ** 2, 0, None)) * vault
    trunk = _blend(_blend(chest * vault, shoulder), _blend(neck, arm))
    return trunk.astype(np.float32)


def _blend(a: Array, b: Array) -> Array:
    """The larger of two thicknesses, rounded by half a centimetre where they meet."""
    return np.maximum(0.5 * (a + b + np.sqrt((a - b) ** 2 + 1.0)) - 0.5, 0)


def _breasts(body: Body, pose: Pose) -> Array:
    x, y = pose.projection.plane(9.0)
    if body.breast <= 0:
        return np.zeros_like(x)
    rng = stream(body.seed, "breast")
    total = np.zeros_like(x)
    reach = 5.0 + 0.5 * body.breast
    for side in (-1, 1):
        cx = side * (8.8 + rng.normal(0, 0.4)) * body.width
        cy = 16.5 + 0.5 * body.breast + rng.normal(0, 0.4)
        # The lower fold is sharp, the upper part runs out into the chest.
        below = np.where(y > cy, reach * 0.72, reach * 1.9)
        rho = ((x - cx) / (reach * 1.15)) ** 2 + ((y - cy) / below) ** 2
        total += body.breast * np.clip(1 - rho, 0, None) ** np.where(y > cy, 0.5, 0.8)
    return total.astype(np.float32)


def _gas(body: Body, pose: Pose, lung: Array) -> Array:
    rng = stream(body.seed, "gas")
    x, y = pose.projection.plane(-1.0)
    carina = 9.2 * body.length
    drift = rng.normal(-0.25, 0.15)
    trachea = 1.7 * np.sqrt(np.clip(1 - ((x - drift) / 0.95) ** 2, 0, None))
    trachea = trachea * np.clip((carina + 0.5 - y) / 0.8, 0, 1)
    for side, slope in ((-1, 1.35), (1, 0.95)):
        along = (x - drift) * side
        off = (y - carina) - slope * along
        width = 0.62 * math.hypot(1, slope)
        tube = 1.2 * np.sqrt(np.clip(1 - (off / width) ** 2, 0, None))
        trachea = np.maximum(trachea, tube * np.clip(along * 4, 0, 1) * np.clip(4.2 - along, 0, 1))
    gas = trachea
    gut = stream(pose.seed, "bubble")
    if gut.random() < 0.7:
        cx, cy = gut.normal(6.2, 1.2), pose.dome + pose.left_lower + gut.uniform(1.9, 3.2)
        rx, ry = gut.uniform(1.4, 3.6), gut.uniform(0.9, 1.7)
        bubble = ellipse_chord(x, y, (cx, cy), (rx, ry), gut.normal(0.1, 0.15), gut.uniform(3, 6))
        if pose.projection.view == "PA":  # upright: the bubble stands on a fluid level
            bubble = bubble * np.clip((cy + 0.45 * ry - y) / 0.15, 0, 1)
        gas = gas + bubble
    for _ in range(int(gut.integers(0, 5))):
        cx, cy = gut.uniform(-10, 11), pose.dome + gut.uniform(6.5, 10)
        radii = (gut.uniform(0.8, 2.0), gut.uniform(0.7, 1.2))
        gas = gas + ellipse_chord(x, y, (cx, cy), radii, gut.uniform(-0.6, 0.6), gut.uniform(1, 3))
    return gas.astype(np.float32)
