"""Patients' images that may show text: looked at, blacked out where needed, taken in or dropped."""

from __future__ import annotations

import base64
import io

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

_SIDES = ("top", "left", "bottom", "right")
_WIDTH = 700  # pixels on the page


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
        st.caption(plain(" ".join(image.warnings)))
        boxes = _rectangles(image)
        st.image(_inline(held.preview(workplace, token, image.key, boxes)), width=_WIDTH)
        st.caption(
            "Rectangles are made black on every frame. That none was found does not mean that "
            "there is no text: look at the whole image."
        )
        _draw_choices(workplace, token, image, boxes)


def _inline(pixels: np.ndarray) -> str:
    """The picture itself in place of an address: nobody else can ask for it."""
    shown = Image.fromarray(pixels)
    # Streamlit's routes for files are closed, and twice the width is enough for a dense screen.
    shown.thumbnail((2 * _WIDTH, shown.height))
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
            side: st.column_config.NumberColumn(f"{side} (pixel)", min_value=0, step=1)
            for side in _SIDES
        },
    )
    rows = edited.dropna().astype(int).itertuples(index=False)
    boxes = (TextFound(*row) for row in rows)
    return [box for box in boxes if box.top < box.bottom and box.left < box.right]


def _draw_choices(
    workplace: Workplace, token: str, image: HeldImage, boxes: list[TextFound]
) -> None:
    taking, keeping, dropping = st.columns(3)
    if taking.button("Black out and add", type="primary", disabled=not boxes, key="held-black"):
        _take_in(workplace, token, image, boxes)
    if keeping.button("It names nobody: add", key="held-keep"):
        _take_in(workplace, token, image, [])
    if dropping.button("Discard", key="held-discard"):
        held.discard(workplace, token, image.key)
        st.rerun()


def _take_in(workplace: Workplace, token: str, image: HeldImage, boxes: list[TextFound]) -> None:
    taken = held.take_in(workplace, token, image.key, boxes)
    if taken.case_id and not held.held_images(workplace, token):
        show_case(taken.case_id)
    st.rerun()
