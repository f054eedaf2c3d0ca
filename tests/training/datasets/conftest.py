import pytest

from tests.training.datasets.public import REPLICAS, opened


@pytest.fixture
def made(tmp_path):
    """Opens a replica: name, options -> samples by id, and the data set."""

    def make(kind, **options):
        dataset = opened(kind, REPLICAS[kind](tmp_path / "set"), **options)
        return {s.sample_id: s for s in dataset.samples}, dataset

    return make
