"""A small bundle of a concept network of random weights, made in a second, for tests of every room.

Its images are those of :mod:`tests.dprotonet.tiny_bundle`; the axis "bright" is active where the
disc is, and every second image is said to show "device".
"""

import copy
from functools import cache
from pathlib import Path

import torch

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.gallery import GalleryPicture
from dprotonet.bundle.model_card import ModelCard
from dprotonet.bundle.parts import BundleParts
from dprotonet.bundle.writer import save_bundle
from dprotonet.modeling.concepts.finished import ConceptModel, finished
from dprotonet.modeling.concepts.model import ConceptNet, build_concept_net
from dprotonet.modeling.concepts.options import ConceptOptions
from dprotonet.modeling.preprocessing import Preprocessing
from dprotonet.prototypes.activation_stats import ActivationStatistics
from dprotonet.prototypes.own_map import OwnMap
from dprotonet.prototypes.provenance import PrototypeActivation, PrototypeSource
from dprotonet.prototypes.update import PrototypeUpdate
from tests.dprotonet.tiny_bundle import SIZE, network_input, png, tiny_images, tiny_responses

CLASSES = ("none", "finding")
CONCEPTS = ("bright disc", "device")
SHOWN = 3  # images of each axis


def tiny_concept_net(**options: object) -> ConceptNet:
    """A random network whose batch norm and whitening have seen some images."""
    return copy.deepcopy(_network(tuple(options.items())))


@cache
def _network(options: tuple[tuple[str, object], ...]) -> ConceptNet:
    chosen = {"classes": CLASSES, "concepts": CONCEPTS, "backbone": "small", **dict(options)}
    network = build_concept_net(
        ConceptOptions(**{"image_size": SIZE, "depth": 8, **chosen})  # type: ignore[arg-type]
    )
    images = network_input(tiny_images(2, 8))
    with torch.no_grad():
        network.train()
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.momentum = None  # the plain average over what follows
        for _ in range(60):  # until the running whitening has come near
            network(images)
        network.head.weight.normal_(0.0, 0.5, generator=torch.Generator().manual_seed(0))
    return network.eval()


def tiny_concept_model(**options: object) -> ConceptModel:
    """The same, finished."""
    network = tiny_concept_net(**options)
    with torch.inference_mode():
        said = network(network_input(tiny_images(2)))
    return finished(network, said.activations[:, : len(network.options.concepts)].mean(0).clone())


def make_tiny_concept_bundle(
    directory: str | Path,
    *,
    name: str = "tiny-concepts",
    responses: bool = True,
    classes: tuple[str, ...] = CLASSES,
) -> Bundle:
    """A whole bundle with a gallery; the same every time."""
    model, images = tiny_concept_model(classes=classes), tiny_images(2)
    has_negative = "none" in classes
    with torch.inference_mode():
        said = model(network_input(images))
    digests = model.part_digests()
    first = [said.similarities[:, c].argsort(descending=True)[:SHOWN] for c in range(len(CONCEPTS))]
    sources = [
        tuple(
            PrototypeSource(
                f"sample-{row:02d}", f"{row:064x}", 1 / SHOWN, float(said.similarities[row, c])
            )
            for row in rows.tolist()
        )
        for c, rows in enumerate(first)
    ]
    nothing = PrototypeActivation(0.4, -0.4, {"50": 0.0}, 0.0, False)
    return save_bundle(
        directory,
        BundleParts(
            name=name,
            model=model,
            preprocessing=Preprocessing(SIZE),
            update=PrototypeUpdate(
                model.prototypes.clone(),
                (*sources, *((),) * len(classes)),
                "axes",
                {part: digests[part] for part in ("backbone", "masks")},
            ),
            statistics=ActivationStatistics(
                (nothing,) * len(model.prototype_ids), 0.0, len(images)
            ),
            card=ModelCard(title=f"{name}: random weights", metrics=METRICS),
            negative_class="none" if has_negative else None,
            threshold=0.5 if has_negative else None,
            gallery=tuple(
                GalleryPicture(
                    CONCEPTS[c],
                    f"sample-{row:02d}",
                    png(images[row]),
                    own_map=OwnMap.of(said.masks[row, c].numpy()),
                )
                for c, rows in enumerate(first)
                for row in rows.tolist()
            ),
            responses=tiny_responses(model) if responses else None,
        ),
    )


METRICS = {
    "concepts": {
        "axes": {
            name: {"shown": 3, "absent": 5, "auroc": {"value": 0.9, "sd": 0.02}}
            for name in CONCEPTS
        },
        "correlation": 0.03,
    }
}
