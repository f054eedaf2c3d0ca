"""Encodings fitted on training rows: the order of CPC-R's attributes, the places of the others.

TINTOlib (Apache-2.0) finds the places of TINTO, IGTD, DeepInsight and Fotomics. It is an extra of
training alone: what it finds is kept as numbers. Those of REFINED are found here.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dprotonet.attributes.encodings.cpcr import CpcR
from dprotonet.attributes.encodings.encoding import Encoding
from dprotonet.attributes.encodings.pixels import PixelPlaces
from dprotonet.attributes.encodings.registry import DRAWN
from dprotonet.errors import ReadableError
from training.datasets.tabular.climbing import climbed_order
from training.datasets.tabular.refined import refined_places

if TYPE_CHECKING:
    from training.recipe import Recipe

MISSING = (
    "The encoding {name} needs TINTOlib, which is not installed: python -m pip install --no-deps "
    "TINTOlib==1.3.1 matplotlib. Or give --set encoding=cpcr or refined."
)
TOO_FEW = "TINTOlib finds no places for so few attributes, or for ones that are so much alike"
_TINTO_SIDE = 20  # cells, the usual grid of TINTO, DeepInsight and Fotomics


def fit_encoding(
    recipe: Recipe,
    units: np.ndarray,
    labels: np.ndarray,
    validation: tuple[np.ndarray, np.ndarray],
) -> Encoding:
    """The encoding that a recipe names, fitted on training rows.

    Args:
        units: ``(N, A)`` of the training rows, in [0, 1].
        labels: ``(N,)`` class indices of the same.
        validation: the same two of the validation rows, for CPC-R's climbing alone.

    Raises:
        ReadableError: the encoding cannot be of this table, or needs what is not installed.
    """
    size, name = recipe.image_size, recipe.encoding
    try:
        if name == "cpcr":
            order = _order(recipe, units, labels, validation)
            return cpcr(recipe, order)
        if name in DRAWN:
            return DRAWN[name](units.shape[1], size)
        rows, columns, places = _FOUND[name](units, labels, recipe.seed)
        blur = recipe.tinto_blur if name == "tinto" else 0
        return PixelPlaces(name, rows, columns, places, size, blur)
    except ValueError as error:
        raise ReadableError(f"The table cannot be encoded by {name}: {error}.") from None


def cpcr(recipe: Recipe, order: tuple[int, ...]) -> CpcR:
    """CPC-R by a recipe's options."""
    return CpcR(
        order,
        recipe.image_size,
        recipe.cpcr_grid,
        recipe.cpcr_code,
        recipe.cpcr_shared,
        recipe.cpcr_context,
    )


def _order(
    recipe: Recipe,
    units: np.ndarray,
    labels: np.ndarray,
    validation: tuple[np.ndarray, np.ndarray],
) -> tuple[int, ...]:
    if recipe.cpcr_order == "given":
        return tuple(range(units.shape[1]))
    order = correlation_order(units)
    if recipe.cpcr_order == "correlation":
        return order
    return climbed_order(
        order, lambda one: cpcr(recipe, one), (units, labels), validation, seed=recipe.seed
    )


def correlation_order(units: np.ndarray) -> tuple[int, ...]:
    """Attributes in pairs of the highest |rank correlation| that is left, the strongest first.

    Args:
        units: ``(N, A)``.
    """
    ranks = units.argsort(axis=0).argsort(axis=0).astype(float)
    with np.errstate(invalid="ignore"):
        strength = np.abs(np.nan_to_num(np.corrcoef(ranks, rowvar=False))).reshape(
            units.shape[1], units.shape[1]
        )
    np.fill_diagonal(strength, -1)
    order: list[int] = []
    left = set(range(units.shape[1]))
    while len(left) > 1:
        inside = sorted(left)
        part = strength[np.ix_(inside, inside)]
        row, column = divmod(int(part.argmax()), len(inside))
        order += [inside[row], inside[column]]
        left -= {inside[row], inside[column]}
    return (*order, *left)


Places = tuple[int, int, tuple[tuple[int, int], ...]]


def _tinto(units: np.ndarray, labels: np.ndarray, seed: int) -> Places:
    method = _imported("tinto", "TINTO")(pixels=_TINTO_SIDE, random_seed=seed, verbose=False)
    return (_TINTO_SIDE, _TINTO_SIDE, _places(method, units, labels))


def _deepinsight(units: np.ndarray, labels: np.ndarray, seed: int) -> Places:
    maker = _imported("deepInsight", "DeepInsight")
    method = maker(image_dim=_TINTO_SIDE, random_seed=seed, verbose=False)
    return (_TINTO_SIDE, _TINTO_SIDE, _places(method, units, labels))


def _fotomics(units: np.ndarray, labels: np.ndarray, seed: int) -> Places:
    """Without its logarithm, which is for counts of genes, and with a cell for each attribute."""
    maker = _imported("fotomics", "Fotomics")
    method = maker(image_dim=_TINTO_SIDE, transformer=None, relocate=True, random_seed=seed)
    return (_TINTO_SIDE, _TINTO_SIDE, _places(method, units, labels))


def _igtd(units: np.ndarray, labels: np.ndarray, seed: int) -> Places:
    side = int(np.ceil(np.sqrt(units.shape[1])))
    maker = _imported("igtd", "IGTD")
    method = maker(scale=[side, side], random_seed=seed, verbose=False)
    return (side, side, _places(method, units, labels))


def _refined(units: np.ndarray, labels: np.ndarray, seed: int) -> Places:
    side = int(np.ceil(np.sqrt(units.shape[1])))
    return (side, side, refined_places(units, seed))


_FOUND: dict[str, Callable[[np.ndarray, np.ndarray, int], Places]] = {
    "tinto": _tinto,
    "igtd": _igtd,
    "refined": _refined,
    "deepinsight": _deepinsight,
    "fotomics": _fotomics,
}


def _imported(module: str, name: str) -> Any:
    import importlib

    os.environ.setdefault("MPLBACKEND", "Agg")
    try:
        return getattr(importlib.import_module(f"TINTOlib.{module}"), name)
    except ImportError:
        raise ReadableError(MISSING.format(name=module.lower())) from None


def _places(method: Any, units: np.ndarray, labels: np.ndarray) -> tuple[tuple[int, int], ...]:
    """What TINTOlib fitted, as row and column of each attribute.

    It leaves files where it runs, so it runs in a folder of its own, which goes.
    """
    import pandas as pd
    from scipy.spatial import QhullError

    frame = pd.DataFrame(units, columns=[f"a{i:04d}" for i in range(units.shape[1])])
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(Path(folder)):
        try:
            method.fit(frame.assign(target=labels))
        except QhullError:  # their points lie on a line
            raise ValueError(TOO_FEW) from None
        mapping = method._get_features_mapping().sort_values("feature")
    return tuple(zip(mapping["row"].astype(int), mapping["column"].astype(int), strict=True))
