"""From thicknesses to an image: attenuation, scatter, focal spot, noise, the system's look."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from training.datasets.phantom.noise import clouds, stream
from training.datasets.phantom.parameters import CaseFacts

Array = NDArray[np.floating]

# Attenuation per cm at the mean energy of a 120 kVp beam behind the patient.
SOFT_PER_CM = 0.170
LUNG_PER_CM = 0.055
BONE_PER_CM = 0.340  # beyond the soft tissue whose place it takes
BLOOD_PER_CM = SOFT_PER_CM - LUNG_PER_CM
METAL_PER_CM = 4.0

FULL_SCALE = 65535


@dataclass(frozen=True)
class Exposure:
    """One exposure and the look that the system gives it.

    Attributes:
        quanta: photons per pixel in open air at 512 px.
        scatter: ratio of scattered to primary light behind the trunk.
        heel: fall of the beam from one end of the image to the other, relative.
        heel_angle: direction of the fall, radians.
        focus_px: blur of focal spot and detector, px at 512.
        lungs: grey value of the lungs' darkest part, 0 to 1.
        belly: grey value of the densest part, 0 to 1.
        gamma: bend of the curve between them.
        crispness: strength of the unsharp mask.
    """

    quanta: float
    scatter: float
    heel: float
    heel_angle: float
    focus_px: float
    lungs: float
    belly: float
    gamma: float
    crispness: float


def draw_exposure(facts: CaseFacts) -> Exposure:
    """The exposure of an image."""
    rng = stream(facts.seed, "exposure")
    portable = facts.view == "AP"
    return Exposure(
        quanta=9000.0 * facts.exposure,
        scatter=float(rng.uniform(0.6, 1.2) if portable else rng.uniform(0.35, 0.8)),
        heel=float(rng.uniform(0.0, 0.30)),
        heel_angle=float(rng.uniform(0, 2 * np.pi)),
        focus_px=float(rng.uniform(0.6, 1.1) + 0.25 * portable),
        lungs=float(rng.uniform(0.16, 0.38)),
        belly=float(rng.uniform(0.86, 1.05)),
        gamma=float(np.exp(rng.normal(-0.2, 0.14))),
        crispness=float(rng.uniform(0.0, 0.9)),
    )


def expose(
    facts: CaseFacts, exposure: Exposure, clear: Array, change: Array
) -> tuple[Array, Array]:
    """Log exposure behind the patient, with noise.

    Args:
        facts: of the image.
        exposure: its exposure.
        clear: ``(H, W)`` attenuation line integrals without the finding.
        change: ``(H, W)`` what the finding adds to them.

    Returns:
        ``(H, W)`` minus the log of the light, 0 in open air; and the same without finding, noise
        and blur.
    """
    shape = clear.shape
    scale = max(shape) / 512
    # Scatter comes from the whole trunk. The finding's own part in it is small, and leaving it
    # out keeps every change inside the finding's mask.
    thin = gaussian_filter(np.exp(-clear[::4, ::4]), 22 * scale / 4)
    veil = np.kron(thin, np.ones((4, 4), np.float32))[: shape[0], : shape[1]]
    veil = gaussian_filter(veil, 4 * scale)
    primary = gaussian_filter(np.exp(-(clear + change)), exposure.focus_px * scale, truncate=3.0)
    beam = _beam(exposure, shape)
    veil = exposure.scatter * veil
    light = (primary + veil) * beam
    rng = stream(facts.seed, "noise")
    grain = rng.standard_normal(shape, np.float32)
    # Neighbouring pixels share light in the phosphor: the grain is not quite white.
    grain = 0.75 * grain + 0.5 * gaussian_filter(grain, 0.8)
    quanta = exposure.quanta / scale**2
    noisy = light + np.sqrt(np.maximum(light, 1e-5) / quanta) * grain
    floor = 2.0 / exposure.quanta
    reference = -np.log((np.exp(-clear) + veil) * beam)
    return -np.log(np.maximum(noisy, floor)), reference


def _beam(exposure: Exposure, shape: tuple[int, int]) -> Array:
    v = np.linspace(-0.5, 0.5, shape[0], dtype=np.float32)[:, None]
    u = np.linspace(-0.5, 0.5, shape[1], dtype=np.float32)[None, :]
    fall = np.cos(exposure.heel_angle) * v + np.sin(exposure.heel_angle) * u
    return 1 - np.float32(exposure.heel) * fall - 0.06 * (u * u + v * v)


def develop(exposure: Exposure, log_light: Array, reference: Array) -> Array:
    """Values of the image: bone is white.

    Args:
        exposure: the system's look.
        log_light: ``(H, W)`` as :func:`expose` gives it.
        reference: ``(H, W)`` the same without finding and noise, which sets the scale: as the
            system does from its histogram, but untouched by the finding.

    Returns:
        ``(H, W)`` uint16 over the full 16 bits.
    """
    scale = max(log_light.shape) / 512
    if exposure.crispness > 0:
        thin = log_light[::2, ::2]
        wide = gaussian_filter(thin, 7 * scale)
        wide = np.kron(wide, np.ones((2, 2), np.float32))[
            : log_light.shape[0], : log_light.shape[1]
        ]
        wide = gaussian_filter(wide, 1.0)
        log_light = log_light + np.float32(exposure.crispness) * (log_light - wide)
    top, left = reference.shape[0] // 6, reference.shape[1] // 6
    middle = reference[top:, left:-left]
    dark, bright = np.percentile(middle[::4, ::4], (6, 96))
    value = (log_light - dark) / (bright - dark)
    value = exposure.lungs + (exposure.belly - exposure.lungs) * value
    # The toe of the curve: arms and skin fade into black instead of being cut off.
    knee = np.float32(0.9 * exposure.lungs)
    value = np.where(value > knee, value, knee * np.exp(np.minimum(value - knee, 0) / knee))
    value = value ** np.float32(exposure.gamma)
    # The shoulder of the curve: what is dense comes close to white and never gets there.
    value = value / (1 + value**6) ** (1 / 6)
    return np.rint(value * FULL_SCALE).astype(np.uint16)


def lung_texture(facts: CaseFacts, shape: tuple[int, int]) -> Array:
    """``(H, W)`` around 1: the fine grain of the lung's own tissue and uneven air."""
    rng = stream(facts.patient_seed, "lung texture")
    field = stream(facts.seed, "air")
    fine = clouds(rng, shape, cells=40, octaves=3)
    coarse = clouds(field, shape, cells=4, octaves=2)
    return 1 + np.float32(0.02) * fine + np.float32(0.05) * coarse
