import dataclasses

import numpy as np
import pytest

from dprotonet.prototypes.responses import Responses, running_groups


def _responses(multi_label=False, **changed):
    chance = np.random.default_rng(0)
    labels = chance.integers(0, 2, 10)
    values = {
        "similarities": chance.normal(size=(10, 4)).astype(np.float32),
        "labels": np.eye(2, dtype=bool)[labels] if multi_label else labels,
        "validation": np.arange(10) > 6,
        "groups": np.arange(10, dtype=np.int32) // 2,
        "anchor": chance.normal(size=(2, 4)),
        "class_weights": np.array([0.5, 1.5]),
        "label_smoothing": 0.05,
    }
    return Responses(**{**values, **changed})


@pytest.mark.parametrize("multi_label", [False, True])
@pytest.mark.parametrize("nonnegative", [False, True])
def test_responses_are_read_back_bit_for_bit(multi_label, nonnegative):
    written = _responses(multi_label, nonnegative=nonnegative, ridge=0.3)
    read = Responses.from_bytes(written.to_bytes())
    for field in dataclasses.fields(Responses):
        before, after = getattr(written, field.name), getattr(read, field.name)
        assert np.array_equal(before, after), field.name
    assert read.multi_label is multi_label


@pytest.mark.parametrize(
    "changed",
    [
        {"validation": np.zeros(10, bool)},
        {"validation": np.ones(9, bool)},
        {"anchor": np.zeros((2, 5))},
        {"labels": np.full(10, 2)},
        {"similarities": np.full((10, 4), np.nan, np.float32)},
        {"class_weights": np.array([0.0, 1.0])},
        {"label_smoothing": 1.0},
        {"ridge": 0.0},
    ],
)
def test_arrays_that_do_not_belong_together_are_refused(changed):
    with pytest.raises(ValueError):
        _responses(**changed)


@pytest.mark.parametrize("data", [b"", b"12345678{}", b"\x02\0\0\0\0\0\0\0{}"])
def test_other_bytes_are_no_responses(data):
    with pytest.raises(ValueError, match="no responses"):
        Responses.from_bytes(data)


def test_groups_say_which_images_share_a_patient_and_not_who_it_is():
    assert running_groups(["Ada", "Bob", "Ada", "Cy"]).tolist() == [0, 1, 0, 2]
