from pathlib import Path

import pytest

from tests.dprotonet.tiny_bundle import (
    make_tiny_bundle,
)


@pytest.fixture(scope="package")
def saved(tmp_path_factory):
    return make_tiny_bundle(tmp_path_factory.mktemp("bundles") / "tiny")


@pytest.fixture
def folder(saved, tmp_path):
    """A copy to spoil."""
    import shutil

    return Path(shutil.copytree(saved.path, tmp_path / "tiny"))
