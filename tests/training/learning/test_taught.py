import torch

from training.learning.judged_images import JudgedImages
from training.learning.taught import similarities_of


def test_the_judged_images_are_seen_as_the_network_sees_them(bundle):
    inputs = torch.rand(3, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    nothing = torch.empty((0, 2), dtype=torch.int64)
    judged = JudgedImages(
        inputs, ("a", "b", "c"), nothing, nothing, nothing, patients=frozenset(), missing=0
    )
    seen = similarities_of(bundle.model, judged, "cpu")
    assert seen.shape == (3, len(bundle.prototype_ids))
    with torch.inference_mode():
        torch.testing.assert_close(seen[1:2], bundle.model(inputs[1:2]).similarities)
