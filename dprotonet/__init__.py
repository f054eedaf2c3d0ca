"""DProtoNet: image recognition by prototypes that come from many images, and can show them::

    import dprotonet

    predictor = dprotonet.load("assets/models/chest-phantom")
    image = dprotonet.read_image("assets/cases/nodule.jpg")
    prediction = predictor.predict(image)
    explanation = predictor.explain(image, node="class", tier="draft")

The attribution methods explain any classifier: ``dprotonet.GradCAM(model).attribute(x, target=1)``.
All names are loaded at their first use, so that ``import dprotonet`` needs no torch.
"""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dprotonet.bundle.bundle import Bundle
    from dprotonet.bundle.model_card import ModelCard
    from dprotonet.explain.attribution import Attribution
    from dprotonet.explain.baselines.cam import GradCAM, PrototypeActivation, ScoreCAM
    from dprotonet.explain.baselines.controls import CentredGaussian, RandomSmooth
    from dprotonet.explain.baselines.extremal import ExtremalPerturbation
    from dprotonet.explain.baselines.perturbation import RISE, IntegratedGradients, Occlusion
    from dprotonet.explain.baselines.published_mdm import PublishedMDM
    from dprotonet.explain.explanation import Explanation, Faithfulness
    from dprotonet.explain.image import on_native_grid
    from dprotonet.explain.mdm.mdm import MDM
    from dprotonet.explain.nodes import ClassNode, ConceptNode, PrototypeNode, VectorNode
    from dprotonet.explain.overlay import overlay
    from dprotonet.explain.settings import MDMSettings
    from dprotonet.images.reader import read_image
    from dprotonet.inference.prediction import Prediction, PrototypeMatch, decide
    from dprotonet.inference.predictor import Predictor
    from dprotonet.modeling.model import DProtoNet, build_model
    from dprotonet.modeling.options import ModelOptions
    from dprotonet.modeling.preprocessing import Preprocessing
    from dprotonet.names import METHODS, TIERS
    from dprotonet.prototypes.update import update_prototypes

__all__ = [
    "MDM",
    "METHODS",
    "RISE",
    "TIERS",
    "Attribution",
    "Bundle",
    "CentredGaussian",
    "ClassNode",
    "ConceptNode",
    "DProtoNet",
    "Explanation",
    "ExtremalPerturbation",
    "Faithfulness",
    "GradCAM",
    "IntegratedGradients",
    "MDMSettings",
    "ModelCard",
    "ModelOptions",
    "Occlusion",
    "Prediction",
    "Predictor",
    "Preprocessing",
    "PrototypeActivation",
    "PrototypeMatch",
    "PrototypeNode",
    "PublishedMDM",
    "RandomSmooth",
    "ScoreCAM",
    "VectorNode",
    "__version__",
    "build_model",
    "decide",
    "load",
    "on_native_grid",
    "overlay",
    "read_image",
    "update_prototypes",
]

_HOMES = {
    "MDM": "explain.mdm.mdm",
    "METHODS": "names",
    "RISE": "explain.baselines.perturbation",
    "TIERS": "names",
    "Attribution": "explain.attribution",
    "Bundle": "bundle.bundle",
    "CentredGaussian": "explain.baselines.controls",
    "ClassNode": "explain.nodes",
    "ConceptNode": "explain.nodes",
    "DProtoNet": "modeling.model",
    "Explanation": "explain.explanation",
    "ExtremalPerturbation": "explain.baselines.extremal",
    "Faithfulness": "explain.explanation",
    "GradCAM": "explain.baselines.cam",
    "IntegratedGradients": "explain.baselines.perturbation",
    "MDMSettings": "explain.settings",
    "ModelCard": "bundle.model_card",
    "ModelOptions": "modeling.options",
    "Occlusion": "explain.baselines.perturbation",
    "Prediction": "inference.prediction",
    "Predictor": "inference.predictor",
    "Preprocessing": "modeling.preprocessing",
    "PrototypeActivation": "explain.baselines.cam",
    "PrototypeMatch": "inference.prediction",
    "PrototypeNode": "explain.nodes",
    "PublishedMDM": "explain.baselines.published_mdm",
    "RandomSmooth": "explain.baselines.controls",
    "ScoreCAM": "explain.baselines.cam",
    "VectorNode": "explain.nodes",
    "build_model": "modeling.model",
    "decide": "inference.prediction",
    "on_native_grid": "explain.image",
    "overlay": "explain.overlay",
    "read_image": "images.reader",
    "update_prototypes": "prototypes.update",
}

__version__ = "0.2.0"


def load(bundle_folder: str | Path, device: str = "cpu") -> "Predictor":
    """A bundle ready to predict and explain.

    Args:
        bundle_folder: as ``python -m training`` writes it.
        device: ``cpu``, ``cuda``, ``cuda:1`` or ``mps``.

    Raises:
        UnusableBundle: the folder holds no bundle that can be used; the sentence says why.
    """
    from dprotonet.bundle.bundle import Bundle
    from dprotonet.inference.predictor import Predictor

    return Predictor(Bundle.load(Path(bundle_folder)), device)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
