import torch

from dprotonet.modeling.options import ModelOptions
from dprotonet.prototypes.feature_pass import PrototypeBatch
from tests.dprotonet.tiny_bundle import tiny_model

COUNT = 14
LABELS = torch.arange(COUNT) % 2


def make_model(**changes):
    chosen = {"prototypes_per_class": (2, 3), "depth": 8, "image_size": 64, **changes}
    return tiny_model(ModelOptions(("none", "finding"), **chosen))


def batches(images, order, sizes):
    """The images in this order, in batches of these sizes, the last size again and again."""
    rows, sizes = list(order), list(sizes)
    while rows:
        size = sizes.pop(0) if len(sizes) > 1 else sizes[0]
        chosen, rows = rows[:size], rows[size:]
        yield PrototypeBatch(
            images[chosen],
            LABELS[chosen],
            [f"sample-{row:02d}" for row in chosen],
            [f"{row:064x}" for row in chosen],
        )


def vectors_of(model, images):
    """``(N, P, D)`` by the plainest way: one image after the other."""
    with torch.no_grad():
        return torch.cat([model(image[None]).vectors for image in images]).double().numpy()
