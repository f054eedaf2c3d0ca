"""The model that a command was given, on the device that it was given."""

import logging
from typing import TYPE_CHECKING

from dprotonet.errors import WrongRequest

if TYPE_CHECKING:
    from dprotonet.bundle.bundle import Bundle
    from dprotonet.inference.predictor import Predictor

log = logging.getLogger(__name__)


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


def ready(bundle: "Bundle", device: str) -> "Predictor":
    """The bundle's network on the device.

    Raises:
        UnusableBundle: its weights do not fit its options.
        WrongRequest: the device is not there.
    """
    check_device(device)
    # torch takes seconds to import: not before it is known that there is work for it.
    from dprotonet.inference.predictor import Predictor

    log.info("Model %s %s on %s", bundle.name, bundle.short, device)
    return Predictor(bundle, device=device)
