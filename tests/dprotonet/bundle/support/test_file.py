import pytest
import torch

from dprotonet.bundle.support.file import distance_from_bytes, distance_to_bytes
from dprotonet.errors import UnusableBundle
from dprotonet.modeling.support_distance import fit_distance


def test_a_distance_comes_back_from_its_file():
    features = torch.randn(30, 8, generator=torch.Generator().manual_seed(0))
    distance = fit_distance(features)
    restored = distance_from_bytes(distance_to_bytes(distance), "chest")
    torch.testing.assert_close(restored(features), distance(features), rtol=5e-3, atol=0)


@pytest.mark.parametrize("data", [b"", b"no safetensors"])
def test_bytes_that_are_no_distance_are_refused_in_words(data):
    with pytest.raises(UnusableBundle, match="'chest' cannot be used"):
        distance_from_bytes(data, "chest")
