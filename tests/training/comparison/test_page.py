"""A comparison that is made up."""

from training.comparison.page import markdown, plot, prototype_cells

FIGURE = {"mean": 0.905, "sd": 0.005, "low": 0.88, "high": 0.927, "each_seed": [0.9, 0.91]}
DIFFERENCE = {"value": 0.015, "low": -0.007, "high": 0.024}
TABLE = {
    "films": 60,
    "patients": 40,
    "variants": {
        "dprotonet": {
            "auroc": FIGURE,
            "accuracy": FIGURE,
            "prototypes": {"count": 10.0, "dead": 0.5, "doubles": 1.0},
        },
        "blackbox": {"auroc": FIGURE, "accuracy": {**FIGURE, "sd": None}},
    },
    "differences": {"dprotonet - blackbox": {"auroc": DIFFERENCE, "accuracy": DIFFERENCE}},
}
MEASURED = {
    **{"count": 10.0, "dead": 0.0, "doubles": 0.0, "pairs": 20.0, "pairs_above_90": 0.33},
    **{"within_class_cosine": 0.1234, "effective_rank": 4.5, "class_purity": 0.85},
    **{"distinct": 0.9, "stability": 0.7},
}
PLAN = {
    "recipe": {"name": "colours"},
    "folds": 5,
    "seeds": [0, 1],
    "primary": ["AUROC of dprotonet minus AUROC of blackbox"],
    "chosen_by": "validation AUROC",
}


def test_the_page_has_figures_differences_and_the_plan():
    page = markdown(PLAN, TABLE, "python -m training compare folder")
    assert "60 images of 40 patients, out of 5 folds by patient, 2 seeds." in page
    assert (
        "| dprotonet | 0.905 ± 0.005 | [0.880, 0.927] | 0.905 ± 0.005 | [0.880, 0.927] "
        "| 0.5 / 1 of 10 |"
    ) in page
    assert ("| blackbox | 0.905 ± 0.005 | [0.880, 0.927] | 0.905 | [0.880, 0.927] | – |") in page
    assert ("| dprotonet - blackbox | +0.015 [-0.007, +0.024] | +0.015 [-0.007, +0.024] |") in page
    assert "- AUROC of dprotonet minus AUROC of blackbox" in page


def test_rows_that_measured_their_prototypes_stand_in_a_table_of_their_own():
    assert "Prototypes of" not in markdown(PLAN, TABLE, "command")
    own = {**TABLE["variants"]["dprotonet"], "prototypes": MEASURED}
    table = {**TABLE, "variants": {**TABLE["variants"], "dprotonet": own}}
    page = markdown(PLAN, table, "command")
    assert "| Prototypes of | Cosine within a class | Nearly equal pairs, above 0.9 |" in page
    assert "| dprotonet | 0.123 | 0.33 of 20 | 4.500 | 0.850 | 0.900 | 0.700 |" in page
    assert page.count("| blackbox |") == 1  # which has none


def test_a_class_of_one_prototype_has_no_cosine_and_no_pair():
    single = {"class_purity": 0.5, "distinct": 1.0, "stability": 0.5, "effective_rank": 1.0}
    assert prototype_cells(single) == ["–", "–", "1.000", "0.500", "1.000", "0.500"]


def test_the_same_table_gives_the_same_plot(tmp_path):
    plot(TABLE, tmp_path / "once.svg")
    plot(TABLE, tmp_path / "again.svg")
    once = (tmp_path / "once.svg").read_text()
    assert "dprotonet - blackbox" in once
    assert once == (tmp_path / "again.svg").read_text()
