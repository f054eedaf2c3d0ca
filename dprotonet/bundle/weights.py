"""The tensors of a bundle: to the bytes of a safetensors file and back."""

from __future__ import annotations

import json
from collections.abc import Mapping

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from dprotonet.bundle.manifest import Manifest
from dprotonet.errors import UnusableBundle
from dprotonet.modeling.classifiers.classifier import Classifier, classifier_with
from dprotonet.modeling.classifiers.onnx_graph.graph import Graph
from dprotonet.modeling.classifiers.options import ClassifierOptions
from dprotonet.modeling.concepts.finished import ConceptModel, build_concept_model
from dprotonet.modeling.concepts.options import ConceptOptions
from dprotonet.modeling.model import DProtoNet, build_model
from dprotonet.modeling.reasons.network import ReasonsNetwork

_MOST_HALF = torch.finfo(torch.float16).max


def weights_to_bytes(model: ReasonsNetwork, *, half_precision: bool = False) -> bytes:
    """The network's state as a safetensors file.

    With ``half_precision`` the weights (two dimensions and more) of backbone and masks are kept as
    float16. Biases and normalisation statistics stay float32: they are few, and a variance may lie
    outside of float16's range.
    """
    stored: dict[str, Tensor] = {}
    for part, tensors in model.parts().items():
        for key, tensor in tensors.items():
            value = tensor.detach().cpu().contiguous()
            small = part in ("backbone", "masks") and value.ndim >= 2 and value.is_floating_point()
            if half_precision and small and float(value.abs().max()) <= _MOST_HALF:
                value = value.half()
            stored[key] = value
    return save(stored)


def model_from_bytes(
    data: bytes, manifest: Manifest, graph: bytes | None = None
) -> DProtoNet | ConceptModel | Classifier:
    """The network of a bundle in float32, in eval mode, its parameters frozen.

    Args:
        data: of model.safetensors.
        manifest: of the bundle.
        graph: graph.json of a classifier that came as an ONNX file.

    Raises:
        UnusableBundle: the tensors do not fit the options.
    """
    options = manifest.options
    try:
        tensors: Mapping[str, Tensor] = load(data)
        if isinstance(options, ClassifierOptions):
            return _classifier(options, tensors, graph)
        model = (
            build_concept_model(options)
            if isinstance(options, ConceptOptions)
            else build_model(options)
        )
        expected = model.state_dict()
        model.load_state_dict(
            {key: value.to(expected[key].dtype) for key, value in tensors.items()}
        )
    except (SafetensorError, KeyError, TypeError, RuntimeError, ValueError) as error:
        raise UnusableBundle(
            f"The weights of the model {manifest.display_name!r} do not fit its options ({error}). "
            "Save the model again."
        ) from error
    return model.eval().requires_grad_(False)


def _classifier(
    options: ClassifierOptions, tensors: Mapping[str, Tensor], graph: bytes | None
) -> Classifier:
    if graph is None:
        return classifier_with(options, tensors)
    from dprotonet.modeling.classifiers.onnx_graph.network import OnnxNetwork

    network = OnnxNetwork(Graph.from_json(json.loads(graph)), tensors)
    return Classifier(options, network).eval().requires_grad_(False)
