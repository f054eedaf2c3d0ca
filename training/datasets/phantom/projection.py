"""From the patient (cm) to the image (px): a point source, a flat detector, a patient who may turn.

Patient coordinates in cm: X to the patient's left (right on the image), Y down from the lung's
apex, Z towards the breastbone; the spine's axis is X = 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]

HALF_THICKNESS_CM = 13.0
"""From the body's middle plane to the detector."""


@dataclass(frozen=True)
class Projection:
    """One exposure's geometry.

    Attributes:
        shape: ``(H, W)`` of the image, px.
        spacing: cm on the image per pixel.
        centre: patient ``(X, Y)`` in cm that the central ray meets.
        view: "PA" (source behind) or "AP" (source before the patient).
        source_distance: from source to detector, cm.
        roll: turn in the image's plane, radians.
        yaw: turn about the patient's long axis, radians.
        tilt: leaning back (radians): what lies anterior is thrown higher.
    """

    shape: tuple[int, int]
    spacing: float
    centre: tuple[float, float]
    view: str
    source_distance: float
    roll: float = 0.0
    yaw: float = 0.0
    tilt: float = 0.0

    def magnification(self, z: float | Array) -> float | Array:
        """How much larger than life a thing at depth ``z`` (cm) is thrown."""
        gap = HALF_THICKNESS_CM - z if self.view == "PA" else HALF_THICKNESS_CM + z
        return self.source_distance / (self.source_distance - gap)

    @cached_property
    def _image_cm(self) -> tuple[Array, Array]:
        rows, columns = self.shape
        u = (np.arange(columns, dtype=np.float32) - (columns - 1) / 2) * self.spacing
        v = (np.arange(rows, dtype=np.float32) - (rows - 1) / 2) * self.spacing
        cos, sin = math.cos(self.roll), math.sin(self.roll)
        return cos * u[None, :] + sin * v[:, None], cos * v[:, None] - sin * u[None, :]

    def plane(self, z: float) -> tuple[Array, Array]:
        """Patient ``X, Y`` (cm), each ``(H, W)``, of the plane at depth ``z`` under every pixel."""
        u, v = self._image_cm
        scale = 1.0 / float(self.magnification(z))
        dx = self.centre[0] - z * math.sin(self.yaw)
        dy = self.centre[1] + z * math.tan(self.tilt)
        return u * scale + dx, v * scale + dy

    def to_image(self, points: Array) -> tuple[Array, Array, Array]:
        """Where points fall.

        Args:
            points: ``(..., 3)`` patient X, Y, Z in cm.

        Returns:
            column, row (px) and magnification, each ``(...)``.
        """
        x, y, z = points[..., 0], points[..., 1], points[..., 2]
        turn, away = math.cos(self.yaw), math.sin(self.yaw)
        depth = z * turn - x * away
        x = x * turn + z * away
        scale = np.asarray(self.magnification(depth))
        a = (x - self.centre[0]) * scale
        b = (y - z * math.tan(self.tilt) - self.centre[1]) * scale
        cos, sin = math.cos(self.roll), math.sin(self.roll)
        u, v = cos * a - sin * b, sin * a + cos * b
        rows, columns = self.shape
        return u / self.spacing + (columns - 1) / 2, v / self.spacing + (rows - 1) / 2, scale


def deposit(shape: tuple[int, int], column: Array, row: Array, weight: Array) -> Array:
    """Sum weights into a grid, each divided among its four nearest pixels.

    Args:
        shape: ``(H, W)``.
        column: ``(n,)`` px.
        row: ``(n,)`` px.
        weight: ``(n,)``.

    Returns:
        ``(H, W)``; what falls outside is lost.
    """
    rows, columns = shape
    # A border of one pixel takes what falls beside the image.
    c = np.clip(column, -1, columns - 0.001).astype(np.float32) + np.float32(1)
    r = np.clip(row, -1, rows - 0.001).astype(np.float32) + np.float32(1)
    c0, r0 = c.astype(np.int64), r.astype(np.int64)
    fc, fr = c - c0.astype(np.float32), r - r0.astype(np.float32)
    width = columns + 2
    base = r0 * width + c0
    weight = weight.astype(np.float32)
    lower = weight * fr
    upper = weight - lower
    canvas = np.zeros((rows + 2) * width + 1)
    for shift, part in (
        (0, upper - upper * fc),
        (1, upper * fc),
        (width, lower - lower * fc),
        (width + 1, lower * fc),
    ):
        canvas[shift:] += np.bincount(base, weights=part, minlength=len(canvas))[
            : len(canvas) - shift
        ]
    grid = canvas[: (rows + 2) * width].reshape(rows + 2, width)
    return grid[1:-1, 1:-1].astype(np.float32)


def tubes(
    projection: Projection,
    centre: Array,
    half_width: Array,
    area: Array,
    *,
    core: float = 0.0,
) -> Array:
    """Thickness (cm) along each ray of many bent tubes.

    The tubes are laid down as strips of points: their volume is kept, so a tube seen end-on is
    as bright as it should be.

    Args:
        projection: the exposure's geometry.
        centre: ``(T, n, 3)`` points along each tube's axis, cm.
        half_width: ``(T, n)`` half the tube's width as seen on the image, cm.
        area: ``(T, n)`` its cross-section, cm².
        core: fraction of the half width that is hollow (marrow); 0 is a full tube.

    Returns:
        ``(H, W)`` cm.
    """
    column, row, scale = projection.to_image(centre)
    length = np.linalg.norm(np.gradient(centre, axis=1), axis=-1)
    along_c, along_r = np.gradient(column, axis=1), np.gradient(row, axis=1)
    # A tube that points at the source has no direction on the image; it keeps a small one.
    norm = np.maximum(np.hypot(along_c, along_r), 1e-3)
    widest = float((half_width * scale).max()) / projection.spacing
    across = max(4, int(np.ceil(widest * 2.4)))
    half_width, area = half_width.astype(np.float32), area.astype(np.float32)
    s = (np.arange(across, dtype=np.float32) + 0.5) / across * 2 - 1
    profile = np.sqrt(1 - s**2)
    if core:
        profile = profile - 0.85 * core * np.sqrt(np.clip(1 - (s / core) ** 2, 0, None))
    profile = profile / profile.sum()
    reach = half_width * scale / projection.spacing
    c = column[..., None] - (along_r / norm * reach)[..., None] * s
    r = row[..., None] + (along_c / norm * reach)[..., None] * s
    volume = area * length * scale**2 / projection.spacing**2
    weight = volume[..., None] * profile
    return deposit(projection.shape, c.ravel(), r.ravel(), weight.ravel())


def smooth_path(points: Array, steps: int) -> Array:
    """A Catmull-Rom curve through points: ``(..., k, d)`` to ``(..., steps, d)``."""
    k = points.shape[-2]
    first = 2 * points[..., :1, :] - points[..., 1:2, :]
    last = 2 * points[..., -1:, :] - points[..., -2:-1, :]
    p = np.concatenate([first, points, last], axis=-2)
    t = np.linspace(0, k - 1, steps)
    i = np.minimum(t.astype(int), k - 2)
    f = (t - i)[:, None]
    a, b, c, d = p[..., i, :], p[..., i + 1, :], p[..., i + 2, :], p[..., i + 3, :]
    curve = b + 0.5 * f * (c - a + f * (2 * a - 5 * b + 4 * c - d + f * (3 * (b - c) + d - a)))
    return curve.astype(np.float32)
