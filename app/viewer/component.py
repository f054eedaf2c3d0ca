"""The image viewer as a part of a page: addresses and choices go in, the chosen frame comes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import streamlit as st

from app.viewer.assets import viewer_assets

_ASSETS = viewer_assets()
_component = st.components.v2.component("dprotonet_image", js=_ASSETS.loader, css=_ASSETS.style)


@dataclass(frozen=True)
class Map:
    """One node's heatmap that the reader may lay over the image."""

    id: str
    """Of the node: a better map of it takes the place of the one before."""
    label: str
    url: str
    words: str = ""
    """What was measured of it; shown while it lies over the image. Plain text, as all here."""
    warning: str = ""
    """What speaks against relying on it; stands before the words."""


def image_viewer(
    *,
    case_id: str,
    frame: int,
    frames: int,
    image_url: str,
    maps: Sequence[Map],
    chosen: str | None,
    turn: int,
    colours: str,
    height: int,
    key: str,
) -> int:
    """Show one frame; window, zoom and overlay are the browser's affair.

    Args:
        chosen: id of the map that the reader asked for last.
        turn: grows with every asking: the overlay is then switched on.
        colours: the colour map, 256 × RGB as hex.
        height: of the image's field, CSS pixels.

    Returns:
        The frame that the reader chose in the viewer.
    """
    result = _component(
        key=key,
        data={
            "case": case_id,
            "frame": frame,
            "frames": frames,
            "image": image_url,
            "maps": [asdict(shown) for shown in maps],
            "chosen": chosen,
            "turn": turn,
            "colours": colours,
            "height": height,
        },
        default={"frame": frame},
        on_frame_change=lambda: None,
    )
    wanted = result.get("frame")
    return wanted if isinstance(wanted, int) and 0 <= wanted < frames else frame
