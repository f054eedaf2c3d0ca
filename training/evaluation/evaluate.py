"""Evaluate a bundle on one split of a data set, through the same path as every prediction."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dprotonet.bundle.bundle import Bundle
from dprotonet.errors import ReadableError
from dprotonet.inference.prediction import Prediction
from training.data.placed_images import ages_of, labels_of, place_images, readable
from training.data.splits import SPLITS, Split, by_split
from training.datasets.registry import open_dataset
from training.datasets.samples import Dataset, Sample
from training.evaluation.faithfulness import evenly_spaced, faithfulness
from training.evaluation.gate import gate_figures, support_figures
from training.evaluation.prototypes.summary import prototype_figures
from training.evaluation.report import report
from training.evaluation.scored_predictions import ScoredPredictions
from training.io import progress_bar
from training.recipe import Recipe

if TYPE_CHECKING:
    from training.datasets.phantom.dataset import PhantomSample

Parts = Mapping[Split, tuple[Sample, ...]]


@dataclass(frozen=True)
class Extras:
    """How many images each slow part uses, 0 to leave it out, and the method of its heatmaps.

    Attributes:
        gate: images that are changed to try the gate.
        foreign: folders of images that the model is not for, to try the gate with.
        other_reader: a bundle whose mask reader is tried on this network, beside its own, on the
            images of ``sanity``.
    """

    faithfulness: int = 0
    localisation: int = 0
    sanity: int = 0
    prototypes: int = 0
    gate: int = 0
    foreign: Sequence[Path] = ()
    other_reader: Path | None = None
    method: str = "mdm"
    tier: str = "standard"


def evaluate(
    bundle: Bundle, data: Path | None, split: Split, extras: Extras, *, device: str = "cpu"
) -> dict[str, Any]:
    """Figures of a bundle on one split of the data set that its recipe names, and the slow parts
    that ``extras`` asks for.

    Raises:
        ReadableError: the data cannot be had, or has other classes than the bundle, or the split
            is empty, or the bundle has no gate to try.
    """
    parts = _parts(bundle, data)
    samples, resamples = _members(parts, split), recipe_of(bundle).resamples
    slow = slow_parts(bundle, parts, split, extras, device=device)
    if extras.gate or extras.foreign:
        chosen = evenly_spaced(samples, extras.gate) if extras.gate else []
        slow["gate"] = gate_figures(bundle, chosen, extras.foreign, device=device)
    return evaluate_samples(bundle, samples, split, resamples=resamples, device=device) | slow


def split_samples(bundle: Bundle, data: Path | None, split: Split) -> tuple[Sample, ...]:
    """The samples of one split, as they were split for training.

    Raises:
        ReadableError: the data cannot be had, or has other classes than the bundle, or the split
            is empty.
    """
    return _members(_parts(bundle, data), split)


def _parts(bundle: Bundle, data: Path | None) -> Parts:
    recipe = recipe_of(bundle)
    dataset = open_dataset(recipe, data)
    check_classes(bundle, dataset)
    return by_split(grouped(dataset, recipe))


def _members(parts: Parts, split: Split) -> tuple[Sample, ...]:
    if not parts[split]:
        raise ReadableError(f"The {split} split has no image. Choose one of: {', '.join(SPLITS)}.")
    return parts[split]


def phantom_test_samples(recipe: Recipe) -> list[PhantomSample]:
    """The phantoms of the recipe's test split, none of them rendered yet.

    Raises:
        ReadableError: marks were planted on the recipe's images, which these do not have.
    """
    from training.data.splits import split_of
    from training.datasets.phantom.dataset import phantom_samples
    from training.datasets.phantom.parameters import Shortcut

    if recipe.planted != "none":
        raise ReadableError(
            f"{recipe.name} was trained on phantoms with a planted mark ({recipe.planted}). "
            "Give a bundle that was trained on phantoms without one."
        )
    samples = phantom_samples(
        recipe.phantom_seed,
        recipe.phantom_films,
        size=recipe.phantom_size,
        shortcut=Shortcut() if recipe.phantom_shortcut else None,
        difficulty=recipe.phantom_difficulty,
    )
    return [sample for sample in samples if split_of(sample.patient_id) == "test"]


def grouped(dataset: Dataset, recipe: Recipe) -> tuple[Sample, ...]:
    """The samples as they were split for training."""
    if recipe.duplicates == "refuse":
        return readable(dataset.samples) if recipe.damaged == "leave_out" else dataset.samples
    from dprotonet.modeling.preprocessing import Preprocessing
    from training.data.leakage import group_duplicates

    preprocessing = Preprocessing(size=recipe.image_size)
    images = place_images(
        dataset.samples, preprocessing, classes=len(dataset.classes), damaged=recipe.damaged
    )
    return group_duplicates(images).samples


def evaluate_samples(
    bundle: Bundle,
    samples: Sequence[Sample],
    split: Split,
    *,
    resamples: int,
    device: str = "cpu",
) -> dict[str, Any]:
    """The same for given samples, each read, placed and predicted as for a reader."""
    from dprotonet.inference.predictor import Predictor

    read = (sample.load() for sample in progress_bar(samples, len(samples), "evaluate"))
    predictions = list(Predictor(bundle, device, gate=False).predict_many(read))
    probabilities: NDArray[np.float64] = np.array(
        [[p.probabilities[name] for name in bundle.classes] for p in predictions]
    )
    scored = ScoredPredictions(
        bundle.classes,
        bundle.negative_class,
        probabilities,
        labels_of(samples, len(bundle.classes)),
        np.array([s.patient_id for s in samples]),
        np.array([s.view for s in samples]),
        bundle.threshold,
        sexes=np.array([s.sex for s in samples]),
        ages=ages_of(samples),
        thresholds=bundle.thresholds,
    )
    head = {"bundle": bundle.name, "split": split, "temperature": round(bundle.temperature, 4)}
    figures = head | report(scored, resamples=resamples) | support_figures(predictions)
    if bundle.concepts:
        return figures
    similarities = np.array([_similarities(bundle, p) for p in predictions])
    return figures | {"prototypes": prototype_figures(bundle, similarities, scored.labels)}


def _similarities(bundle: Bundle, prediction: Prediction) -> list[float]:
    """P similarities in the bundle's order."""
    by_id = {match.prototype: match.similarity for match in prediction.matches}
    return [by_id[name] for name in bundle.prototype_ids]


def slow_parts(
    bundle: Bundle, parts: Parts, split: Split, extras: Extras, *, device: str = "cpu"
) -> dict[str, Any]:
    """Figures of the heatmaps and prototypes: the slow parts that ``extras`` asks for."""
    from dprotonet.inference.predictor import Predictor
    from training.evaluation.heatmap_method import HeatmapMethod
    from training.evaluation.localisation import localisation
    from training.evaluation.prototypes.probing import probe_prototypes
    from training.evaluation.sanity import comparable_readers, foreign_reader, sanity

    if not (extras.faithfulness or extras.localisation or extras.sanity or extras.prototypes):
        return {}
    other = None if extras.other_reader is None else Bundle.load(extras.other_reader)
    if other is not None:
        comparable_readers(bundle, other)  # refused now, not after minutes
    predictor, samples = Predictor(bundle, device, gate=False), parts[split]
    method, resamples = HeatmapMethod(extras.method, extras.tier), recipe_of(bundle).resamples
    figures: dict[str, Any] = {}
    if extras.faithfulness:
        figures["faithfulness"] = faithfulness(
            predictor, samples, extras.faithfulness, method, resamples=resamples
        )
    if extras.localisation:
        figures["localisation"] = localisation(
            predictor,
            samples,
            parts["validation"],
            extras.localisation,
            method,
            resamples=resamples,
        )
    if extras.sanity:
        figures["sanity"] = sanity(predictor, samples, extras.sanity, method, resamples=resamples)
        if other is not None:
            figures["sanity"]["other_reader"] = foreign_reader(
                predictor, samples, extras.sanity, other, resamples=resamples
            )
    if extras.prototypes:
        figures["prototype_looks"] = probe_prototypes(
            predictor, samples, extras.prototypes, resamples=resamples
        )
    return figures


def recipe_of(bundle: Bundle) -> Recipe:
    """The recipe that a bundle was trained by, from its card.

    Raises:
        ReadableError: the card names none, as for a bundle that another program wrote.
    """
    values = bundle.card.training.get("recipe")
    known = {f.name for f in dataclasses.fields(Recipe)}
    if not isinstance(values, dict) or not {"name", "dataset"} <= set(values):
        raise ReadableError(
            f"The card of {bundle.name} names no recipe, so its data set is unknown. "
            "Give a bundle that `python -m training train` wrote."
        )
    return Recipe(**{key: value for key, value in values.items() if key in known})


def check_classes(bundle: Bundle, dataset: Dataset) -> None:
    """Refuse a data set with other classes than the bundle's."""
    if dataset.multi_label != bundle.multi_label:
        many = "any number of classes" if dataset.multi_label else "one class"
        raise ReadableError(
            f"The data set gives an image {many}, the bundle was trained otherwise. "
            "Give the data that the bundle was trained on."
        )
    if dataset.classes != bundle.classes:
        raise ReadableError(
            f"The data set has the classes {', '.join(dataset.classes)}, the bundle "
            f"{', '.join(bundle.classes)}. Give the data that the bundle was trained on."
        )
