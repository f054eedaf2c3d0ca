from dataclasses import replace

import pytest
import torch
from safetensors.torch import save

from dprotonet.bundle.digests import raw_tensors
from dprotonet.explain.settings import TIERS
from dprotonet.modeling.digests import json_digest, tensors_digest
from dprotonet.modeling.preprocessing import Preprocessing

STATE = {"b": torch.arange(6).float().reshape(2, 3), "a": torch.ones(4, dtype=torch.float16)}
VALUE = {"b": [1, 2.5, None, "ü"], "a": {"c": True}}


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


def test_a_json_digest_ignores_the_order_of_keys():
    assert json_digest({"a": 1, "b": [2]}) == json_digest({"b": [2], "a": 1})
    assert json_digest({"a": 1}) != json_digest({"a": 2})


@pytest.mark.parametrize(
    ("value", "spaced", "digest"),
    [
        (VALUE, False, "ebe2989f54a4c837eea1f82c308132d9b98e72d8c633e1deebac7e59d5abcfe9"),
        (VALUE, True, "881b51b411f19d306b1ca58b2c7ca62c6b91effd7a737ce89a394f87c8ec3a83"),
        (
            ["ab", [("a", None, ""), ("b", (1, 2), "c")]],
            True,
            "ffbbb019961b125f1040a7d0280f08b5c51f93beb5a824e423b082580d13bb98",
        ),
    ],
)
def test_stored_digests_keep_their_values(value, spaced, digest):
    assert json_digest(value, spaced=spaced) == digest


def test_settings_and_preprocessing_are_stored_under_these_digests():
    # As before there were mask readers, whose settings are left out where they say nothing.
    searched = {
        name: replace(tier, reader=False, reader_views=1, refine_steps=0)
        for name, tier in TIERS.items()
    }
    assert {name: tier.digest for name, tier in searched.items()} == {
        "instant": "facd6a84a4619dd1241af31507128902c561a6956e6589583c53e565977cd422",
        "draft": "f54c1ccb51cefc64a6e513872185621b12cb4ee6e94fd5d3663c12d68847fa02",
        "standard": "22572e71696ccf9244811c9d8baa81e9b63660497e5282a3c2dde6cecaea7258",
        "full": "a104dbcab98fa86b8df44bec0b485ee892e64fdb7c42edd111fa8d34d720e5e0",
    }
    digest = "a634d33bf928789407c36b87ff38f4f77e94f1d4d8f42e7742922214fce0c4b1"
    assert Preprocessing().digest == digest
