import pytest

from tests.dprotonet.read_bundle import make_read_bundle


@pytest.fixture(scope="package")
def read(tmp_path_factory):
    """A bundle with a mask reader, whose last layer can be edited."""
    return make_read_bundle(tmp_path_factory.mktemp("read") / "tiny", responses=True)
