"""Where the body is on a radiograph, so that a page can say what lies beside it.

Air is darker than lungs: a threshold half-way between the darkest part and Otsu's (1979) keeps the
lungs and leaves out the air, the collimated rim and what is written on them. It was checked by eye
on NIH chest images and on the demonstration images. It supports a sentence on a page; it is no
segmentation.
"""

from __future__ import annotations

import numpy as np

from dprotonet.images.types import GrayOrColourImage

# Projections by X-rays (DICOM PS3.3, C.7.3.1.1.1), where air is dark and the body bright; and what
# images that were scanned or exported are called: other, or nothing.
XRAY = frozenset({"CR", "DX", "DR", "RF", "RG", "XA", "MG", "PX", "IO", "OT", ""})
SMALLEST, LARGEST = 0.01, 0.6  # fraction of the image beside the body; else there is no result
_MIDDLE = 0.9  # of the image's middle half must be body: an inverted image fails this
_APART = 0.2  # of the range from black to white, by which the body is brighter than the air
_BLUR = 80  # the blur's standard deviation is the longer side divided by this
_BINS = 256


def is_radiograph(image: GrayOrColourImage) -> bool:
    """Whether an image may be a radiograph: its header says so, or it is grey and has none."""
    dicom = image.facts.dicom
    if dicom is not None:
        return dicom.modality in XRAY and not image.is_colour
    if image.is_colour:
        return bool((image.pixels == image.pixels[..., :1]).all())
    return True


def body_mask(unit: np.ndarray, valid_mask: np.ndarray | None = None) -> np.ndarray | None:
    """The body on a radiograph, lungs and all.

    Args:
        unit: ``(H, W)`` in [0, 1] as on the screen, air dark; a few hundred pixels a side are
            enough.
        valid_mask: ``(H, W)`` bool, False on padding, which belongs neither to the body nor to what
            lies beside it.

    Returns:
        ``(H, W)`` bool; None where the body cannot be separated: it fills the frame, the image is
        inverted, or this is no such image.
    """
    from scipy import ndimage

    image = np.ones(unit.shape, bool) if valid_mask is None else valid_mask
    if not image.any():
        return None
    blurred = _blurred(unit, image)
    values = blurred[image]
    dark = float(np.percentile(values, 0.5))
    bright = image & (blurred >= (dark + _otsu(values)) / 2)
    parts, count = ndimage.label(bright)
    if count == 0:
        return None
    largest = 1 + int(np.argmax(np.bincount(parts[bright])[1:]))
    body = ndimage.binary_fill_holes(parts == largest) & image
    beside = 1 - body.sum() / image.sum()
    if not SMALLEST <= beside <= LARGEST or _middle(body, image) < _MIDDLE:
        return None
    apart = float(np.median(blurred[body]) - np.median(blurred[image & ~body]))
    return body if apart >= _APART else None


def _blurred(unit: np.ndarray, image: np.ndarray) -> np.ndarray:
    """Padding takes no part in the blur, so that it makes no dark rim."""
    from scipy import ndimage

    width = max(unit.shape) / _BLUR
    if image.all():
        whole: np.ndarray = ndimage.gaussian_filter(unit.astype(np.float32), width)
        return whole
    weight = ndimage.gaussian_filter(image.astype(np.float32), width)
    values = ndimage.gaussian_filter(np.where(image, unit, 0).astype(np.float32), width)
    blurred: np.ndarray = values / np.maximum(weight, 1e-6)
    return blurred


def _otsu(values: np.ndarray) -> float:
    """The threshold in [0, 1] that parts values into the two classes furthest apart."""
    counts, edges = np.histogram(values, bins=_BINS, range=(0, 1))
    centres = (edges[:-1] + edges[1:]) / 2
    below, sums = np.cumsum(counts), np.cumsum(counts * centres)
    above = below[-1] - below
    apart = (sums[-1] * below / below[-1] - sums) ** 2 / np.maximum(below * above, 1)
    return float(centres[np.argmax(apart)])


def _middle(body: np.ndarray, image: np.ndarray) -> float:
    """The fraction of the image's middle half, each way, that is body."""
    rows, columns = np.nonzero(image.any(1))[0], np.nonzero(image.any(0))[0]
    part = np.ix_(_half(rows), _half(columns))
    return float(body[part].mean())


def _half(places: np.ndarray) -> np.ndarray:
    quarter = len(places) // 4
    return places[quarter : len(places) - quarter]
