"""The lungs' vessels: trees that branch out of both hila."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.datasets.phantom.anatomy.body import Body, Pose
from training.datasets.phantom.noise import stream
from training.datasets.phantom.projection import deposit, tubes

Array = NDArray[np.floating]

GENERATIONS = 5
STEPS = 14


def build_vessels(body: Body, pose: Pose) -> Array:
    """``(H, W)`` cm of blood in the lungs' vessels, not yet cut off at the lungs' edge."""
    canvas = np.zeros(pose.projection.shape, np.float32)
    trees = [_tree(body, pose, side) for side in (-1, 1)]
    for right, left in zip(*trees, strict=True):
        path = np.concatenate([right[0], left[0]])
        radius = np.concatenate([right[1], left[1]])
        longest = np.linalg.norm(np.diff(path, axis=1), axis=-1).sum(axis=1).max()
        steps = int(1.2 * longest / pose.projection.spacing) + 4  # closer than the pixels
        fine, wide = _refine(path, steps), _refine(radius[..., None], steps)[..., 0]
        canvas += tubes(pose.projection, fine, wide, np.pi * wide**2)
    return 1.5 * canvas + _ends(body, pose)


def _tree(body: Body, pose: Pose, side: int) -> list[tuple[Array, Array]]:
    """For each generation ``(T, STEPS, 3)`` axes and ``(T, STEPS)`` radii (cm) of one lung."""
    rng = stream(body.seed, "vessels", side)
    count = 9
    height = (10.6 if side < 0 else 9.7) * body.length
    fan = np.linspace(-1.35, 1.45, count) + rng.normal(0, 0.10, count)
    heading = fan
    start = np.stack(
        [
            side * (3.1 + 0.3 * rng.random(count)),
            height + 2.4 * np.sin(fan) * 0.6,
            rng.normal(0, 1.0, count),
        ],
        axis=-1,
    )
    depth = rng.normal(0, 0.5, count)
    # The lower lobes are longer than the upper ones, and better supplied with blood.
    down = np.clip(fan, 0, None)
    length = (3.4 + 1.3 * down) * body.length * rng.uniform(0.85, 1.15, count)
    radius = (0.50 + 0.10 * down) * np.sqrt(body.markings) * rng.uniform(0.8, 1.2, count)
    generations = []
    for generation in range(GENERATIONS):
        t = np.linspace(0, 1, STEPS)
        bend = rng.normal(0, 0.28, len(start))
        angle = heading[:, None] + bend[:, None] * t
        step = length[:, None] / (STEPS - 1)
        dx = np.cumsum(np.cos(angle) * step, axis=1) * side
        dy = np.cumsum(np.sin(angle) * step, axis=1)
        dz = depth[:, None] * length[:, None] * t
        path = start[:, None, :] + np.stack([dx, dy, dz], axis=-1)
        taper = radius[:, None] * (1 - 0.28 * t)
        generations.append((path.astype(np.float32), taper.astype(np.float32)))
        if generation == GENERATIONS - 1:
            break
        twins = len(start)
        fork = np.abs(rng.normal(0.42, 0.16, (2, twins))) * np.array([[-1], [1]])
        heading = (angle[:, -1] + fork).ravel()
        start = np.tile(path[:, -1], (2, 1))
        depth = (depth + rng.normal(0, 0.6, (2, twins))).ravel()
        length = np.tile(length, 2) * rng.uniform(0.62, 0.92, 2 * twins)
        radius = np.tile(radius, 2) * 0.72 * rng.uniform(0.75, 1.08, 2 * twins)
    return generations


def _refine(values: Array, steps: int) -> Array:
    """``(T, n, d)`` read at ``steps`` even places."""
    at = np.linspace(0, values.shape[1] - 1, steps)
    low = np.minimum(at.astype(int), values.shape[1] - 2)
    part = (at - low)[:, None].astype(np.float32)
    return values[:, low] * (1 - part) + values[:, low + 1] * part


def _ends(body: Body, pose: Pose) -> Array:
    """Vessels that run towards the source: small round dots near the hila."""
    rng = stream(body.seed, "ends")
    count = int(rng.integers(6, 14))
    side = rng.choice((-1.0, 1.0), count)
    distance, angle = rng.uniform(0.5, 6.0, count), rng.uniform(-1.3, 1.5, count)
    x = side * (3.6 + distance * np.cos(angle))
    y = 10.0 * body.length + distance * np.sin(angle) * 1.3
    radius = np.clip(rng.normal(0.26, 0.06, count), 0.12, 0.36)
    grid = np.linspace(-1, 1, 15)
    gx, gy = np.meshgrid(grid, grid)
    in_disc = gx**2 + gy**2 < 1
    gx, gy = gx[in_disc], gy[in_disc]
    column, row, scale = pose.projection.to_image(np.stack([x, y, np.zeros(count)], axis=-1))
    reach = radius * scale / pose.projection.spacing
    across, down = column[:, None] + reach[:, None] * gx, row[:, None] + reach[:, None] * gy
    per_pixel = (reach[:, None] * (grid[1] - grid[0])) ** 2
    weights = np.sqrt(1 - gx**2 - gy**2) * 2.6 * radius[:, None] * per_pixel
    return deposit(pose.projection.shape, across.ravel(), down.ravel(), weights.ravel())
