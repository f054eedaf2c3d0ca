"""Small random networks for the tests of this room."""

import torch
import torchvision
from torch import nn

from dprotonet.modeling.options import ModelOptions

CLASSES = ("none", "nodule", "effusion")


def options(**changes):
    given = {
        "classes": CLASSES,
        "prototypes_per_class": (1, 3, 2),
        "depth": 8,
        "image_size": 64,
        **changes,
    }
    return ModelOptions(**given)


def lively(name: str) -> nn.Module:
    """A random network whose batch norms are not the identity."""
    torch.manual_seed(0)
    model = getattr(torchvision.models, name)(weights=None, num_classes=3)
    x = torch.randn(4, 3, 64, 64)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = None
                module.bias.uniform_(-0.2, 0.2)
        model(x)
    return model.eval()
