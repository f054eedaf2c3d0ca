"""DProtoNet: image recognition by prototypes that come from many images, and can show them.

The names below are loaded at their first use, so that ``import dprotonet`` needs no torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dprotonet.bundle import Bundle
    from dprotonet.card import ModelCard
    from dprotonet.model import DProtoNet, build_model
    from dprotonet.options import ModelOptions
    from dprotonet.prediction import Prediction, PrototypeMatch, decide
    from dprotonet.predictor import Predictor
    from dprotonet.preprocessing import Preprocessing
    from dprotonet.prototypes import update_prototypes

__all__ = [
    "Bundle",
    "DProtoNet",
    "ModelCard",
    "ModelOptions",
    "Prediction",
    "Predictor",
    "Preprocessing",
    "PrototypeMatch",
    "build_model",
    "decide",
    "update_prototypes",
]

_HOMES = {
    "Bundle": "bundle",
    "DProtoNet": "model",
    "ModelCard": "card",
    "ModelOptions": "options",
    "Prediction": "prediction",
    "Predictor": "predictor",
    "Preprocessing": "preprocessing",
    "PrototypeMatch": "prediction",
    "build_model": "model",
    "decide": "prediction",
    "update_prototypes": "prototypes",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
