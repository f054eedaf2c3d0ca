"""Rows that are made up, so that who wins and who loses is known."""

import numpy as np
import pytest

from training.benchmarks.heatmaps.page import markdown
from training.benchmarks.heatmaps.plan import Plan
from training.benchmarks.heatmaps.plot import plot
from training.benchmarks.heatmaps.table import AHEAD, BEHIND, OPEN, tabulate

METHODS = ("mdm", "rise", "gradcam", "centre")
# Insertion minus deletion above that of mdm, image by image on average.
GAINS = {"mdm": 0.0, "rise": 0.2, "gradcam": -0.2, "centre": 0.0}
PLAN = Plan(
    bundle="made-up",
    digest="0" * 64,
    split="test",
    nodes=("class", "prototype"),
    fills=("blur",),
    steps=4,
    seed=0,
    methods={name: {} for name in METHODS},
    primary=("rise", "gradcam"),
    images=tuple(f"{i:05d}-x" for i in range(40)),
)


def scores(inserted):
    return {"insertion": inserted, "deletion": 0.1, "kept": 0.6, "hidden": 0.2, "masked": 0.4}


def judged(inserted, *scales):
    clock = {"seconds": 0.5, "measuring_seconds": 0.1, "measuring_passes": 20}
    return {
        **clock,
        "forward": 10,
        "backward": 2,
        "mean_of_map": 0.3,
        "fills": {"blur": {scale: scores(inserted) for scale in scales}},
    }


def row(number, chance):
    ends = {"image": 0.8, "blur": 0.3}
    methods = {}
    for name in METHODS:
        reached = 0.5 + GAINS[name] + chance.normal(0, 0.05)
        methods[name] = {
            "code": "same" if name != "rise" else f"state {number % 2}",
            "class": judged(reached, "probability", "log_odds"),
            "prototype": judged(reached, "similarity"),
        }
        if name == "centre" and number < 2:
            methods[name]["prototype"]["mean_of_map"] = 0.0
        if number < 4:
            place = {"energy": 0.25, "peak_inside": 0.0, "peak_near": 1.0}
            methods[name]["class"] |= place
    return {
        "patient": f"p{number}",
        "right": True,
        "truth_area": 0.1 if number < 4 else None,
        "ends": {
            "class": {"probability": ends, "log_odds": ends},
            "prototype": {"similarity": ends},
        },
        "methods": methods,
    }


@pytest.fixture(scope="module")
def table():
    chance = np.random.default_rng(0)
    images = [row(number, chance) for number in range(40)]
    return tabulate(PLAN, METHODS, images, resamples=500)


def test_losses_are_named_as_plainly_as_gains(table):
    page = markdown(PLAN.to_json(), table, "python -m training bench")
    assert (
        "- Primary contrasts (Holm, 5%): mdm is ahead in 2, behind in 2 "
        "(class, blur: rise; prototype, blur: rise), not told apart in 0 of 4."
    ) in page
    lines = {line.split(" | ")[1]: line for line in page.splitlines() if line.startswith("| class")}
    assert "**behind**" in lines["rise"] and "**ahead**" in lines["gradcam"]
    assert "not told apart" in lines["centre"]


def test_the_difference_is_the_first_minus_the_other(table):
    rows = table["sections"][0]["rows"]
    assert rows["rise"]["difference"]["value"] == pytest.approx(-0.2, abs=0.04)
    assert rows["gradcam"]["difference"]["value"] == pytest.approx(0.2, abs=0.04)
    assert "difference" not in rows["mdm"]
    verdicts = [rows[name]["verdict"] for name in ("rise", "gradcam", "centre")]
    assert verdicts == [BEHIND, AHEAD, OPEN]


def test_only_declared_contrasts_are_adjusted_and_over_all_of_them(table):
    rows = table["sections"][0]["rows"]
    assert "holm_p" not in rows["centre"]
    assert rows["rise"]["holm_p"] == pytest.approx(4 * rows["rise"]["difference"]["p"], abs=1e-5)


def test_figures_of_the_span_and_of_the_map_as_a_mask(table):
    found = table["sections"][0]
    assert found["span"] == 0.5
    mdm = found["rows"]["mdm"]
    assert mdm["score_of_span"] == pytest.approx(mdm["score"]["value"] / 0.5, abs=1e-3)
    assert mdm["average_drop"] == pytest.approx((0.8 - 0.4) / 0.8)
    prototype = table["sections"][1]["rows"]["mdm"]
    assert prototype["average_drop"] == pytest.approx((0.8 - 0.4) / 0.5)
    assert mdm["average_increase"] == 0.0


def test_images_without_a_truth_do_not_count_where_heatmaps_lie(table):
    assert table["films_with_a_truth"] == 4
    place = table["localisation"]
    assert place["area"] == 0.1
    assert (place["mdm"]["energy"]["value"], place["mdm"]["peak_near"]["value"]) == (0.25, 1.0)


def test_rows_of_several_states_of_the_code_are_told(table):
    assert table["unlike_code"] == ["rise"]
    assert "do not go together: rise" in markdown(PLAN.to_json(), table, "")


def test_maps_without_a_mark_are_counted(table):
    assert table["even_maps"] == {"centre, prototype": 2}
    assert "centre, prototype: 2." in markdown(PLAN.to_json(), table, "")


def test_a_measured_cost_stands_in_the_same_table(table):
    alone = {
        "seconds": 0.123,
        "peak_mb": 200.0,
        "share_of_best_rate": 0.25,
        "together_seconds": 0.6,
        "one_prototype_seconds": 0.2,
    }
    joined = {**table, "alone": {"mdm": alone}, "alone_films": 5}
    page = markdown(PLAN.to_json(), joined, "")
    assert "| 0.123, 200, 25.0 %, 3.0 |" in page
    assert "Alone" not in markdown(PLAN.to_json(), table, "")


def test_the_plot_has_a_panel_for_each_node_and_fill(table, tmp_path):
    file = tmp_path / "bench.svg"
    plot(table, file)
    drawn = file.read_text()
    assert drawn.count("fill blur") == 2 and all(name in drawn for name in METHODS)
