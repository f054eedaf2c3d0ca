"""What the image pane says, for the browser: it puts values in the place of names in braces."""

from __future__ import annotations

from collections.abc import Mapping

from app.viewer.colours import COLOUR_TABLE_HEX, NORMAL_TABLE_HEX

FRAMES_A_SECOND = 10  # of a loop at first

WORDS: Mapping[str, str] = {
    "image": "Image. Drag: window. Wheel: zoom, or frames. Right drag or Shift and drag: move.",
    "the image": "The image",
    "the heatmap": "The heatmap",
    "loading": "Loading the image…",
    "position": "column {column}, row {row}: {value}",
    "padding": "padding",
    "stored": "stored {value}",
    "stored unknown": "stored value not known: the file has a table",
    "heatmap": "heatmap {value}",
    # Lengths and areas, by the spacing that the file states.
    "PixelSpacing": "mm",
    "ImagerPixelSpacing": "mm, at the detector",
    "NominalScannedPixelSpacing": "mm, on the scanned sheet",
    "no spacing": "px",
    "area PixelSpacing": "mm²",
    "area ImagerPixelSpacing": "mm², at the detector",
    "area NominalScannedPixelSpacing": "mm², on the scanned sheet",
    "area no spacing": "px²",
    "degrees": "°",
    "statistics": "mean {mean}, sd {sd}, {least} to {most}",
    "no values": "no values inside",
    # The marks, for those who do not see them: kind, purpose, and what is written beside them.
    "marks": "Marks",
    "marks keys": "Arrows move it, Shift and arrows change its size, Delete removes it.",
    "mark": "{kind}, {purpose}",
    "mark measured": "{name}: {text}",
    "mark length": "Length",
    "mark angle": "Angle",
    "mark ellipse": "Ellipse",
    "mark rectangle": "Box",
    "mark outline": "Outline",
    "mark point": "Pinned value",
    "purpose finding": "finding",
    "purpose measure": "measurement",
    "purpose region": "region to try",
    "by PixelSpacing": "pixel spacing",
    "by ImagerPixelSpacing": "imager pixel spacing",
    "by NominalScannedPixelSpacing": "nominal scanned pixel spacing",
    "by no spacing": "no spacing in the file",
    "scale": "Heatmap, fixed scale from 0 to 1",
    "scale finding": "heatmap",
    "scale normal": "evidence for normal",
    "contour at": "contour at {value}",
    "frames": "Frame",
    "frame": "Frame {number} of {count}",
    "rate": "{value} a second",
    "play": "Play",
    "stop": "Stop",
    "edges": "Edges of the image: left {left}, top {top}, right {right}, bottom {bottom}",
}


def pane_data() -> dict[str, object]:
    """What every image pane is made with: colours and words."""
    return {
        "colours": {"finding": COLOUR_TABLE_HEX, "normal": NORMAL_TABLE_HEX},
        "words": dict(WORDS),
        "rate": FRAMES_A_SECOND,
    }
