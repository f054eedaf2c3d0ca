"""What a reader can do with an image: each action has a name, a title and a key.

The browser carries out an action by its name (``source/image/image_pane.js``); it has no titles and
no keys of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Group = Literal["tool", "window", "view", "frames", "heatmap", "marks"]
PRESETS = 9  # that have a key


@dataclass(frozen=True)
class Action:
    """One action."""

    id: str
    title: str
    key: str = ""
    """As ``KeyboardEvent.key`` says it, behind Ctrl+ or Shift+; letters as capitals."""
    group: Group = "view"
    """Of the group "tool": what a drag with the left button does."""


ACTIONS: tuple[Action, ...] = (
    Action("tool-window", "Window", "W", "tool"),
    Action("tool-pan", "Move", "H", "tool"),
    Action("tool-zoom", "Zoom", "G", "tool"),
    Action("tool-probe", "Pin a value", "V", "tool"),
    Action("tool-magnifier", "Magnifier", "M", "tool"),
    Action("tool-length", "Length", "L", "tool"),
    Action("tool-angle", "Angle", "Y", "tool"),
    Action("tool-ellipse", "Ellipse", "E", "tool"),
    Action("tool-rectangle", "Box", "B", "tool"),
    Action("tool-outline", "Outline", "D", "tool"),
    *(
        Action(f"preset-{number}", f"Window {number} of the list", f"Shift+{number}", "window")
        for number in range(1, PRESETS + 1)
    ),
    Action("invert", "Invert the greys", "I", "window"),
    Action("narrower", "Narrower window", "Shift+ArrowLeft", "window"),
    Action("wider", "Wider window", "Shift+ArrowRight", "window"),
    Action("brighter", "Brighter", "Shift+ArrowUp", "window"),
    Action("darker", "Darker", "Shift+ArrowDown", "window"),
    Action("zoom-in", "Zoom in", "+"),
    Action("zoom-out", "Zoom out", "-"),
    Action("fit", "Fit to the pane", "0"),
    Action("one-to-one", "One of its pixels per screen pixel", "Z"),
    Action("turn-left", "Turn to the left", "["),
    Action("turn-right", "Turn to the right", "]"),
    Action("flip", "Mirror left and right", "X"),
    Action("flip-vertical", "Mirror top and bottom", "Shift+X"),
    Action("left", "Move to the left", "ArrowLeft"),
    Action("right", "Move to the right", "ArrowRight"),
    Action("up", "Move up", "ArrowUp"),
    Action("down", "Move down", "ArrowDown"),
    Action("reset", "Back to how it was loaded", "Home"),
    Action("previous-frame", "Frame before", ",", "frames"),
    Action("next-frame", "Frame after", ".", "frames"),
    Action("play", "Play or stop", "K", "frames"),
    Action("heatmap", "Heatmap on or off", "O", "heatmap"),
    Action("contour", "Heatmap as colour or as contour", "U", "heatmap"),
    Action("hide-heatmap", "Hide the heatmap while the key is held", "Q", "heatmap"),
    Action("undo", "Undo", "Ctrl+Z", "marks"),
    Action("redo", "Redo", "Ctrl+Y", "marks"),
    Action("place-mark", "Place the mark in the middle", "Enter", "marks"),
    Action("delete-mark", "Delete the selected mark", "Delete", "marks"),
    Action("next-mark", "Select the next mark", "T", "marks"),
    Action("cancel", "Stop drawing, select nothing", "Escape", "marks"),
)
