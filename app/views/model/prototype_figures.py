"""How good the prototypes or concepts of a model are: the card's figures, with what they mean."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dprotonet.bundle.concept_figures import concept_rows
from dprotonet.bundle.model_card import ModelCard
from dprotonet.bundle.prototype_figures import FigureRow, prototype_rows


def draw_prototype_figures(card: ModelCard) -> None:
    """A table of the figures; nothing for a card that has none."""
    _draw("How distinct, pure and local they are", figures_table(prototype_rows(card.metrics)))


def draw_concept_figures(card: ModelCard) -> None:
    """How well each axis finds its concept; nothing for a card that does not say."""
    _draw("How well each axis finds its concept", figures_table(concept_rows(card.metrics)))


def _draw(title: str, table: pd.DataFrame) -> None:
    if not table.empty:
        with st.expander(title, expanded=False):
            st.dataframe(table, hide_index=True, height="content")


def figures_table(rows: Sequence[FigureRow]) -> pd.DataFrame:
    """One row for each figure."""
    return pd.DataFrame(
        {
            "Figure": [row.title for row in rows],
            "Value": [row.value for row in rows],
            "Meaning": [row.meaning for row in rows],
        }
    )
