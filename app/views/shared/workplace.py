"""The one workplace of the server process, for the person who looks at the page."""

from __future__ import annotations

import streamlit as st

from app.bootstrap import shared_workplace, system_user
from app.domain.actors import Actor
from app.services.accounts import identity
from app.services.workplace import Workplace
from app.settings import Settings


def current_workplace() -> Workplace:
    """The workplace for the settings of the environment, opened on the first call; who acts in it
    is asked again at each."""
    shared = shared_workplace(Settings.from_environment())
    return shared.of(page_actor(shared))


def page_actor(shared: Workplace) -> Actor:
    """Who opened this page; the entrance said so when the browser connected."""
    session = st.user.get("session")
    return identity.actor_of(
        shared, session if isinstance(session, str) else None, local=Actor(system_user())
    )
