"""Passwords that cost nothing, and a clock that can be set."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.services.accounts import passwords, sign_in, users
from app.services.workplace import Workplace
from app.settings import Settings
from tests.app.services.workplaces import START, make_workplace

PASSWORD = "correct horse battery"


class Hand:
    """Of a clock: it stands until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(passwords, "MEMORY", 8)
    monkeypatch.setattr(passwords, "PASSES", 1)
    yield
    passwords._nobodys.cache_clear()


@pytest.fixture
def workplace(database_url: str, tmp_path: Path, assets: Path, hand: Hand) -> Iterator[Workplace]:
    """An empty workplace for several people."""
    settings = Settings(
        tmp_path / "data", database_url=database_url, assets=assets, sign_in="accounts"
    )
    opened = replace(make_workplace(settings), clock=hand)
    yield opened
    opened.close()


@pytest.fixture
def ann(workplace: Workplace) -> str:
    """A reader with a password; the token of her session."""
    link = users.add(workplace, "Ann", roles=["reader"])
    return sign_in.set_by_link(workplace, link, password=PASSWORD)
