import struct

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save

from dprotonet.bundle.digests import json_digest, raw_tensors, tensors_digest

STATE = {"b": torch.arange(6).float().reshape(2, 3), "a": torch.ones(4, dtype=torch.float16)}


def test_tensors_are_found_as_safetensors_wrote_them():
    found = {tensor.name: tensor for tensor in raw_tensors(save(STATE, metadata={"note": "x"}))}
    assert set(found) == {"a", "b"}
    assert found["b"].dtype == "F32" and found["b"].shape == (2, 3)
    assert bytes(found["b"].data) == STATE["b"].numpy().tobytes()


def test_a_digest_counts_names_types_shapes_and_bytes_but_no_order():
    tensors = raw_tensors(save(STATE))
    digest = tensors_digest(tensors)
    assert tensors_digest(tensors[::-1]) == digest
    for changed in (
        tensors[0]._replace(name="c"),
        tensors[0]._replace(dtype="F64"),
        tensors[0]._replace(shape=(1, *tensors[0].shape)),
        tensors[0]._replace(data=bytes(len(tensors[0].data))),
    ):
        assert tensors_digest([changed, tensors[1]]) != digest


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


def test_a_json_digest_ignores_the_order_of_keys():
    assert json_digest({"a": 1, "b": [2]}) == json_digest({"b": [2], "a": 1})
    assert json_digest({"a": 1}) != json_digest({"a": 2})
