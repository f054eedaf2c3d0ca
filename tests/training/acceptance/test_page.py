from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from dprotonet.bundle.bundle import Bundle
from tests.training.acceptance.test_check import OPTIONS
from training.acceptance import page, plots, tables
from training.acceptance.check import accept

HOSTILE = '<script>alert("x")</script>|`*['


@pytest.fixture
def results(bundle: Bundle, by_class: Path) -> dict[str, Any]:
    return accept(bundle, by_class, OPTIONS).results


class Tags(HTMLParser):
    """The tags of a page, with what they refer to."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.references: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.references += [str(v) for k, v in attrs if k in ("src", "href", "srcset", "data")]


def test_the_report_asks_no_host_and_runs_no_script(results: dict[str, Any]) -> None:
    text = page.html(results)
    tags = Tags()
    tags.feed(text)
    assert tags.references == []
    assert not {"script", "link", "iframe", "img"} & set(tags.names)
    assert "http" not in text and "url(" not in text and "@import" not in text
    assert tags.names.count("svg") >= 1


def test_the_report_says_what_was_found(results: dict[str, Any]) -> None:
    for text in (page.html(results), page.markdown(results)):
        assert "Ward 3" in text and "2026-11-26, Reader One" in text
        assert "12 images (none 4, consolidation 3, nodule 1, effusion 4)" in text
        assert f"{results['figures']['accuracy']['value']:.3f}" in text
        assert "There are only 12 images: every interval is wide." in text
        assert "Research use, not for diagnosis." in text
        assert "fewer than 10" in text


def test_names_from_files_are_shown_letter_by_letter(results: dict[str, Any]) -> None:
    results["site"] = HOSTILE
    results["slices"]["rows"] = [
        {
            "kind": "station",
            "group": HOSTILE,
            "images": 12,
            "auroc": {"value": 0.5, "low": 0.4, "high": 0.6},
            "accuracy": {"value": 0.5, "low": 0.4, "high": 0.6},
            "worse": ["auroc"],
        }
    ]
    assert "<script" not in page.html(results)
    assert "<script" not in page.markdown(results)
    row = next(line for line in page.markdown(results).splitlines() if "station" in line)
    assert len(re.findall(r"(?<!\\)\|", row)) == 5  # the cells of the table, and no more


def test_all_classes_and_slices_stay_within_one_page(results: dict[str, Any]) -> None:
    figure = {"value": 0.5, "low": 0.4, "high": 0.6}
    results["figures"]["auroc_by_class"] = {f"class {n}": figure for n in range(30)}
    results["slices"]["rows"] = [
        {"kind": "station", "group": f"{n}", "images": 10, "auroc": figure, "accuracy": figure,
         "worse": []}
        for n in range(40)
    ]  # fmt: skip
    results["data"]["unreadable"] = [
        {"class_name": "none", "number": n, "sha256": "ab" * 6, "reason": "It is damaged."}
        for n in range(50)
    ]
    _, rows = tables.figure_rows(results)
    assert len(rows) <= len(tables.TITLES) + tables.CLASSES
    text = page.html(results)
    assert text.count("station") == tables.SLICES
    assert "34 better slices are in acceptance.json." in text
    assert "46 more are in acceptance.json." in text


def test_a_figure_that_is_not_known_draws_nothing() -> None:
    assert plots.interval_bar({"value": None}, {"value": 0.5}) == ""
    assert plots.roc({}) == ""
    assert plots.reliability({"own": []}) == ""


def test_a_bar_lies_where_its_figure_is() -> None:
    drawn = plots.interval_bar({"value": 0.5, "low": 0.25, "high": 0.75}, {"value": 1.0}, width=100)
    assert 'cx="50.0"' in drawn and 'x1="25.0"' in drawn and 'x2="75.0"' in drawn
    assert 'x1="100.0"' in drawn  # the whole


def test_a_perfect_curve_passes_the_upper_left_corner() -> None:
    curve = {"false_positive_rate": [0.0, 0.0, 1.0], "true_positive_rate": [0.0, 1.0, 1.0]}
    drawn = plots.roc({"finding": curve})
    assert 'points="34.0,158.0 34.0,8.0 184.0,8.0"' in drawn
