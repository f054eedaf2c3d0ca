import pytest
import torch

from training.data.tensor_cache import read_tensors, write_tensors


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "new" / "kept.safetensors"
    write_tensors(path, "digest", {"a": torch.arange(6).reshape(2, 3).T})
    return path


def test_tensors_come_back_under_their_own_digest_alone(file):
    tensors = read_tensors(file, "digest")
    assert tensors.keys() == {"a"}
    assert tensors["a"].tolist() == [[0, 3], [1, 4], [2, 5]]
    assert read_tensors(file, "another") is None


def test_a_missing_or_damaged_file_counts_as_none(file):
    assert read_tensors(file.with_name("other"), "digest") is None
    file.write_bytes(file.read_bytes()[:-8])
    assert read_tensors(file, "digest") is None


def test_no_half_written_file_stays_beside_it(file):
    assert [path.name for path in file.parent.iterdir()] == ["kept.safetensors"]
