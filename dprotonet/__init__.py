"""DProtoNet: image recognition by prototypes that come from many images, and can show them.

The names below are loaded at their first use, so that ``import dprotonet`` needs no torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dprotonet.bundle.bundle import Bundle
    from dprotonet.bundle.model_card import ModelCard
    from dprotonet.inference.prediction import Prediction, PrototypeMatch, decide
    from dprotonet.inference.predictor import Predictor
    from dprotonet.modeling.model import DProtoNet, build_model
    from dprotonet.modeling.options import ModelOptions
    from dprotonet.modeling.preprocessing import Preprocessing
    from dprotonet.prototypes.update import update_prototypes

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
    "Bundle": "bundle.bundle",
    "DProtoNet": "modeling.model",
    "ModelCard": "bundle.model_card",
    "ModelOptions": "modeling.options",
    "Prediction": "inference.prediction",
    "Predictor": "inference.predictor",
    "Preprocessing": "modeling.preprocessing",
    "PrototypeMatch": "inference.prediction",
    "build_model": "modeling.model",
    "decide": "inference.prediction",
    "update_prototypes": "prototypes.update",
}

__version__ = "0.2.0"


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
