"""For tests of archives."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.app.services.archives.fake_archive import FakeArchive, fake_archive


@pytest.fixture
def fake() -> Iterator[FakeArchive]:
    """An archive that does what the test says."""
    with fake_archive() as archive:
        yield archive
