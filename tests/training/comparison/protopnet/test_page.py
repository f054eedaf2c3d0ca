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
        "most_probable": {
            "variants": {PRUNED: FIGURE | {"mean": 0.85}, "plain": FIGURE},
            "differences": {f"{PRUNED} - {WHOLE}": change},
        },
        "pruning": [{"seed": 0, "before": 20, "kept_by_class": [4, 8]}],
    }


def test_the_page_says_what_pruning_costs_and_whether_that_is_more_than_it_may():
    page = markdown(found(0.004), "python -m training protopnet phantom")
    assert "+0.004 of accuracy, within the 0.01" in page
    assert "| protopnet, pruned | 0.850 [0.800, 0.950] | 0.900 [0.800, 0.950] |" in page
    assert "| 12 | 0.750 |" in page and "| – | – |" in page
    assert "| 0 | 20 | none 4, nodule 8 |" in page
    assert "+0.020 of AUROC, more than the 0.01" in markdown(found(0.02), "command")


def test_images_with_any_number_of_classes_have_no_most_probable_one():
    page = markdown(found(0.004) | {"most_probable": None}, "command")
    assert "| protopnet, pruned | – | 0.900 [0.800, 0.950] |" in page
    assert "(below 0: gains) +0.004 of accuracy at the threshold" in page
