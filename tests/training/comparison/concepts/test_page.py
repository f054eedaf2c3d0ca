from training.comparison.concepts.page import markdown

INTERVAL = {"value": 0.9, "low": 0.8, "high": 0.95}
SPREAD = {"value": 0.9, "sd": 0.01, "each_seed": [0.92, 0.88]}
SVM = {"value": 0.91, "sd": 0.01, "each_seed": [0.90, 0.92]}
NOTHING = {"value": None, "sd": None, "each_seed": [None, None]}
RIVALS = {"svm": SVM, "cav": SPREAD, "channel": NOTHING}


def found(shown=0.5, absent=0.1):
    accuracy = INTERVAL | {"each_seed": [0.9, 0.7]}
    network = {"accuracy": accuracy, "auroc": INTERVAL, "seconds": 12.3}
    return {
        "recipe": {"name": "tried"},
        "seeds": [0, 1],
        "images": {"train": 70, "validation": 10, "test": 20},
        "patients": 15,
        "networks": {
            "concepts": network,
            "plain": network,
            "difference": {"accuracy": {"value": -0.004, "low": -0.02, "high": 0.01}},
        },
        "concepts": {
            "token": {
                "shown": 5,
                "absent": 15,
                "axis": SPREAD,
                **RIVALS,
                "plain": RIVALS,
                "importance": 0.25,
            }
        },
        "correlation": None,
        "impurity": 0.1,
        "niche_impurity": 0.62,
        "pulls": [
            {
                "concept": "token",
                "class": "consolidation",
                "before": {"shown": shown, "absent": absent},
                "after": {"shown": 0.1, "absent": 0.1},
            }
        ],
    }


def test_the_page_says_what_was_found_and_by_which_command():
    page = markdown(found(), "python -m training concepts phantom")
    assert "    python -m training concepts phantom" in page
    assert "| token | 5 of 20 | **0.900 ± 0.010** |" in page
    assert "-0.004 [-0.020, +0.010]" in page
    assert "| token | consolidation | 0.500 | 0.100 | 0.100 | 0.100 |" in page
    assert "| mean |  | **0.900** | 0.910 | 0.900 | – |" in page


def test_each_seed_stands_beside_its_svm():
    page = markdown(found(), "command")
    assert "Seeds: 0, 1;" in page
    assert "| without | 0.900 | 0.700 |" in page
    assert "| token | 0.920 (+0.020) | 0.880 (-0.040) |" in page
    assert "in each seed" not in markdown(found() | {"seeds": [0]}, "command")


def test_a_concept_that_does_not_pull_is_not_in_the_table():
    assert "No concept pulls images" in markdown(found(0.1, 0.1), "command")
