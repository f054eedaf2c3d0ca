"""What a bundle's gate says of images: the model's own, changed ones, and others' altogether."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dprotonet.bundle.bundle import Bundle
from dprotonet.errors import ReadableError
from dprotonet.inference.prediction import Prediction
from training.data.changed_images import GROSS, SLIGHT, changed, images_below
from training.datasets.samples import Sample
from training.io import progress_bar

if TYPE_CHECKING:
    from dprotonet.images.types import GrayOrColourImage
    from dprotonet.inference.predictor import Predictor


def support_figures(predictions: Sequence[Prediction]) -> dict[str, Any]:
    """What the gate says of these images, as {"support": …}; nothing where there is no gate.

    All other figures are of all images, refused ones included: a gate cannot mend an AUROC.
    """
    verdicts = Counter(p.support.verdict for p in predictions if p.support is not None)
    if not verdicts:
        return {}
    count = verdicts.total()
    return {
        "support": {
            "films": count,  # as in the other stored figures
            "refused": round(verdicts["outside"] / count, 4),
            "cautioned": round(verdicts["caution"] / count, 4),
        }
    }


def gate_figures(
    bundle: Bundle,
    samples: Sequence[Sample],
    foreign: Sequence[Path],
    *,
    device: str = "cpu",
) -> dict[str, Any]:
    """What the gate says of images that were changed on purpose, and of other images.

    Args:
        samples: to change; none leaves that part out.
        foreign: folders of images that the model is not for.

    Returns:
        :func:`support_figures` by change under "changed_slightly" and "changed_grossly", and by
        folder under "foreign"; what is refused for its distance alone under "refused_by_distance".

    Raises:
        ReadableError: the bundle has no gate, or a folder has no image.
    """
    from dprotonet.inference.predictor import Predictor

    if bundle.support_limits is None and bundle.card.scope is None:
        raise ReadableError(
            f"{bundle.name} has no gate. Add one with `python -m training support {bundle.path}`."
        )
    predictor = Predictor(bundle, device, gate=False)
    figures: dict[str, Any] = {}
    for part, changes in (("changed_slightly", SLIGHT), ("changed_grossly", GROSS)):
        if samples:
            figures[part] = {
                name: _verdicts(predictor, [changed(s.load(), change) for s in samples])
                for name, change in progress_bar(list(changes.items()), len(changes), part)
            }
    if foreign:
        figures["foreign"] = {folder.name: _folder(predictor, folder) for folder in foreign}
    return figures


def _folder(predictor: Predictor, folder: Path) -> dict[str, Any]:
    figures = _verdicts(predictor, images_below(folder))
    if not figures:
        raise ReadableError(f"{folder} has no image that can be read. Give another folder.")
    return figures


def _verdicts(predictor: Predictor, images: Iterable[GrayOrColourImage]) -> dict[str, Any]:
    predictions = list(predictor.predict_many(images))
    far = [
        p.support.distance >= p.support.threshold
        for p in predictions
        if p.support is not None
        and p.support.distance is not None
        and p.support.threshold is not None
    ]
    figures: dict[str, Any] = support_figures(predictions).get("support", {})
    return figures | ({"refused_by_distance": round(sum(far) / len(far), 4)} if far else {})
