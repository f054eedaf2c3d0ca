"""The page of archives."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from app.services.workplace import Workplace
from tests.app.services.archives.studies import with_archive
from tests.app.views.screen import MAIN, Screen
from tests.orthanc import Orthanc


@pytest.fixture
def site(workplace: Workplace, orthanc: Orthanc, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    """The workplace of the pages, where the site names an archive."""
    named = with_archive(workplace, orthanc)
    monkeypatch.setattr("app.views.shared.workplace.shared_workplace", lambda settings: named)
    return named


@pytest.fixture
def page(site: Workplace) -> Screen:
    """The page, before any search."""
    return Screen(AppTest.from_file(str(MAIN), default_timeout=20)).run().open("archive")
