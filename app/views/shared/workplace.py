"""The one workplace of the server process, shared by every page, reader and route."""

from __future__ import annotations

from app.bootstrap import shared_workplace
from app.services.workplace import Workplace
from app.settings import Settings


def current_workplace() -> Workplace:
    """The workplace for the settings of the environment; opened on the first call."""
    return shared_workplace(Settings.from_environment())
