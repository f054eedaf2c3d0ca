"""A program that asks."""

from __future__ import annotations

import pytest

from app.services.accounts import api_tokens
from app.services.workplace import Workplace
from tests.app.server.routes.v1.asking import Asked, asking, server


@pytest.fixture
def program(workplace: Workplace) -> Asked:
    """A program with a token of its own."""
    return asking(server(workplace), api_tokens.make(workplace, "a program"))
