"""Patients' images that may show text: looked at, blacked out where needed, taken in or dropped."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st
from PIL import Image

from app.services.deidentify import held
from app.services.deidentify.held import HeldImage
from app.services.workplace import Workplace
from app.views.shared.errors import show_errors
from app.views.shared.format import plain
from app.views.shared.navigation import show_case
from dprotonet.images.deidentify.instructions import TextFound

_SIDES = ("Top", "Left", "Bottom", "Right")
_WIDTH = 80  # pixels of a column of the table
_SHOWN = 1400  # pixels of the picture's width on the page, at most
_FRAME = (240, 163, 94)  # of a rectangle on the page: black on black is not seen


def draw_held_images(workplace: Workplace, token: str) -> None:
    """One image at a time, with its rectangles."""
    if workplace.pseudonyms is None:
        return
    waiting = held.held_images(workplace, token)
    if not waiting:
        return
    image = waiting[0]
    more = f" ({len(waiting) - 1} more wait)" if len(waiting) > 1 else ""
    with st.container(border=True, key="held-image"), show_errors():
        st.markdown(f"**{plain(image.name)} may show a name**{more}")
        picture, side = st.columns([0.56, 0.44], gap="medium")
        with side:
            st.caption(plain(" ".join(image.warnings)))
            boxes = _rectangles(image)
            st.caption(
                "Rectangles in pixels, from the top left corner. What is inside becomes black on "
                "every frame; the coloured frames are on this page alone. Look at the whole image: "
                "text may stand where none was found, and beyond a rectangle."
            )
            _draw_choices(workplace, token, image, boxes)
        with picture:
            shown = held.preview(workplace, token, image.key, boxes)
            st.image(_inline(_with_frames(shown, boxes)), width="stretch")
            rows, columns = shown.shape[:2]
            st.caption(f"{columns} × {rows} pixels")


def _inline(pixels: np.ndarray) -> str:
    """The picture itself in place of an address: nobody else can ask for it."""
    shown = Image.fromarray(pixels)
    # Streamlit's routes for files are closed. This is twice the column, for a dense screen.
    shown.thumbnail((_SHOWN, shown.height))
    out = io.BytesIO()
    shown.save(out, "PNG")
    return f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode('ascii')}"


def _rectangles(image: HeldImage) -> list[TextFound]:
    offered = pd.DataFrame(
        [[box.top, box.left, box.bottom, box.right] for box in image.offered], columns=list(_SIDES)
    ).astype("Int64")
    edited = st.data_editor(
        offered,
        num_rows="dynamic",
        hide_index=True,
        key=f"rectangles-{image.key}",
        column_config={
            side: st.column_config.NumberColumn(side, min_value=0, step=1, width=_WIDTH)
            for side in _SIDES
        },
    )
    rows = edited.dropna().astype(int).itertuples(index=False)
    boxes = (TextFound(*row) for row in rows)
    return [box for box in boxes if box.top < box.bottom and box.left < box.right]


def _with_frames(shown: np.ndarray, boxes: Sequence[TextFound]) -> np.ndarray:
    """The image with a thin frame inside each rectangle, where nothing of it is hidden.

    Args:
        shown: uint8 (H, W) or (H, W, 3).

    Returns:
        uint8 (H, W, 3), a copy.
    """
    framed = np.stack([shown] * 3, axis=-1) if shown.ndim == 2 else shown.copy()
    line = max(1, framed.shape[1] // 400)
    for box in boxes:
        inside = framed[box.top : box.bottom, box.left : box.right]
        inside[:line] = inside[-line:] = _FRAME
        inside[:, :line] = inside[:, -line:] = _FRAME
    return framed


def _draw_choices(
    workplace: Workplace, token: str, image: HeldImage, boxes: list[TextFound]
) -> None:
    with st.container(gap="small"):
        blackens = st.button(
            "Black out and add",
            type="primary",
            disabled=not boxes,
            key="held-black",
            width="stretch",
        )
        keeps = st.button("It names nobody: add as it is", key="held-keep", width="stretch")
        discards = st.button("Discard", key="held-discard", width="stretch")
    if blackens:
        _take_in(workplace, token, image, boxes)
    if keeps:
        _take_in(workplace, token, image, [])
    if discards:
        held.discard(workplace, token, image.key)
        st.rerun()


def _take_in(workplace: Workplace, token: str, image: HeldImage, boxes: list[TextFound]) -> None:
    taken = held.take_in(workplace, token, image.key, boxes)
    if taken.case_id and not held.held_images(workplace, token):
        show_case(taken.case_id)
    st.rerun()
