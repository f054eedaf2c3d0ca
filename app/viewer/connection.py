"""The notice that every page carries for the moment when the server does not answer."""

from __future__ import annotations

import streamlit as st

from app.viewer.assets import viewer_assets

_LOADER = viewer_assets().connection_loader
_component = st.components.v2.component("dprotonet_connection", js=_LOADER)

LOST = "The connection to the server was lost."
ENTRIES = (
    "Your entries are kept. This page goes on by itself when the server answers again; if it does "
    "not, reload it."
)


def connection_notice() -> None:
    """Load the notice; it shows itself in the browser."""
    _component(key="connection-notice", data={"title": LOST, "text": ENTRIES})
