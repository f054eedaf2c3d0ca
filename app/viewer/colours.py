"""The heatmap's colour map: inferno, which rises evenly in lightness and is told apart by
colour-blind eyes."""

from __future__ import annotations

import numpy as np

# Inferno (Smith and van der Walt, CC0) at ten even steps; between them the browser's 256 colours
# are straight lines.
_STOPS = (
    *("000004", "1b0c41", "4a0c6b", "781c6d", "a52c60"),
    *("cf4446", "ed6925", "fb9b06", "f7d13d", "fcffa4"),
)


def _table() -> np.ndarray:
    stops = np.array([list(bytes.fromhex(stop)) for stop in _STOPS], np.float64)
    at = np.linspace(0, len(stops) - 1, 256)
    columns = [np.interp(at, np.arange(len(stops)), stops[:, channel]) for channel in range(3)]
    return np.rint(np.stack(columns, axis=1)).astype(np.uint8)


TABLE = _table()
"""``(256, 3)`` uint8."""
COLOURS = TABLE.tobytes().hex()
"""The table as hex, for the browser."""
