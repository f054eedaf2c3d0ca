"""The model that a command was given, checked and ready."""

from pathlib import Path
from typing import TYPE_CHECKING

from dprotonet.errors import WrongRequest

if TYPE_CHECKING:
    from dprotonet.predictor import Predictor


def check_device(name: str) -> None:
    """Refuse a device that this machine has not.

    Raises:
        WrongRequest: with what may be asked for instead.
    """
    if name == "cpu":
        return
    import torch

    try:
        device = torch.device(name)
    except RuntimeError:
        device = torch.device("meta")
    if device.type == "cuda":
        there = (device.index or 0) < torch.cuda.device_count()
    else:
        there = device.type == "mps" and torch.backends.mps.is_available()
    if not there:
        raise WrongRequest(f"This machine has no device {name!r}: leave --device out, or ask cpu.")


def open_predictor(model: Path, device: str) -> "Predictor":
    """Load the bundle and put its network on the device.

    Raises:
        UnusableBundle: there is none, or a part of it is altered or stale.
        WrongRequest: the device is not there.
    """
    check_device(device)
    # torch takes seconds to import: not before it is known that there is work for it.
    from dprotonet.bundle import Bundle
    from dprotonet.predictor import Predictor

    return Predictor(Bundle.load(model), device=device)
