"""The heatmap's colours in the browser: the library's own table, so that both draw alike."""

from __future__ import annotations

from dprotonet.explain.overlay import colour_table

TABLE = colour_table("inferno")
"""``(256, 3)`` uint8, from cold to hot."""
COLOURS = TABLE.tobytes().hex()
"""The table as hex, for the browser."""
