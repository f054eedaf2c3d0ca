from training.comparison.trade import plot_trade

AUROC = {"mean": 0.9, "low": 0.88, "high": 0.92, "each_seed": [0.89, 0.91]}
OWN = {
    "auroc": AUROC,
    "prototypes": {"within_class_cosine": 0.2, "class_purity": 0.8},
    "prototypes_each_seed": {"within_class_cosine": [0.1, 0.3], "class_purity": [0.7, 0.9]},
}


def test_networks_stand_by_auroc_and_by_how_distinct_and_pure_they_are(tmp_path):
    variants = {"dprotonet": OWN, "blackbox": {"auroc": AUROC}}
    assert plot_trade(variants, tmp_path / "once.svg")
    assert plot_trade(variants, tmp_path / "again.svg")
    once = (tmp_path / "once.svg").read_text()
    assert "dprotonet" in once and "blackbox" in once and "Class purity" in once
    assert once == (tmp_path / "again.svg").read_text()


def test_rows_without_the_figures_give_no_plot(tmp_path):
    old = {"auroc": AUROC, "prototypes": {"count": 4.0}, "prototypes_each_seed": {}}
    assert not plot_trade({"dprotonet": old}, tmp_path / "none.svg")
    assert not (tmp_path / "none.svg").exists()
