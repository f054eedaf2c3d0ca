"""The image viewer as a part of a page: it takes addresses and choices and gives the frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import streamlit as st

from app.viewer.assets import viewer_assets
from app.viewer.words import pane_data

_ASSETS = viewer_assets()
_component = st.components.v2.component("dprotonet_image", js=_ASSETS.loader, css=_ASSETS.style)


@dataclass(frozen=True)
class Overlay:
    """One node's heatmap that the reader may lay over the image."""

    id: str
    """Of the node: a better heatmap of it takes the place of the one before."""
    label: str
    url: str
    description: str = ""
    """What was measured of it; visible with the heatmap. Plain text, as all texts here."""
    warning: str = ""
    """Why a reader should not rely on it; stands before the description."""


def image_viewer(
    *,
    case_id: str,
    frame: int,
    frames: int,
    image_url: str,
    heatmaps: Sequence[Overlay],
    requested: str | None,
    requests: int,
    height: int,
    key: str,
) -> int:
    """Show one frame; the browser alone handles window, zoom and overlay.

    Args:
        image_url: of a frame, with ``{frame}`` in the place of its number.
        heatmaps: those that the reader can choose from.
        requested: id of the heatmap that the reader asked for last.
        requests: how often the reader asked; when it grows, the overlay is switched on.
        height: of the image area, CSS pixels.

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
            "heatmaps": [asdict(overlay) for overlay in heatmaps],
            "requested": requested,
            "requests": requests,
            "pane": pane_data(),
            "height": height,
        },
        default={"frame": frame},
        on_frame_change=lambda: None,
    )
    chosen = result.get("frame")
    return chosen if isinstance(chosen, int) and 0 <= chosen < frames else frame
