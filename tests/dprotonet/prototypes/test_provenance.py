"""What a bundle keeps of a prototype comes back from JSON as it was."""

import json

import pytest

from dprotonet.prototypes.provenance import (
    PrototypeActivation,
    PrototypeRecord,
    PrototypeSource,
)

SOURCES = (PrototypeSource("b", "1" * 64, 0.75, 0.9), PrototypeSource("a", "0" * 64, 0.25, 0.8))
ACTIVATION = PrototypeActivation(0.5, None, {"1": 0.1, "50": 0.5}, 0.25, False, ("p01", "p02"))


@pytest.mark.parametrize("activation", [ACTIVATION, None])
def test_a_record_comes_back_from_json(activation):
    record = PrototypeRecord("p00", "nodule", SOURCES, activation)
    assert PrototypeRecord.from_json(json.loads(json.dumps(record.to_json()))) == record


@pytest.mark.parametrize("wrong", [{"sources": [{"sample_id": "a"}]}, {"activation": {}}])
def test_a_record_that_lacks_a_field_is_refused(wrong):
    data = PrototypeRecord("p00", "nodule", SOURCES, None).to_json()
    with pytest.raises((KeyError, TypeError)):
        PrototypeRecord.from_json({**data, **wrong})
