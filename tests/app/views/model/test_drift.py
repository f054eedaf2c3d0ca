"""The charts of a model's weeks."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from app.domain.bundles import BundleInfo
from app.domain.figures.performance import Drift, Week
from app.views.model.drift import drift_text, rate_chart, score_chart, use_chart, weeks_table

PROTOTYPES = tuple(f"p{n:02d}" for n in range(10))
INFO = BundleInfo("m", "0" * 64, "M", ("none", "finding"), "none", PROTOTYPES, Path())
WEEKS = (
    Week(date(2026, 3, 2), 10, 10, 0, ()),
    Week(date(2026, 3, 9), 20, 4, 8, (0.1, 0.2, 0.5, 0.7, 0.9), {n: 0.1 for n in PROTOTYPES}, 16),
)


def test_a_week_of_refused_images_alone_has_no_score_and_no_fraction_called() -> None:
    assert list(score_chart(WEEKS).data[-1].x) == [date(2026, 3, 9)]
    called, refused = rate_chart(WEEKS).data
    assert list(called.y) == [None, 0.5] and list(refused.y) == [1.0, 0.2]


def test_prototypes_beyond_the_first_stand_together_and_all_add_up_to_one() -> None:
    bars = use_chart(WEEKS, INFO).data
    assert len(bars) == 8 and bars[-1].name == "all others"
    assert round(sum(bar.y[1] for bar in bars), 9) == 1.0


def test_the_same_stands_in_numbers() -> None:
    table = weeks_table(WEEKS)
    assert table["Median"] == [None, 0.5] and table["Refused"] == [10, 4]
    assert str(table["Most evidence"][1]).count("10%") == 3
    assert drift_text(Drift(WEEKS, True)).startswith("30 images in 2 weeks")
