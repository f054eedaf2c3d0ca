"""What a list says of an image's prediction."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from app.views.shared.prediction_cell import HIDDEN, REFUSED


def cell(
    label: str | None, probability: float | None, support: str | None, is_hidden: bool = False
) -> None:
    import streamlit as st

    from app.views.shared.prediction_cell import draw_prediction_cell

    draw_prediction_cell(
        *(st.container(), label, probability, support),  # type: ignore[arg-type]
        of=None,
        is_hidden=is_hidden,
    )


@pytest.mark.parametrize(
    ("label", "probability", "support", "text"),
    [
        ("nodule", 0.82, None, "nodule · 82 %"),
        ("nodule", 0.82, "inside", "nodule · 82 %"),
        ("nodule", 0.82, "caution", "nodule · 82 % :orange-badge[caution]"),
        (None, None, "outside", REFUSED),
        # Whatever a row may hold beside it.
        ("nodule", 0.82, "outside", REFUSED),
        (None, None, None, "–"),
    ],
)
def test_a_refused_image_has_no_label_in_a_list(
    label: str | None, probability: float | None, support: str | None, text: str
) -> None:
    app = AppTest.from_function(cell, args=(label, probability, support)).run()
    shown = [str(part.value).replace("\\", "") for part in (*app.markdown, *app.caption)]
    assert shown == [text]


def test_what_is_hidden_is_said_to_come_after_the_readers_own_read() -> None:
    app = AppTest.from_function(cell, args=("nodule", 0.82, "outside", True)).run()
    shown = [str(part.value) for part in (*app.markdown, *app.caption)]
    assert shown == [HIDDEN]
