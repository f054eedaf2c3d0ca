"""JPEG of 8 and 12 bits, and lossless JPEG, for pydicom: decoded by libjpeg-turbo in imagecodecs.

A decoding plugin as pydicom asks for one; :func:`add_to` makes it known to a decoder.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
from pydicom.pixels.decoders.base import Decoder, DecodeRunner
from pydicom.uid import JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLossless, JPEGLosslessSV1

LABEL = "imagecodecs"
SYNTAXES = (JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLossless, JPEGLosslessSV1)
DECODER_DEPENDENCIES = {syntax: ("imagecodecs>=2026.3.6",) for syntax in SYNTAXES}


def is_available(uid: str) -> bool:
    """True where ``uid`` is one of the four syntaxes and imagecodecs is installed."""
    return uid in SYNTAXES and find_spec("imagecodecs") is not None


def add_to(decoder: Decoder) -> None:
    """Make the plugin known to pydicom's decoder of one of the four syntaxes."""
    if LABEL in decoder.available_plugins:
        return
    try:
        decoder.add_plugin(LABEL, (__name__, decode_frame.__name__))
    except ValueError:  # another thread was faster
        return


def decode_frame(data: bytes, runner: DecodeRunner) -> bytearray:
    """Decode one frame.

    Args:
        data: a JPEG stream.
        runner: gets the container of a sample: 8 or 16 bits, as the stream needs.

    Returns:
        Samples of one pixel after another, colours as they are stored: pydicom converts them.
    """
    from imagecodecs import jpeg8_decode  # only where such a file is read: it loads libraries

    # The same colour space on both sides means that nothing is converted.
    raw: dict[str, Any] = {"colorspace": "YCBCR", "outcolorspace": "YCBCR"}
    pixels: np.ndarray = jpeg8_decode(data, **(raw if runner.samples_per_pixel == 3 else {}))
    runner.set_option("planar_configuration", 0)
    runner.set_option("bits_allocated", 8 * pixels.dtype.itemsize)
    return bytearray(pixels.tobytes())
