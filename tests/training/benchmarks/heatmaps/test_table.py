import pytest

from training.benchmarks.heatmaps.statistics import AHEAD, BEHIND, OPEN, holm


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
    result = table["sections"][0]
    assert result["span"] == 0.5
    mdm = result["rows"]["mdm"]
    assert mdm["score_of_span"] == pytest.approx(mdm["score"]["value"] / 0.5, abs=1e-3)
    assert mdm["average_drop"] == pytest.approx((0.8 - 0.4) / 0.8)
    prototype = table["sections"][1]["rows"]["mdm"]
    assert prototype["average_drop"] == pytest.approx((0.8 - 0.4) / 0.5)
    assert mdm["average_increase"] == 0.0


def test_images_without_a_truth_do_not_count_where_heatmaps_lie(table):
    assert table["films_with_a_truth"] == 4
    localisation = table["localisation"]
    assert localisation["area"] == 0.1
    mdm = localisation["methods"]["mdm"]
    assert (mdm["energy"]["value"], mdm["peak_near"]["value"]) == (0.25, 1.0)
    assert localisation["methods"]["rise"]["differences"]["energy"]["value"] == 0
    assert mdm["recall_10"]["value"] is None  # rows of earlier versions know none


def test_contrasts_of_evidence_and_stability_are_of_one_family_with_those_of_the_fills(
    evident_table,
):
    random = evident_table["evidence"]["all"]["methods"]["random"]["differences"]
    declared = [random[name] for name in ("recall_10", "peak_near", "peak_inside")]
    declared.append(evident_table["stability"]["random"]["difference"])
    declared += [
        section["rows"]["random"]
        for section in evident_table["sections"]
        if section["fill"] in ("other", "inpaint")
    ]
    ps = [entry.get("p") or entry["difference"]["p"] for entry in declared]
    assert [entry["holm_p"] for entry in declared] == pytest.approx(holm(ps), abs=1e-5)
    assert "holm_p" not in random["energy"]
    assert "holm_p" not in evident_table["sections"][0]["rows"]["random"]
