import hashlib
import struct

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save

from dprotonet.bundle.digests import file_digest, raw_tensors

STATE = {"b": torch.arange(6).float().reshape(2, 3), "a": torch.ones(4, dtype=torch.float16)}


def test_tensors_are_found_as_safetensors_wrote_them():
    result = {tensor.name: tensor for tensor in raw_tensors(save(STATE, metadata={"note": "x"}))}
    assert set(result) == {"a", "b"}
    assert result["b"].dtype == "F32" and result["b"].shape == (2, 3)
    assert bytes(result["b"].data) == STATE["b"].numpy().tobytes()


@given(st.binary(max_size=200))
def test_no_bytes_at_all_crash_the_reader(data):
    framed = struct.pack("<Q", len(data)) + data
    for given_bytes in (data, framed):
        try:
            raw_tensors(given_bytes)
        except ValueError as error:
            assert str(error)


def test_a_tensor_outside_of_the_file_is_refused():
    with pytest.raises(ValueError, match="outside the file"):
        raw_tensors(save(STATE)[:-1])


def test_a_file_has_the_digest_of_its_bytes(tmp_path):
    file = tmp_path / "long"
    file.write_bytes(b"abc" * 700_000)
    assert file_digest(file) == hashlib.sha256(b"abc" * 700_000).hexdigest()
