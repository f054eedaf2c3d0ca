"""Galleries show the pictures that there are, of the bundle or attached later."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.errors import NotFound
from app.services import galleries, models
from app.services.adapters.bundle_registry import Registry
from app.services.workplace import Workplace
from app.settings import Settings
from tests.app.services.workplaces import make_workplace
from tests.dprotonet.tiny_bundle import make_tiny_bundle


@pytest.fixture
def workplace(sqlite_url: str, tmp_path: Path, assets: Path) -> Workplace:
    return make_workplace(Settings(tmp_path / "data", database_url=sqlite_url, assets=assets))


def test_galleries_show_pictures_of_the_bundle_or_attached_ones(
    workplace: Workplace, tmp_path: Path
) -> None:
    bundle = make_tiny_bundle(tmp_path / "m" / "bare", pictures=False, name="bare")
    bare = replace(workplace, models=Registry((tmp_path / "m",)))
    sources = galleries.of_prototype(bare, bundle.digest, "p00")
    assert sources and not any(source.has_picture for source in sources)
    with pytest.raises(NotFound, match="training gallery"):
        galleries.picture(bare, bundle.digest, prototype="p00", number=0)
    full = models.active(workplace)
    path = galleries.picture(workplace, full.digest, prototype="p00", number=0)
    assert path.read_bytes().startswith(b"\x89PNG")
    for number in (-1, 99):
        with pytest.raises(NotFound):
            galleries.picture(workplace, full.digest, prototype="p00", number=number)
