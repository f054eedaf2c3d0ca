"""A benchmark of few images, and methods that end it midway."""

from dataclasses import dataclass
from pathlib import Path

from dprotonet.explain.baselines.registry import METHODS
from training.benchmarks.heatmaps import methods
from training.benchmarks.heatmaps.run import Request
from training.comparison.row_file import RowFile

QUICK = Request(
    methods=("gradcam", "centre"),
    primary=("centre",),
    count=3,
    fills=("blur", "mean"),
    steps=4,
    resamples=50,
)
EVIDENT = Request(
    methods=("gradcam", "random"),
    primary=("random",),
    count=8,
    nodes=("class",),
    fills=("mean", "other", "inpaint"),
    primary_fills=("other", "inpaint"),
    steps=2,
    evidence=True,
    stability=True,
    resamples=50,
)
CLOCK = {"seconds", "measuring_seconds", "judging_seconds"}


@dataclass(frozen=True)
class FinishedRun:
    """The folder of a run, and the page that it printed."""

    folder: Path
    page: str


def rows_of(out):
    """Every row without its clock."""

    def timeless(value):
        if isinstance(value, dict):
            return {key: timeless(entry) for key, entry in value.items() if key not in CLOCK}
        return value

    return {key: timeless(row) for key, row in sorted(RowFile(out).rows.items())}


def killed_after(maps, monkeypatch):
    """Have methods end the process, as a kill would, once so many heatmaps are drawn.

    Returns:
        The methods that drew one; the list grows as they do.
    """
    drawn = []

    def fragile(method):
        def draw(*arguments, **options):
            if len(drawn) == maps:
                raise KeyboardInterrupt
            drawn.append(method)
            return METHODS[method](*arguments, **options)

        return draw

    fakes = {name: fragile(name) for name in METHODS}
    monkeypatch.setattr(methods, "METHODS", fakes)
    return drawn
