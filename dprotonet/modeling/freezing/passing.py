"""How images pass through a network: what it asks of them, and what a backward pass costs.

Both are tried out, since a stranger's network does not state them.
"""

import logging
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from dprotonet.modeling.freezing.network_copy import sharing_copy
from dprotonet.modeling.logits import logits_of

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Passing:
    """What a network asks of the images that it is given."""

    channels_last: bool = True  # False for one that assumes contiguous activations
    alone: bool = False  # one image at a time, since others change its logits
    changes_input: bool = False  # it writes into the images

    def __call__(self, network: nn.Module, images: Tensor) -> object:
        """The network's output for ``(N, 3, S, S)``; of images that pass alone, the logits."""
        kind = torch.channels_last if self.channels_last else torch.contiguous_format
        images = images.contiguous(memory_format=kind)
        if self.changes_input:
            images = images.clone()
        if self.alone and len(images) > 1:
            return torch.cat([logits_of(network(images[i : i + 1])) for i in range(len(images))])
        return network(images)


def fit_passing(network: nn.Module, example: Tensor, expected: Tensor) -> tuple[nn.Module, Passing]:
    """The network in the memory format that suits it, and what it asks of its images.

    Args:
        network: frozen; left as it is.
        example: ``(1, 3, S, S)``.
        expected: its logits ``(1, K)``.
    """
    image = example.clone()
    network(image)
    changes_input = not torch.equal(image, example)
    other = sharing_copy(network).to(memory_format=torch.channels_last)
    wide = Passing(True, changes_input=changes_input)
    passing = Passing(False, changes_input=changes_input)
    if _agrees(other, wide, example, expected):
        network, passing = other, wide
    two = torch.cat([example, torch.zeros_like(example)])
    if not hasattr(network(example.clone()), "similarities") and not _agrees(
        network, passing, two, expected
    ):
        passing = replace(passing, alone=True)
    return network, passing


def _agrees(network: nn.Module, passing: Passing, images: Tensor, expected: Tensor) -> bool:
    """Whether the first image has the expected logits, and each image has a row of them."""
    try:
        logits = logits_of(passing(network, images))
    except Exception:  # whatever a stranger's network may raise
        return False
    return len(logits) == len(images) and are_close(logits[:1], expected, 1e-3)


def are_close(logits: Tensor, expected: Tensor, tolerance: float) -> bool:
    """Whether logits of one shape differ by no more than a fraction of 1 + the largest of them."""
    error = (logits.float() - expected.float()).abs().max()
    return bool((error <= tolerance * (1 + expected.abs().max())).item())


def backward_pass(network: nn.Module, passing: Passing, example: Tensor) -> tuple[int, bool]:
    """What autograd saves for the backward pass of one image, and whether there is one.

    Returns:
        Bytes of all saved tensors but the weights, 0 where nothing can be saved; and whether a
        gradient comes back to the image.
    """
    weights = {tensor.data_ptr() for tensor in [*network.parameters(), *network.buffers()]}
    saved: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        if tensor.data_ptr() not in weights:
            saved[tensor.data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    image = example.clone().requires_grad_(True)
    try:
        with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(note, lambda t: t):
            logits_of(passing(network, image))
        with torch.enable_grad():  # without hooks, which hide that a saved tensor was written over
            logits = logits_of(passing(network, image))
            (gradient,) = torch.autograd.grad(logits.sum(), image, allow_unused=True)
    except Exception as error:  # NumPy, a kernel without a gradient, or a write into what was saved
        log.debug("no gradient of %s: %s", type(network).__name__, error)
        return 0, False
    return sum(saved.values()), gradient is not None
