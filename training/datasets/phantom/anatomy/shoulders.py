"""Collar bones, shoulder blades and upper arms as thickness of bone (cm) along each ray."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from training.datasets.phantom.anatomy.body import Body, Pose
from training.datasets.phantom.noise import stream
from training.datasets.phantom.projection import smooth_path, tubes

Array = NDArray[np.floating]


class Bone(NamedTuple):
    """One long bone or border of bone.

    Attributes:
        points: patient X, Y, Z (cm) that its axis passes through.
        half: half its width (cm) at even steps along it.
        area: its cross-section (cm²) where it is widest.
    """

    points: list[tuple[float, float, float]]
    half: list[float]
    area: float


def build_shoulders(body: Body, pose: Pose) -> Array:
    """``(H, W)`` cm of bone of both shoulders."""
    rng = stream(body.seed, "girdle")
    # In PA images the arms are rolled forward, which carries the shoulder blades off the lungs.
    rolled = 0.2 if pose.projection.view == "AP" else 3.2
    out = rolled + stream(pose.seed, "blade").normal(0, 0.5)
    bones: list[Bone] = []
    for side in (-1, 1):
        jitter = rng.normal(0, 0.15, 8)
        lift = pose.shoulders * 0.8
        top = -lift * 0.6
        bones.append(_collar_bone(body, side, lift, jitter))
        bones.extend(_blade_borders(body, side, out, top, jitter))
        bones.append(_upper_arm(body, pose, side, out, top))
    path, width, area = _strips(bones, max(150, int(34 / pose.projection.spacing)))
    bone = _plates(pose, body, out)
    stout = width.max(axis=1) > 1.5
    for part in (stout, ~stout):  # thin bones need fewer points across
        bone += tubes(pose.projection, path[part], width[part], area[part], core=0.72)
    return bone


def _strips(bones: list[Bone], steps: int) -> tuple[Array, Array, Array]:
    """``(T, steps, 3)`` axes, ``(T, steps)`` half widths and cross-sections, ends rounded."""
    u = np.linspace(0, 1, steps)
    ends = np.sqrt(np.clip(np.minimum(u, 1 - u) / 0.05, 0.15, 1))
    paths, widths, areas = [], [], []
    for bone in bones:
        width = np.interp(u, np.linspace(0, 1, len(bone.half)), bone.half) * ends
        paths.append(smooth_path(np.array(bone.points, np.float32), steps))
        widths.append(width)
        areas.append(bone.area * (width / max(bone.half)) ** 2)
    return np.stack(paths), np.stack(widths), np.stack(areas)


def _collar_bone(body: Body, s: int, lift: float, j: Array) -> Bone:
    w = body.width
    points = [
        (s * 1.6, 3.4 + j[0], 8.0),
        (s * 5.0 * w, 2.5 + j[1] - 0.3 * lift, 8.2),
        (s * 9.5 * w, 1.6 + j[2] - 0.8 * lift, 6.0),
        (s * 13.5 * w, 0.6 + j[3] - lift, 2.5),
        (s * 16.3 * w, 0.5 + j[4] - lift, 1.0),
    ]
    return Bone(points, [0.95, 0.66, 0.60, 0.65, 0.85], 1.9)


def _blade_borders(body: Body, s: int, out: float, top: float, j: Array) -> list[Bone]:
    """The shoulder blade's inner and (stronger) outer border, its spine and its coracoid."""
    w, b = body.width, out * s
    tip = (s * 10.2 * w + b * 1.2, 14.0 + top + j[6], -9.0)
    inner = [
        (s * 8.0 * w + b, 1.2 + top + j[5], -8.5),
        (s * 7.6 * w + b, 5.0 + top, -9.0),
        (s * 8.4 * w + b * 1.1, 10.0 + top, -9.2),
        tip,
    ]
    outer = [
        (s * 15.2 * w + b * 0.4, 4.4 + top, -5.5),
        (s * 13.4 * w + b * 0.8, 8.0 + top, -7.5),
        (s * 11.6 * w + b * 1.1, 11.8 + top, -8.6),
        tip,
    ]
    spine = [
        (s * 8.2 * w + b, 3.4 + top, -9.0),
        (s * 12.0 * w + b * 0.7, 1.8 + top, -8.0),
        (s * 16.8 * w + b * 0.2, -0.2 + top, -3.5),
    ]
    coracoid = [
        (s * 14.4 * w + b * 0.4, 2.6 + top, -3.0),
        (s * 14.0 * w + b * 0.3, 2.0 + top, 0.5),
        (s * 14.9 * w + b * 0.3, 2.5 + top, 2.5),
    ]
    return [
        Bone(inner, [0.34, 0.30, 0.30, 0.50], 0.34),
        Bone(outer, [0.70, 0.50, 0.45, 0.50], 0.95),
        Bone(spine, [0.40, 0.48, 0.85], 1.2),
        Bone(coracoid, [0.7, 0.6, 0.55], 0.6),
    ]


def _upper_arm(body: Body, pose: Pose, s: int, out: float, top: float) -> Bone:
    w = body.width
    hang = 0.0 if pose.projection.view == "AP" else 1.5
    points = [
        (s * (17.0 * w + 0.3 * out), 2.4 + top, -1.0),
        (s * (17.6 * w + 0.3 * out), 4.2 + top, -1.0),
        (s * (18.2 * w + 0.3 * out + hang), 8.0 + top, -1.0),
        (s * (19.6 * w + 0.4 * out + 2 * hang), 22.0 + top, -1.0),
    ]
    return Bone(points, [2.0, 2.4, 1.35, 1.2], 9.0)


def _plates(pose: Pose, body: Body, out: float) -> Array:
    """The thin plate of each shoulder blade."""
    x, y = pose.projection.plane(-8.5)
    w, top = body.width, -pose.shoulders * 0.5
    plate = np.zeros_like(x)
    for s in (-1, 1):
        side = x * s
        down = (y - top - 1.0) / 13.0
        inner = 7.8 * w + out + 2.4 * np.clip(down, 0, 1) ** 2
        outer = 15.2 * w + out * 0.5 - (5.0 * w - 0.7 * out) * np.clip(down, 0, 1)
        on_plate = np.clip((side - inner) / 0.25, 0, 1) * np.clip((outer - side) / 0.25, 0, 1)
        plate += 0.30 * on_plate * np.clip(down * 8, 0, 1) * np.clip((1 - down) * 8, 0, 1)
    return plate.astype(np.float32)
