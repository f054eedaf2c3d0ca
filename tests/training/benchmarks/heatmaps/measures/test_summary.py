"""Figures of a finished run, and of rows that are made up so that who is ahead is known."""

import numpy as np
import pytest

from training.benchmarks.heatmaps.measures.summary import (
    evidence_figures,
    outside_body,
    stability_summary,
)
from training.benchmarks.heatmaps.row_columns import Rows
from training.benchmarks.heatmaps.statistics import AHEAD, OPEN

METHODS = ("good", "bad", "flat")
RECALLS = {"good": 0.9, "bad": 0.3, "flat": 0.1}
RANKS = {"good": 0.9, "bad": 0.5, "flat": None}


def row(number, chance):
    def result(name):
        noise = chance.normal(0, 0.03)
        figures = dict.fromkeys(("recall_2", "recall_5", "hit_10", "energy"), 0.5)
        figures |= dict.fromkeys(("peak_inside", "peak_near"), float(name == "good"))
        rank = None if RANKS[name] is None else RANKS[name] + noise
        changes = {change: {"rank": rank, "overlap": 0.5} for change in ("noise", "jpeg", "shift")}
        if name == "bad":
            changes["draw"] = {"rank": 0.2, "overlap": 0.1}
        figures = {"evidence": figures | {"recall_10": RECALLS[name] + noise}}
        return {"class": figures | {"outside_body": 0.1}, "stability": changes}

    return {
        "patient": f"p{number // 2}",
        "evidence": {"kind": "text" if number % 3 else "patch", "area": 0.02},
        "methods": {name: result(name) for name in METHODS},
    }


@pytest.fixture(scope="module")
def rows():
    chance = np.random.default_rng(0)
    return Rows([row(number, chance) for number in range(30)], resamples=200)


def test_evidence_is_summed_up_for_each_kind_and_over_all(rows):
    figures = evidence_figures(rows, METHODS)
    assert [(name, group["films"]) for name, group in figures.items()] == [
        ("all", 30),
        ("patch", 10),
        ("text", 20),
    ]
    for group in figures.values():
        differences = group["methods"]["bad"]["differences"]
        assert differences["recall_10"]["value"] == pytest.approx(0.6, abs=0.03)
        assert differences["recall_10"]["verdict"] == differences["peak_near"]["verdict"] == AHEAD
        assert differences["energy"]["verdict"] == OPEN
        assert "differences" not in group["methods"]["good"]
    assert figures["all"]["by_chance"]["recall_10"] == 0.1
    assert figures["all"]["by_chance"]["energy"] == 0.02 == figures["all"]["area"]


def test_one_kind_alone_is_not_written_down_twice(rows):
    texts = [image for image in rows.images if image["evidence"]["kind"] == "text"]
    assert list(evidence_figures(Rows(texts, resamples=20), METHODS)) == ["all"]


def test_stability_is_the_mean_over_the_changed_images_without_the_draw(rows):
    figures = stability_summary(rows, METHODS)
    assert figures["bad"]["mean"]["value"] == pytest.approx(0.5, abs=0.03)
    assert figures["bad"]["draw"]["rank"]["value"] == 0.2
    assert figures["good"]["draw"]["rank"]["value"] is None
    assert figures["bad"]["difference"]["value"] == pytest.approx(0.4, abs=0.03)
    assert figures["bad"]["difference"]["verdict"] == AHEAD
    assert figures["flat"]["mean"]["value"] is None is figures["flat"]["difference"]["value"]


def test_rows_that_know_neither_have_no_such_figures(rows):
    old = [
        {"patient": "p", "methods": {name: {"class": {"energy": 0.1}} for name in METHODS}}
        for _ in range(3)
    ]
    without = Rows(old, resamples=20)
    assert evidence_figures(without, METHODS) == stability_summary(without, METHODS) == {}
    assert outside_body(without, METHODS) == {}
    assert outside_body(rows, METHODS)["bad"]["value"] == 0.1


def test_a_run_counts_its_images_and_those_that_it_left_out(evident_table):
    evidence = evident_table["evidence"]
    assert {name: group["films"] for name, group in evidence.items()} == {
        "all": 4,
        "patch": 2,
        "text": 2,
    }
    assert evident_table["unconfirmed"] == 4
    assert evidence["all"]["area"] == pytest.approx(1 / 16)
    assert evident_table["stability"]["gradcam"]["draw"]["rank"]["value"] is None
    assert evident_table["stability"]["random"]["draw"]["rank"]["value"] < 1
    assert evident_table["stability"]["random"]["noise"]["rank"]["value"] == 1
