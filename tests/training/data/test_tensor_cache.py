import pytest
import torch

from training.data.tensor_cache import read_tensors, write_in_parts, write_tensors


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


def test_tensors_written_in_parts_come_back_as_if_written_at_once(tmp_path):
    whole = {name: torch.rand(5, 2, 3).half() for name in ("b", "a")}
    parts = (part for name in ("b", "a") for part in whole[name].split(2))
    write_in_parts(tmp_path / "kept.safetensors", "digest", ["b", "a"], (5, 2, 3), parts)
    tensors = read_tensors(tmp_path / "kept.safetensors", "digest")
    assert tensors is not None and tensors.keys() == whole.keys()
    assert all(torch.equal(tensors[name], whole[name]) for name in whole)


def test_too_few_parts_leave_no_file(tmp_path):
    with pytest.raises(ValueError, match="24 bytes, not 36"):
        write_in_parts(tmp_path / "f", "digest", ["a"], (3, 2, 3), [torch.zeros(2, 2, 3).half()])
    assert list(tmp_path.iterdir()) == []
