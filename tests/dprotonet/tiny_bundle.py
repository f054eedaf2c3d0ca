"""A small random bundle, made in a second, for tests of every room."""

from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from dprotonet.attributes.row_images import RowImages
from dprotonet.attributes.table import Row
from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.gallery import GalleryPicture
from dprotonet.bundle.model_card import ModelCard
from dprotonet.bundle.parts import BundleParts
from dprotonet.bundle.sources.nearest import NearestPatch, NearestPictures
from dprotonet.bundle.writer import save_bundle
from dprotonet.editing.objective import responses_around
from dprotonet.modeling.concepts.finished import ConceptModel
from dprotonet.modeling.model import DProtoNet, build_model
from dprotonet.modeling.options import ModelOptions
from dprotonet.modeling.preprocessing import Preprocessing
from dprotonet.prototypes.activation_map import activation_maps, patch_box, upsampled
from dprotonet.prototypes.activation_stats import activation_statistics
from dprotonet.prototypes.feature_pass import PrototypeBatch
from dprotonet.prototypes.nearest_patches import nearest_images
from dprotonet.prototypes.own_map import OwnMap
from dprotonet.prototypes.responses import Responses
from dprotonet.prototypes.update import PrototypeUpdate, update_prototypes

SIZE = 64  # px


def tiny_images(classes: int, per_class: int = 4, size: int = SIZE, seed: int = 0) -> np.ndarray:
    """``(N, H, W)`` uint8: noise with a bright disc whose place goes with the class."""
    chance = np.random.default_rng(seed)
    rows, columns = np.mgrid[:size, :size]
    images = []
    for number in range(classes * per_class):
        angle = 2 * np.pi * (number % classes) / classes
        centre = size / 2 + size / 4 * np.array([np.sin(angle), np.cos(angle)])
        centre += chance.normal(0, size / 32, 2)
        disc = np.exp(-((rows - centre[0]) ** 2 + (columns - centre[1]) ** 2) / (size / 5) ** 2)
        image = 70 + 130 * disc + chance.normal(0, 12, (size, size))
        images.append(np.clip(image, 0, 255).astype(np.uint8))
    return np.stack(images)


def tiny_model(options: ModelOptions, seed: int = 0) -> DProtoNet:
    """A random network whose batch norm has seen some images, so that its features differ."""
    model = build_model(options)
    images = tiny_images(len(options.classes), 4, options.image_size, seed)
    with torch.no_grad():
        model.train()
        for module in model.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.momentum = None  # the plain average over what follows
        model(network_input(images, options.image_size))
    return model.eval()


def network_input(images: np.ndarray, size: int = SIZE) -> torch.Tensor:
    """``(N, H, W)`` uint8 to ``(N, 3, S, S)`` normalised; H = W = S."""
    unit = torch.from_numpy(images).float().div(255).unsqueeze(1).expand(-1, 3, -1, -1)
    return Preprocessing(size).normalise(unit)


def tiny_batches(images: np.ndarray, classes: int, batch: int = 4) -> Iterator[PrototypeBatch]:
    """The images as training images "sample-00", …, of class number % classes."""
    for start in range(0, len(images), batch):
        rows = list(range(start, min(start + batch, len(images))))
        yield PrototypeBatch(
            network_input(images[rows], images.shape[1]),
            torch.tensor(rows) % classes,
            [f"sample-{row:02d}" for row in rows],
            [f"{row:064x}" for row in rows],
        )


def make_tiny_bundle(
    directory: str | Path,
    classes: tuple[str, ...] = ("none", "finding"),
    *,
    name: str = "tiny",
    backbone: str = "small",
    prototypes_per_class: int | tuple[int, ...] = 2,
    negative_class: str | None = "none",
    threshold: float | None = 0.5,
    temperature: float = 1.0,
    pictures: bool = True,
    half_precision: bool = False,
    seed: int = 0,
    responses: bool = False,
    own_maps: bool = False,
    rows: RowImages | None = None,
    source_rows: Mapping[str, Row] | None = None,
    **options: object,
) -> Bundle:
    """A whole bundle of random weights for 64 × 64 images, with a gallery; the same every time.

    Args:
        backbone: five convolutions, which cost an eighth of the smallest network of torchvision;
            where a test is of what only such a network has, it says so.
    """
    chosen = ModelOptions(
        classes=classes,
        backbone=backbone,
        prototypes_per_class=prototypes_per_class,
        depth=16,
        image_size=SIZE,
        similarity_scale=5.0,
        seed=seed,
        **options,  # type: ignore[arg-type]
    )
    model = tiny_model(chosen, seed)
    images = tiny_images(len(classes), seed=seed)
    update = update_prototypes(model, tiny_batches(images, len(classes)), m=2)
    update.apply_to(model)
    return save_bundle(
        directory,
        BundleParts(
            name=name,
            model=model,
            preprocessing=Preprocessing(SIZE),
            update=update,
            statistics=activation_statistics(model, tiny_batches(images, len(classes))),
            card=ModelCard(title=f"{name}: random weights", limits=("It knows nothing.",)),
            negative_class=negative_class if negative_class in classes else None,
            temperature=temperature,
            threshold=threshold if negative_class in classes else None,
            gallery=tuple(_gallery(model, update, images, pictures, own_maps)),
            half_precision=half_precision,
            responses=tiny_responses(model) if responses else None,
            rows=rows,
            source_rows=source_rows,
            nearest=_nearest(model, images, pictures) if chosen.masks == "patch" else None,
        ),
    )


def tiny_responses(model: DProtoNet | ConceptModel) -> Responses:
    """How 48 tiny images of 24 patients answer to the prototypes; every third is of validation."""
    classes = len(model.options.classes)
    images = tiny_images(classes, 48 // classes, model.options.image_size, seed=1)
    with torch.inference_mode():
        similarities = model(network_input(images, model.options.image_size)).similarities.numpy()
    rows = np.arange(len(images))
    labels = rows % classes
    if model.options.multi_label:
        labels = np.eye(classes, dtype=bool)[labels] | (rows % 5 == 0)[:, None]
    return responses_around(
        model.head.weight.detach().numpy(),
        float(model.log_scale.detach().exp()),
        similarities=similarities,
        labels=labels,
        validation=rows // classes % 3 == 0,
        patients=[str(row // 2) for row in rows],
    )


def _gallery(
    model: DProtoNet, update: PrototypeUpdate, images: np.ndarray, pictures: bool, own_maps: bool
) -> Iterator[GalleryPicture]:
    """For every source a picture and a heatmap, and where the network looks for the prototype."""
    with torch.inference_mode():
        masks = model(network_input(images, model.options.image_size)).masks.numpy()
    for number, sources in enumerate(update.sources):
        for source in sources:
            row = int(source.sample_id.removeprefix("sample-"))
            image = images[row]
            heatmap = np.where(image > 128, image, 0).astype(np.uint8)
            yield GalleryPicture(
                model.prototype_ids[number],
                source.sample_id,
                png(image) if pictures else None,
                png(heatmap) if pictures else None,
                OwnMap.of(masks[row, number]) if own_maps else None,
            )


def _nearest(model: DProtoNet, images: np.ndarray, pictures: bool) -> NearestPictures:
    """The three nearest patches of each prototype."""
    x, classes = network_input(images, model.options.image_size), model.options.classes
    with torch.inference_mode():
        similarities = model(x).similarities.numpy()
    maps = activation_maps(model, x)
    patches = [
        NearestPatch(
            name,
            f"sample-{row:02d}",
            f"{row:064x}",
            (classes[row % len(classes)],),
            float(similarities[row, p]),
            patch_box(upsampled(maps[row, p], model.options.image_size)),
            OwnMap.of((maps[row, p] - maps[row, p].min()).numpy()),
        )
        for p, name in enumerate(model.prototype_ids)
        for row in nearest_images(similarities, p, 3).tolist()
    ]
    kept = {patch.sample_id: png(images[int(patch.sample_id[7:])]) for patch in patches}
    return NearestPictures(tuple(patches), kept if pictures else {})


def png(gray: np.ndarray) -> bytes:
    """``(H, W)`` uint8 as a PNG file."""
    stream = BytesIO()
    Image.fromarray(gray).save(stream, "PNG")
    return stream.getvalue()
