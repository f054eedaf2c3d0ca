from training.comparison.protopnet.page import markdown
from training.comparison.protopnet.study import PRUNED, WHOLE

FIGURE = {"mean": 0.9, "sd": None, "low": 0.8, "high": 0.95}


def found(cost):
    network = {"accuracy": FIGURE, "auroc": FIGURE, "minutes": 1.5}
    with_prototypes = network | {"prototypes": {"count": 12.0, "class_purity": 0.75}}
    change = {"value": -cost, "low": -0.05, "high": 0.03}
    return {
        "recipe": {"name": "tried"},
        "images": {"train": 70, "validation": 10, "test": 20},
        "patients": 15,
        "seeds": [0, 1],
        "rule": {"nearest": 6, "least": 3, "l1": 1e-4},
        "classes": ["none", "nodule"],
        "variants": {PRUNED: with_prototypes, "plain": network},
        "differences": {f"{PRUNED} - {WHOLE}": {"accuracy": change, "auroc": change}},
        "pruning": [{"seed": 0, "before": 20, "kept_by_class": [4, 8]}],
    }


def test_the_page_says_what_pruning_costs_and_whether_that_is_more_than_it_may():
    page = markdown(found(0.004), "python -m training protopnet phantom")
    assert "within the 0.01" in page and "+0.004 of accuracy" in page
    assert "| protopnet, pruned | 0.900 | [0.800, 0.950] |" in page
    assert "| 12 | 0.750 | 1.5 |" in page and "| – | – | 1.5 |" in page
    assert "| 0 | 20 | none 4, nodule 8 |" in page
    assert "more than the 0.01" in markdown(found(0.02), "command")
