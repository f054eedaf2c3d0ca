"""stub"""

from __future__ import annotations

import streamlit as st

from dprotonet.card import ModelCard


def draw_measures(card: ModelCard) -> None:
    """stub"""
    st.write(card.metrics)
