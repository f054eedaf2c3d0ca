"""The model of a command, on the device that was named."""

import logging
from typing import TYPE_CHECKING

from dprotonet.errors import WrongRequest
from dprotonet.names import DEFAULT_ENGINE

if TYPE_CHECKING:
    from dprotonet.bundle.bundle import Bundle
    from dprotonet.inference.predictor import Predictor

log = logging.getLogger(__name__)


def check_device(name: str) -> None:
    """Refuse a device that this machine does not have.

    Raises:
        WrongRequest: says which device to name instead.
    """
    if name == "cpu":
        return
    import torch

    try:
        device = torch.device(name)
    except RuntimeError:
        device = torch.device("meta")
    if device.type == "cuda":
        available = (device.index or 0) < torch.cuda.device_count()
    else:
        available = device.type == "mps" and torch.backends.mps.is_available()
    if not available:
        raise WrongRequest(f"This machine has no device {name!r}: leave --device out, or give cpu.")


def load_predictor(
    bundle: "Bundle", device: str, *, gate: bool = True, engine: str = DEFAULT_ENGINE
) -> "Predictor":
    """The bundle's network on the device; without the gate it scores unsupported images too.

    Raises:
        UnusableBundle: its weights do not fit its options.
        WrongRequest: this machine does not have the device.
    """
    check_device(device)
    # torch takes seconds to import: first everything else is checked.
    from dprotonet.inference.predictor import Predictor

    log.info("Model %s %s on %s", bundle.name, bundle.short, device)
    predictor = Predictor(bundle, device=device, gate=gate, engine=engine)
    if engine != DEFAULT_ENGINE:
        log.info("Predicting by %s", predictor.engine.name)
    return predictor
