"""Ribs, spine, clavicles, scapulae and upper arms as thickness of bone (cm) along each ray."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.datasets.phantom.body import Body, Pose
from training.datasets.phantom.projection import smooth_path, tubes
from training.datasets.phantom.seeds import stream

Array = NDArray[np.floating]

RIBS = 12


def build_skeleton(body: Body, pose: Pose) -> Array:
    """``(H, W)`` cm of bone beyond soft tissue."""
    bone = _ribs(body, pose) + _spine(body, pose) + _shoulder_girdle(body, pose)
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


def _shoulder_girdle(body: Body, pose: Pose) -> Array:
    rng = stream(body.seed, "girdle")
    portable = pose.projection.view == "AP"
    # In PA films the arms are rolled forward, which carries the shoulder blades off the lungs.
    out = (0.2 if portable else 3.2) + stream(pose.seed, "blade").normal(0, 0.5)
    up = pose.shoulders
    paths, widths, areas = [], [], []
    steps = max(150, int(34 / pose.projection.spacing))

    def add(points: list[tuple[float, float, float]], half: list[float], area: float) -> None:
        path = smooth_path(np.array(points, np.float32), steps)
        at = np.linspace(0, 1, len(half))
        u = np.linspace(0, 1, steps)
        width = np.interp(u, at, half) * np.sqrt(np.clip(np.minimum(u, 1 - u) / 0.05, 0.15, 1))
        paths.append(path)
        widths.append(width)
        areas.append(area * (width / max(half)) ** 2)

    w = body.width
    for s in (-1, 1):
        j = rng.normal(0, 0.15, 8)
        lift = up * 0.8
        add(
            [
                (s * 1.6, 3.4 + j[0], 8.0),
                (s * 5.0 * w, 2.5 + j[1] - 0.3 * lift, 8.2),
                (s * 9.5 * w, 1.6 + j[2] - 0.8 * lift, 6.0),
                (s * 13.5 * w, 0.6 + j[3] - lift, 2.5),
                (s * 16.3 * w, 0.5 + j[4] - lift, 1.0),
            ],
            [0.95, 0.66, 0.60, 0.65, 0.85],
            1.9,
        )
        b = out * s
        top = -lift * 0.6
        add(  # the blade's inner border
            [
                (s * 8.0 * w + b, 1.2 + top + j[5], -8.5),
                (s * 7.6 * w + b, 5.0 + top, -9.0),
                (s * 8.4 * w + b * 1.1, 10.0 + top, -9.2),
                (s * 10.2 * w + b * 1.2, 14.0 + top + j[6], -9.0),
            ],
            [0.34, 0.30, 0.30, 0.50],
            0.34,
        )
        add(  # its outer border, the stronger one
            [
                (s * 15.2 * w + b * 0.4, 4.4 + top, -5.5),
                (s * 13.4 * w + b * 0.8, 8.0 + top, -7.5),
                (s * 11.6 * w + b * 1.1, 11.8 + top, -8.6),
                (s * 10.2 * w + b * 1.2, 14.0 + top + j[6], -9.0),
            ],
            [0.70, 0.50, 0.45, 0.50],
            0.95,
        )
        add(  # its spine up to the acromion
            [
                (s * 8.2 * w + b, 3.4 + top, -9.0),
                (s * 12.0 * w + b * 0.7, 1.8 + top, -8.0),
                (s * 16.8 * w + b * 0.2, -0.2 + top, -3.5),
            ],
            [0.40, 0.48, 0.85],
            1.2,
        )
        add(  # the coracoid
            [
                (s * 14.4 * w + b * 0.4, 2.6 + top, -3.0),
                (s * 14.0 * w + b * 0.3, 2.0 + top, 0.5),
                (s * 14.9 * w + b * 0.3, 2.5 + top, 2.5),
            ],
            [0.7, 0.6, 0.55],
            0.6,
        )
        hang = 0.0 if portable else 1.5
        add(  # the upper arm
            [
                (s * (17.0 * w + 0.3 * out), 2.4 + top, -1.0),
                (s * (17.6 * w + 0.3 * out), 4.2 + top, -1.0),
                (s * (18.2 * w + 0.3 * out + hang), 8.0 + top, -1.0),
                (s * (19.6 * w + 0.4 * out + 2 * hang), 22.0 + top, -1.0),
            ],
            [2.0, 2.4, 1.35, 1.2],
            9.0,
        )
    path, width, area = np.stack(paths), np.stack(widths), np.stack(areas)
    bone = _blade(pose, body, out, up)
    stout = width.max(axis=1) > 1.5
    for part in (stout, ~stout):  # thin bones need fewer points across
        bone += tubes(pose.projection, path[part], width[part], area[part], core=0.72)
    return bone


def _blade(pose: Pose, body: Body, out: float, up: float) -> Array:
    """The thin plate of each shoulder blade."""
    x, y = pose.projection.plane(-8.5)
    w, top = body.width, -up * 0.5
    plate = np.zeros_like(x)
    for s in (-1, 1):
        side = x * s
        down = (y - top - 1.0) / 13.0
        inner = 7.8 * w + out + 2.4 * np.clip(down, 0, 1) ** 2
        outer = 15.2 * w + out * 0.5 - (5.0 * w - 0.7 * out) * np.clip(down, 0, 1)
        inside = np.clip((side - inner) / 0.25, 0, 1) * np.clip((outer - side) / 0.25, 0, 1)
        plate += 0.30 * inside * np.clip(down * 8, 0, 1) * np.clip((1 - down) * 8, 0, 1)
    return plate.astype(np.float32)
