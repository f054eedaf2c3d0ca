"""The one workplace of the server process, shared by every page, reader and route."""

from __future__ import annotations

import streamlit as st

from app.bootstrap import open_workplace
from app.services.workplace import Workplace
from app.settings import Settings


def workplace() -> Workplace:
    """Opened on the first call, for the settings of the environment."""
    return opened(Settings.from_environment())


@st.cache_resource(show_spinner=False, max_entries=4, on_release=lambda place: place.close())
def opened(settings: Settings) -> Workplace:
    """The workplace of these settings."""
    return open_workplace(settings)
