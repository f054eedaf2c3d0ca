import pytest

from dprotonet.bundle.bundle import Bundle
from dprotonet.images.hashes import file_sha256


@pytest.fixture(scope="session")
def bundle(trained):
    return Bundle.load(trained)


@pytest.fixture(scope="session")
def hashes(class_folder):
    """Hashes of the images of the class alpha, whose prototypes are p00 and p01."""
    return [file_sha256(file) for file in sorted((class_folder / "alpha").glob("*.png"))]


@pytest.fixture(scope="session")
def opened(bundle, class_folder, tmp_path_factory):
    from training.learning.reopened import reopen

    return reopen(bundle, class_folder, out=tmp_path_factory.mktemp("opened"), device="cpu")
