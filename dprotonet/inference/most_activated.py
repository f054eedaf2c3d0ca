"""The prototypes that one image activates most: ProtoPNet's local analysis.

Chen et al. 2019, section 2.3 and figure 3: for each of them the patch that looks like it, how
similar it is, and what that adds to a class, similarity times weight.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from dprotonet.errors import WrongRequest
from dprotonet.images.types import GrayOrColourImage
from dprotonet.inference.predictor import Predictor
from dprotonet.prototypes.activation_map import PatchBox, activation_maps, patch_box, upsampled


@dataclass(frozen=True)
class ActivatedPrototype:
    """One prototype in one image.

    Attributes:
        prototype: its id.
        class_name: the class it belongs to.
        similarity: of the image's nearest patch to it.
        weight: of the prototype in the logit of the class in question, the similarity scale
            included.
        contribution: similarity × weight, its part of that logit.
        box: around the patch, in pixels of the network's square.
    """

    prototype: str
    class_name: str
    similarity: float
    weight: float
    contribution: float
    box: PatchBox

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "box": list(self.box)}


@dataclass(frozen=True)
class LocalAnalysis:
    """What speaks for and against a class in one image.

    Attributes:
        label: what the image is called.
        class_name: the class in question.
        logit: of that class, the sum of all contributions.
        rows: of the most activated prototypes, the most similar first.
    """

    label: str
    class_name: str
    logit: float
    rows: tuple[ActivatedPrototype, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "rows": [row.to_json() for row in self.rows]}


def most_activated(
    predictor: Predictor,
    image: GrayOrColourImage,
    *,
    count: int = 10,
    class_name: str | None = None,
) -> LocalAnalysis:
    """The most activated prototypes of one image, those that are switched off left out.

    Args:
        image: as :func:`~dprotonet.images.reader.read_image` gives it.
        count: of prototypes, at most.
        class_name: None for the one that is called, or for the most probable one.

    Raises:
        WrongRequest: the model compares no patches, has no such class, or is not for this image.
    """
    bundle = predictor.bundle
    if bundle.options.masks != "patch":
        raise WrongRequest(
            f"The model {bundle.name} compares regions, not patches. Use `python -m dprotonet "
            "explain` for its prototypes."
        )
    if class_name is not None and class_name not in bundle.classes:
        raise WrongRequest(
            f"The model {bundle.name} has no class {class_name!r}. Give one of: "
            f"{', '.join(bundle.classes)}."
        )
    model = bundle.model.to(predictor.device)
    x, _ = bundle.preprocessing(image)
    prediction = predictor.predict_tensor(x, image=image)
    if prediction.label is None:
        reasons = prediction.support.reasons if prediction.support else ()
        raise WrongRequest(f"The model {bundle.name} is not for this image: {'; '.join(reasons)}")
    chosen = class_name or prediction.label
    if chosen not in bundle.classes:  # none called, or several
        chosen = max(bundle.classes, key=lambda name: prediction.logits[name])
    similar = {match.prototype: match.similarity for match in prediction.matches}
    k = bundle.classes.index(chosen)
    weights = (model.head.weight[k] * model.log_scale.exp()).detach().double().cpu().tolist()
    maps = activation_maps(model, x.unsqueeze(0).to(predictor.device))[0]
    on = [p for p, name in enumerate(bundle.prototype_ids) if name not in bundle.off]
    first = sorted(on, key=lambda p: (-similar[bundle.prototype_ids[p]], p))[:count]
    rows = tuple(
        ActivatedPrototype(
            bundle.prototypes[p].id,
            bundle.prototypes[p].class_name,
            similar[bundle.prototypes[p].id],
            weights[p],
            similar[bundle.prototypes[p].id] * weights[p],
            patch_box(upsampled(maps[p], bundle.image_size)),
        )
        for p in first
    )
    return LocalAnalysis(prediction.label, chosen, prediction.logits[chosen], rows)
