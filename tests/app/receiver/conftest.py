"""A receiver in this process, on a port that is free."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.dicom.receiving import Receiving
from app.receiver.receiver import Listening, receiving
from app.services.workplace import Workplace
from app.settings import Settings
from tests.app.receiver.senders import TITLE
from tests.app.services.workplaces import make_workplace


@pytest.fixture
def workplace(sqlite_url: str, tmp_path: Path, assets: Path) -> Iterator[Workplace]:
    """An empty one, to which two systems may send."""
    settings = Settings(tmp_path / "data", database_url=sqlite_url, assets=assets)
    who = Receiving(senders=(TITLE, "CT2"), port=0)
    opened = make_workplace(replace(settings, receiving=who))
    yield opened
    opened.close()


@pytest.fixture
def listening(workplace: Workplace) -> Iterator[Listening]:
    """The receiver of that workplace, for a test."""
    with receiving(workplace) as found:
        yield found
