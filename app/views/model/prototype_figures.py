"""How good the prototypes of a model are: the card's figures, each with what it means."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dprotonet.bundle.model_card import ModelCard
from dprotonet.bundle.prototype_figures import prototype_rows


def draw_prototype_figures(card: ModelCard) -> None:
    """A table of the figures; nothing for a card that has none."""
    table = figures_table(card)
    if not table.empty:
        with st.expander("How distinct, pure and local they are", expanded=False):
            st.dataframe(table, hide_index=True, height="content")


def figures_table(card: ModelCard) -> pd.DataFrame:
    """One row for each figure."""
    rows = prototype_rows(card.metrics)
    return pd.DataFrame(
        {
            "Figure": [row.title for row in rows],
            "Value": [row.value for row in rows],
            "Meaning": [row.meaning for row in rows],
        }
    )
