"""Findings of the lungs as the air that they displace, with masks known by construction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.datasets.phantom.anatomy.body import Body, Pose
from training.datasets.phantom.anatomy.soft_tissue import dome_height
from training.datasets.phantom.noise import clouds, stream
from training.datasets.phantom.parameters import CaseFacts
from training.datasets.phantom.projection import smooth_path, tubes

Array = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Finding:
    """A finding as it displaces air.

    Attributes:
        filled: ``(H, W)`` fraction of the lung's air that is displaced, 0 to 1.
        mask: ``(H, W)`` bool, where a reader would outline it.
    """

    filled: Array
    mask: NDArray[np.bool_]


def no_finding(shape: tuple[int, int]) -> Finding:
    """Clear lungs."""
    return Finding(np.zeros(shape, np.float32), np.zeros(shape, bool))


def build_finding(facts: CaseFacts, body: Body, pose: Pose, lung: Array) -> Finding:
    """The finding of an image.

    Args:
        facts: of the image; ``difficulty`` makes findings fainter.
        body: the patient.
        pose: the exposure.
        lung: ``(H, W)`` cm of air-filled lung along each ray.
    """
    if facts.finding == "none":
        return no_finding(lung.shape)
    draw = {"consolidation": _consolidation, "nodule": _nodule, "effusion": _effusion}
    rng = stream(facts.seed, "finding", facts.finding)
    strength = 1.5 - 0.5 * facts.difficulty
    return draw[facts.finding](rng, strength, body, pose, lung)


def _place(
    rng: np.random.Generator, pose: Pose, lung: Array, least_cm: float, weight: Array | None = None
) -> tuple[float, float]:
    """Patient X, Y (cm) of a spot with at least so much lung before and behind it."""
    x, y = pose.projection.plane(0.0)
    chance = np.clip(lung - least_cm, 0, 1)
    edge = max(2, round(1.5 / pose.projection.spacing))
    chance[:edge], chance[-edge:], chance[:, :edge], chance[:, -edge:] = 0, 0, 0, 0
    if weight is not None:
        chance = chance * weight
    total = np.cumsum(chance, dtype=np.float64).ravel()
    # The image's grid only rounds the place: the draw itself is one number.
    at = int(np.searchsorted(total, rng.random() * total[-1]))
    return float(x.ravel()[at]), float(y.ravel()[at])


def _consolidation(
    rng: np.random.Generator, strength: float, body: Body, pose: Pose, lung: Array
) -> Finding:
    """Patchy filling of a part of one lung, fuzzy at its edge, with open bronchi in it."""
    x, y = pose.projection.plane(0.0)
    lower = 0.55 + 0.45 * np.clip((y - 4) / 10, 0, 1)
    cx, cy = _place(rng, pose, lung, 6.5, lower)
    size = rng.uniform(2.4, 4.4)
    ratio, turn = float(np.exp(rng.normal(0, 0.22))), rng.uniform(0, np.pi)
    cos, sin = np.cos(turn), np.sin(turn)
    a = (cos * (x - cx) + sin * (y - cy)) / (size * ratio)
    b = (cos * (y - cy) - sin * (x - cx)) / (size / ratio)
    ragged = clouds(rng, lung.shape, cells=9, octaves=4)
    core = 1 - np.sqrt(a * a + b * b) + 0.30 * ragged
    soft = 1 / (1 + np.exp(-core / 0.16))
    patchy = 0.78 + 0.22 * clouds(rng, lung.shape, cells=22, octaves=3)
    peak = np.clip(strength * rng.uniform(0.66, 0.90), 0.1, 0.9)
    filled = peak * soft * np.clip(patchy, 0.25, 1.25)
    filled = filled * (1 - rng.uniform(0.1, 0.5) * _open_bronchi(rng, pose, cx, cy, size))
    filled = np.clip(filled * np.clip((x * np.sign(cx) - 1.0) / 1.5, 0, 1), 0, 0.95).astype(
        np.float32
    )
    # It stays in its own lung, and ends where its cloud thins out.
    filled[soft < 0.05] = 0
    return Finding(filled, (soft > 0.35) & (filled * lung > 0.5))


def _open_bronchi(rng: np.random.Generator, pose: Pose, cx: float, cy: float, size: float) -> Array:
    """0 to 1: branching air in the filled lung, running away from the hilum."""
    side = 1.0 if cx > 0 else -1.0
    away = np.arctan2(cy - 10.0, (cx - side * 4.0) * side)
    paths = []
    for _ in range(5):
        angle = away + rng.normal(0, 0.5)
        step = size * 0.55
        points = [(cx - side * np.cos(away) * size * 0.7, cy - np.sin(away) * size * 0.7, 0.0)]
        for _ in range(3):
            angle += rng.normal(0, 0.25)
            px, py, _z = points[-1]
            points.append((px + side * np.cos(angle) * step, py + np.sin(angle) * step, 0.0))
        paths.append(smooth_path(np.array(points, np.float32), 60))
    width = np.linspace(0.22, 0.10, 60) * np.ones((len(paths), 1))
    air = tubes(pose.projection, np.stack(paths), width, np.pi * width**2)
    return np.clip(air / 0.3, 0, 1)


def _nodule(
    rng: np.random.Generator, strength: float, body: Body, pose: Pose, lung: Array
) -> Finding:
    """One round, slightly lumpy ball with a soft edge."""
    x, y = pose.projection.plane(0.0)
    cx, cy = _place(rng, pose, lung, 9.0)
    radius = rng.uniform(0.9, 1.45)
    angle = np.arctan2(y - cy, x - cx)
    lumps = sum(
        rng.normal(0, 0.03) * np.cos(k * angle + rng.uniform(0, 2 * np.pi)) for k in (2, 3, 4, 5)
    )
    rho = np.hypot(x - cx, y - cy) / (radius * (1 + lumps))
    # A ball is thickest in its middle; its rim is softened over a fifth of the radius.
    chord = 2 * radius * np.sqrt(np.clip(1.02 - rho**2, 0, None))
    chord = chord * np.clip((1.05 - rho) / 0.25, 0, 1)
    tissue = strength * rng.uniform(2.7, 3.5) * chord
    filled = np.clip(tissue / np.maximum(lung, 2.0), 0, 0.9) * (lung > 0)
    return Finding(filled.astype(np.float32), (rho < 1.0) & (lung > 1.0))


def _effusion(
    rng: np.random.Generator, strength: float, body: Body, pose: Pose, lung: Array
) -> Finding:
    """Fluid at the base of one lung (sometimes of both) that rises along the chest wall."""
    x, y = pose.projection.plane(0.0)
    wall = body.wall(y)
    first = int(rng.choice((-1, 1)))
    sides = (first, -first) if rng.random() < 0.2 else (first,)
    filled = np.zeros_like(lung)
    for side in sides:
        depth = rng.uniform(5.5, 10.0) * (0.7 + 0.3 * strength)
        # Under the raised domes of a portable image it takes more fluid to be seen.
        depth += 0.0 if pose.projection.view == "PA" else 1.0
        # Height of the sharp angle between dome and chest wall on this side.
        column = np.full((1, 1), side * 13.0, np.float32)
        low = float(dome_height(body, pose, column, np.full_like(column, 13.4 * body.width))[0, 0])
        across = np.clip(x * side / np.maximum(wall, 1.0), 0, 1.05)
        climb = depth * (0.55 + 0.45 * across**3) + 0.25 * np.sin(x * 0.9 + rng.uniform(0, 6))
        level = low - climb
        # Lying down the fluid runs up behind the lung and veils it.
        upright = pose.projection.view == "PA"
        blur = rng.uniform(0.10, 0.25) if upright else rng.uniform(0.35, 0.9)
        fluid = 1 / (1 + np.exp(-np.clip((y - level) / blur, -30, 30)))
        peak = np.clip(0.90 * strength, 0.3, 0.97)
        filled = np.maximum(filled, peak * fluid * np.clip((x * side - 1.0) / 1.5, 0, 1))
    filled[filled < 0.02] = 0
    return Finding(filled.astype(np.float32), (filled * lung > 0.7) & (filled > 0.15))
