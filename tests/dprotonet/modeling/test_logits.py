"""Where the logits are in what a network gives."""

from types import SimpleNamespace

import pytest
import torch

from dprotonet.errors import Unexplainable
from dprotonet.modeling.logits import logits_of

LOGITS = torch.arange(6.0).reshape(2, 3)


@pytest.mark.parametrize(
    "output",
    [
        LOGITS,
        LOGITS[:, :, None, None],
        SimpleNamespace(logits=LOGITS),
        {"logits": LOGITS, "features": torch.zeros(2, 8)},
        (LOGITS, torch.zeros(2, 3)),
        [LOGITS, torch.zeros(2, 8, 4, 4)],
        {"out": LOGITS, "aux": torch.zeros(2, 3)},
    ],
)
def test_logits_are_read_in_every_common_form(output):
    assert torch.equal(logits_of(output), LOGITS)


def test_one_logit_for_each_image_is_one_column():
    assert logits_of(torch.tensor([1.0, 2.0])).tolist() == [[1.0], [2.0]]
    assert logits_of(torch.tensor(3.0)).tolist() == [[3.0]]


@pytest.mark.parametrize(
    ("output", "says"),
    [
        (torch.zeros(2, 3, dtype=torch.int64), r"a tensor \(2, 3\) of int64"),
        (torch.zeros(2, 3, 4, 4), r"a tensor \(2, 3, 4, 4\) of float32"),
        ((torch.zeros(2, 3), torch.zeros(2, 8)), "tuple"),  # it may be either
        (None, "NoneType"),
        ({"features": [1.0]}, "dict"),
    ],
)
def test_what_holds_no_logits_is_named(output, says):
    with pytest.raises(Unexplainable, match=f"gives no logits.*{says}"):
        logits_of(output)
