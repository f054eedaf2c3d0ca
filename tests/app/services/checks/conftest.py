"""A workplace with a model, and settings that a site fitted for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.bundles import BundleInfo
from app.services.workplace import Workplace
from dprotonet.inference.site_settings import SiteSettings
from tests.app.services.workplaces import active_model, make_workplace_with_folder


@pytest.fixture
def workplace(database_url: str, tmp_path: Path, assets: Path) -> Iterator[Workplace]:
    """An empty workplace with two models, and a server folder that it may read."""
    opened = make_workplace_with_folder(tmp_path / "data", database_url, assets)
    yield opened
    opened.close()


@pytest.fixture
def info(workplace: Workplace) -> BundleInfo:
    """The active model."""
    return active_model(workplace)


@pytest.fixture
def own(info: BundleInfo) -> SiteSettings:
    """Settings under which the fake pool calls a finding from 20 % on."""
    return site_settings(info)


def site_settings(info: BundleInfo, **changed: object) -> SiteSettings:
    """Settings of a site for a model of two classes."""
    values = {
        "bundle": info.digest,
        "bundle_name": info.name,
        "made_by": "Reader One",
        "made_at": "2026-11-26T12:00:00+00:00",
        "images": 240,
        "patients": None,
        "images_sha256": "b" * 64,
        "temperature": 1.5,
        "offsets": {"none": 0.0, "finding": 0.0},
        "threshold": 0.2,
    }
    return SiteSettings(**(values | changed))  # type: ignore[arg-type]
