"""From a file of weights to a bundle that predicts and is explained, without prototypes.

Nothing is unpickled: weights come as safetensors for a network of torchvision or MONAI that is
named, or as an ONNX file, whose operators are run by torch so that gradients come back to the
image and every method of explanation works.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.classifier.request import ImportedFile
from dprotonet.bundle.contents import part_digests
from dprotonet.bundle.digests import file_digest, raw_tensors
from dprotonet.bundle.manifest import (
    GALLERY,
    GRAPH,
    MODEL,
    PROTOTYPES,
    Manifest,
    write_json,
    write_manifest,
)
from dprotonet.bundle.model_card import ModelCard
from dprotonet.bundle.writer import written_whole
from dprotonet.errors import UnusableBundle, WrongRequest
from dprotonet.modeling.classifiers.classifier import Classifier, classifier_with
from dprotonet.modeling.classifiers.onnx_graph.graph import Graph
from dprotonet.modeling.classifiers.onnx_graph.network import OnnxNetwork
from dprotonet.modeling.classifiers.onnx_graph.reading import OnnxClassifier, read_onnx
from dprotonet.modeling.classifiers.options import ClassifierOptions, Source
from dprotonet.modeling.portable.onnx_runner import runner
from dprotonet.modeling.preprocessing import Preprocessing

NO_PROTOTYPES = (
    "It has no prototypes: heatmaps show what in an image its classes rest on, and nothing shows "
    "which training images it compares with."
)
_LIMITS = (
    NO_PROTOTYPES,
    "It was neither trained nor tested nor calibrated here. Check it on images of your own: "
    "python -m training accept.",
    "It has no gate: it names a class for every image, also for one of another kind.",
    "Images are shown to it whole, with the ratio of their sides kept and black beside them; "
    "its makers may have cut or stretched theirs.",
)
_TOLERANCE = 1e-3  # as a fraction of 1 + the largest number
_EXAMPLES = 3


@dataclass(frozen=True, eq=False)
class _Read:
    """A file's network, ready to be kept."""

    options: ClassifierOptions
    tensors: dict[str, Tensor]
    graph: Graph | None
    notes: dict[str, Any]  # of the card


def import_classifier(request: ImportedFile, directory: Path) -> Bundle:
    """Keep a classifier as a bundle, written whole or not at all.

    Args:
        request: the file and what it does not say.
        directory: the bundle's folder; a model that stood there is replaced.

    Raises:
        WrongRequest: what was said of the file cannot be, or a package is missing.
        UnusableBundle: the file cannot be used, or the folder holds something else.
    """
    try:
        data = request.file.read_bytes()
    except OSError as error:
        raise UnusableBundle(f"{request.file} cannot be read ({error.strerror}).") from error
    try:
        read = _of_onnx(request) if request.is_onnx else _of_weights(request, data)
        size = read.options.image_size
        preprocessing = Preprocessing(size, _triple(request.mean), _triple(request.sd))
        _network(read)(torch.zeros(1, 3, size, size))
    except ValueError as error:
        raise WrongRequest(f"This cannot be imported: {error}") from error
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[0]
        raise UnusableBundle(
            f"The network in {request.file.name} fails on an image of {size} × {size} pixels "
            f"({reason}). Give the size that it was made for with --size."
        ) from error
    return written_whole(directory, lambda folder: _write(folder, request, read, preprocessing))


def _of_weights(request: ImportedFile, data: bytes) -> _Read:
    source, _, architecture = request.architecture.partition(":")
    options = _options(
        request,
        source=cast(Source, source),
        architecture=architecture,
        size=request.size or 224,
        colour=not request.grey,
    )
    try:
        tensors = load(data)
    except SafetensorError as error:
        raise UnusableBundle(
            f"{request.file.name} is no safetensors file ({error}). Save the weights again."
        ) from error
    network = classifier_with(options, tensors).network
    kept = {key: value.contiguous() for key, value in network.state_dict().items()}
    return _Read(options, kept, None, {})


def _of_onnx(request: ImportedFile) -> _Read:
    found = read_onnx(request.file)
    if request.size is not None and found.size not in (None, request.size):
        raise WrongRequest(
            f"{request.file.name} takes images of {found.size} pixels, not {request.size}: leave "
            "out --size."
        )
    if request.grey and found.channels != 1:
        raise WrongRequest(f"{request.file.name} takes three channels: leave out --grey.")
    options = _options(
        request,
        source="onnx",
        architecture=found.name,
        size=found.size or request.size or 224,
        colour=found.channels == 3,
    )
    if found.outputs not in (None, options.outputs):
        raise WrongRequest(
            f"{request.file.name} gives {found.outputs} numbers, and {len(options.classes)} "
            f"classes were named for the output “{request.output}”: name all of its classes."
        )
    if found.ended_in and (found.ended_in == "softmax") != (request.output == "softmax"):
        raise WrongRequest(
            f"{request.file.name} ends in a {found.ended_in}, which does not go with the output "
            f"“{request.output}”."
        )
    read = _Read(options, found.tensors, found.graph, {"ended_in": found.ended_in})
    _check_same(request.file, found, read)
    return read


def _options(
    request: ImportedFile, *, source: Source, architecture: str, size: int, colour: bool
) -> ClassifierOptions:
    return ClassifierOptions(
        classes=request.classes,
        source=source,
        architecture=architecture,
        image_size=size,
        colour=colour,
        multi_label=request.output == "sigmoid",
        single_logit=request.output == "single",
    )


def _network(read: _Read) -> Classifier:
    if read.graph is None:
        return classifier_with(read.options, read.tensors)
    return Classifier(read.options, OnnxNetwork(read.graph, read.tensors)).eval()


def _check_same(file: Path, found: OnnxClassifier, read: _Read) -> None:
    """Compare the operators in torch with the file as an ONNX runtime runs it.

    Raises:
        UnusableBundle: they give other numbers.
    """
    network = OnnxNetwork(found.graph, found.tensors).eval()
    run = runner(file.read_bytes())
    generator = torch.Generator().manual_seed(0)
    size = read.options.image_size
    for _ in range(_EXAMPLES):
        image = torch.randn(1, found.channels, size, size, generator=generator)
        with torch.no_grad():
            ours = network(image).flatten(1)
        if found.ended_in:
            ours = ours.softmax(1) if found.ended_in == "softmax" else ours.sigmoid()
        theirs = torch.from_numpy(run(image.numpy())[0]).flatten(1)
        if ours.shape != theirs.shape:
            raise UnusableBundle(
                f"{file.name} gives numbers of the shape {tuple(theirs.shape)} for one image, and "
                f"its operators in torch {tuple(ours.shape)}: it cannot be imported."
            )
        error = float((ours - theirs).abs().max())
        if not error <= _TOLERANCE * (1 + float(theirs.abs().max())):
            raise UnusableBundle(
                f"The operators of {file.name} give other numbers in torch than in an ONNX runtime "
                f"(by {error:.2g}): it cannot be imported. Import the network by its architecture "
                "instead, with a safetensors file."
            )


def _write(folder: Path, request: ImportedFile, read: _Read, preprocessing: Preprocessing) -> None:
    weights = save(read.tensors)
    (folder / MODEL).write_bytes(weights)
    write_json(folder / PROTOTYPES, {"kind": "none", "images": 0, "prototypes": []})
    write_json(folder / GALLERY, {"entries": []})
    if read.graph is not None:
        text = json.dumps(read.graph.to_json(), separators=(",", ":"), allow_nan=False)
        (folder / GRAPH).write_text(text + "\n", encoding="utf-8")
    names = (p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    multi_label, options = read.options.multi_label, read.options
    write_manifest(
        folder,
        Manifest(
            name=request.name,
            options=options,
            negative_class=request.negative,
            preprocessing=preprocessing.to_json(),
            temperature=request.temperature,
            threshold=None if multi_label else request.threshold,
            thresholds=_for_each(options, _or(request.threshold, 0.5)) if multi_label else None,
            offsets=_for_each(options, 0.0) if multi_label else None,
            closest_similarity_floor=0.0,
            card=_card(request, read),
            files={name: file_digest(folder / name) for name in sorted(names)},
            parts=part_digests(raw_tensors(weights), options),
            prototypes_made_with={},
        ),
    )


def _for_each(options: ClassifierOptions, value: float) -> dict[str, float]:
    return dict.fromkeys(options.classes, value)


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value


def _card(request: ImportedFile, read: _Read) -> ModelCard:
    options = read.options
    whose = {"torchvision": "torchvision's", "monai": "MONAI's", "onnx": "the ONNX network"}
    network = f"{whose[options.source]} {options.architecture}"
    training: Mapping[str, Any] = {
        "imported": {
            "file_sha256": file_digest(request.file),
            "source": options.source,
            "architecture": options.architecture,
            "output": request.output,
            **read.notes,
        }
    }
    return ModelCard(
        title=request.title or f"{request.name}: {network}, imported",
        summary=f"A classifier that was made elsewhere and imported as it is: {network}. It tells "
        f"apart {', '.join(options.classes)}.",
        data="Not known here: ask its makers.",
        limits=_LIMITS,
        licence=request.licence or "Not stated at the import: ask its makers.",
        training=dict(training),
    )


def _triple(numbers: tuple[float, ...]) -> tuple[float, float, float]:
    first, second, third = numbers * 3 if len(numbers) == 1 else numbers
    return first, second, third
