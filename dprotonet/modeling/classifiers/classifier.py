"""An imported classifier as the rest of the library sees it: images in, logits out."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from dprotonet.errors import UnusableBundle
from dprotonet.modeling.classifiers.named_networks import FURTHER_HEADS, named_network
from dprotonet.modeling.classifiers.options import ClassifierOptions

_WRAPPERS = ("module.", "model.", "network.", "net.")
"""How all keys of a file begin where the network was wrapped as it was saved."""


class Classifier(nn.Module):
    """A network without prototypes. Feed it normalised images ``(N, 3, S, S)``.

    Attributes:
        options: what it is.
        network: as it was imported.
        mask_reader: None: a reader is trained for networks with prototypes.
    """

    mask_reader = None

    def __init__(self, options: ClassifierOptions, network: nn.Module) -> None:
        super().__init__()
        self.options = options
        self.network = network

    @property
    def prototype_ids(self) -> tuple[str, ...]:
        """None."""
        return ()

    def forward(self, images: Tensor) -> Tensor:
        """``(N, 3, S, S)`` normalised images to ``(N, K)`` logits."""
        if not self.options.colour:
            images = images.mean(dim=1, keepdim=True)
        logits: Tensor = self.network(images).flatten(1)
        if self.options.single_logit:
            # softmax over (0, z) is sigmoid(z): the second class has the network's own probability
            logits = torch.cat([torch.zeros_like(logits), logits], dim=1)
        return logits


def classifier_with(options: ClassifierOptions, tensors: Mapping[str, Tensor]) -> Classifier:
    """A named network with these weights, in float32, in eval mode, its parameters frozen.

    Args:
        options: of torchvision or MONAI.
        tensors: by the library's own keys.

    Raises:
        UnusableBundle: they do not fit the network; the sentence says which and why.
        WrongRequest: there is no such network here.
    """
    network = named_network(options)
    expected = network.state_dict()
    state = fitting_keys(tensors, expected)
    _check(options, state, expected)
    network.load_state_dict(
        {key: state.get(key, own).to(own.dtype) for key, own in expected.items()}
    )
    return Classifier(options, network).eval().requires_grad_(False)


def fitting_keys(
    tensors: Mapping[str, Tensor], expected: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """The tensors without what a wrapper put before their keys, and without further heads."""
    state = dict(tensors)
    for wrapper in _WRAPPERS:
        wrapped = state and all(key.startswith(wrapper) for key in state)
        if wrapped and not any(key.startswith(wrapper) for key in expected):
            state = {key.removeprefix(wrapper): value for key, value in state.items()}
    return {
        key: value
        for key, value in state.items()
        if key in expected or not key.startswith(FURTHER_HEADS)
    }


def _check(
    options: ClassifierOptions, state: Mapping[str, Tensor], expected: Mapping[str, Tensor]
) -> None:
    # Step counters are read in training alone, and old files lack them.
    missing = [k for k in expected if k not in state and not k.endswith("num_batches_tracked")]
    unknown = [k for k in state if k not in expected]
    other = [
        f"{k} {tuple(state[k].shape)} instead of {tuple(expected[k].shape)}"
        for k in state
        if k in expected and state[k].shape != expected[k].shape
    ]
    for found, problem in (
        (missing, "they lack"),
        (unknown, "they have unknown"),
        (other, "they have"),
    ):
        if found:
            more = f" and {len(found) - 3} more" if len(found) > 3 else ""
            raise UnusableBundle(
                f"The weights do not fit {options.source}'s {options.architecture} with "
                f"{options.outputs} outputs and {options.channels} channels: {problem} "
                f"{', '.join(found[:3])}{more}. Name the architecture that they are of, and all of "
                "its classes."
            )
