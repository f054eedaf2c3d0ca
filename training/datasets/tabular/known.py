"""Tables that ship with installed packages, each read from the package's own file."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dprotonet.attributes.cells import Cells
from dprotonet.errors import ReadableError
from training.datasets.tabular.source import SourceTable

_THREE_YEARS = 3 * 365  # days


def wisconsin() -> SourceTable:
    """Wisconsin breast cancer, diagnostic (Street, Wolberg & Mangasarian 1993): 569 tumours."""
    from sklearn.datasets import load_breast_cancer

    data = load_breast_cancer()
    return SourceTable(
        "wisconsin",
        _cells(data.feature_names, data.data, [str(data.target_names[k]) for k in data.target]),
        "diagnosis",
        negative_class="benign",
        licence=(
            "Breast Cancer Wisconsin (Diagnostic), W. Wolberg, O. Mangasarian, N. Street and "
            "W. Street, UCI Machine Learning Repository, doi:10.24432/C5DW2B, CC BY 4.0."
        ),
        note="One row a tumour; its thirty numbers were measured on cell nuclei in one picture.",
    )


def diabetes() -> SourceTable:
    """Diabetes (Efron et al. 2004): 442 patients, their progression made two classes here."""
    from sklearn.datasets import load_diabetes

    data = load_diabetes(scaled=False)
    middle = float(np.median(data.target))
    classes = ["above the median" if t > middle else "up to the median" for t in data.target]
    return SourceTable(
        "diabetes",
        _cells(data.feature_names, data.data, classes),
        "diagnosis",
        units={"age": "years", "bmi": "kg/m²", "bp": "mm Hg"},
        negative_class="up to the median",
        licence="Efron, Hastie, Johnstone & Tibshirani (2004), Annals of Statistics 32; as "
        "scikit-learn (BSD-3-Clause) ships it.",
        note=(
            "The source has a number, progression after a year. It was cut at the median of all "
            f"442 rows ({middle:g}) into two classes here, which no physician does."
        ),
    )


def gbsg2() -> SourceTable:
    """German Breast Cancer Study Group 2 (Schumacher et al. 1994): back, or dead, in three years.

    Raises:
        ReadableError: the package lifelines, which ships it, is not installed.
    """
    found = importlib.util.find_spec("lifelines")
    path = Path(found.origin).parent / "datasets" / "gbsg2.csv" if found and found.origin else None
    if path is None or not path.is_file():
        raise ReadableError(
            "The table gbsg2 ships with the package lifelines, which is not installed: "
            "python -m pip install --no-deps lifelines==0.30.3."
        )
    import pandas as pd

    frame = pd.read_csv(path)
    frame = frame[(frame["time"] > _THREE_YEARS) | (frame["cens"] == 1)].reset_index(drop=True)
    event = (frame["time"] <= _THREE_YEARS) & (frame["cens"] == 1)
    kept = [c for c in frame.columns if c not in ("time", "cens", "Unnamed: 0", "")]
    return SourceTable(
        "gbsg2",
        _cells(kept, frame[kept].to_numpy(object), ["event" if e else "none" for e in event]),
        "diagnosis",
        units={"age": "years", "tsize": "mm", "progrec": "fmol/mg", "estrec": "fmol/mg"},
        negative_class="none",
        licence="Schumacher et al. (1994), Journal of Clinical Oncology 12; as lifelines (MIT) "
        "ships it.",
        note=(
            "The source has times. The classes are recurrence or death within three years, or "
            "none; patients who were lost sooner without either were left out, which makes events "
            "look more frequent."
        ),
    )


KNOWN: Mapping[str, Callable[[], SourceTable]] = {
    "wisconsin": wisconsin,
    "diabetes": diabetes,
    "gbsg2": gbsg2,
}


def known_table(name: str) -> SourceTable:
    """One of :data:`KNOWN`.

    Raises:
        ReadableError: there is no table of that name, or its package is not installed.
    """
    if name not in KNOWN:
        raise ReadableError(
            f"There is no table {name!r}. Give one of {', '.join(KNOWN)}, or a file by --data."
        )
    return KNOWN[name]()


def _cells(columns: Any, values: np.ndarray, classes: list[str]) -> Cells:
    """Cells of an array ``(N, A)`` and N classes, in the column "diagnosis"."""
    names = (*map(str, columns), "diagnosis")
    records = tuple(
        dict(zip(names, [*row, kind], strict=True))
        for row, kind in zip(values.tolist(), classes, strict=True)
    )
    return Cells(names, records, tuple(range(1, len(records) + 1)), "Row")
