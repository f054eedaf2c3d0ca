import pytest

from dprotonet.attributes.encodings.registry import ENCODINGS
from training.comparison.tables.page import TITLES, markdown
from training.comparison.tables.rivals import RIVALS


def found(cpcr=0.9):
    def model(mean, apart=None):
        figures = {"auroc": {"mean": mean, "sd": 0.01}, "folds": 10}
        return figures | ({} if apart is None else {"minus_best": {"mean": apart, "sd": 0.02}})

    return {
        "table": "tumours",
        "command": "python -m training tabular-study tabular --out OUT",
        "rows": 60,
        "groups": 30,
        "attributes": 3,
        "classes": {"calm": 30, "ill": 30},
        "explained": 48,
        "licence": "CC BY 4.0.",
        "note": "",
        "best_table_model": "boosting",
        "models": {
            "boosting": model(0.95),
            "logistic": model(0.94, -0.01),
            "cpcr": model(cpcr, cpcr - 0.95) | {"rank_correlation": 0.4, "on_attributes": 0.25},
        },
        "attributes_of_cpcr": {"size": {"share": 0.5, "network": 0.1, "boosting": 0.2}},
    }


@pytest.mark.parametrize(
    ("cpcr", "says"),
    [
        (0.90, "**The table itself wins.** Gradient boosting is ahead of the best encoding, CPC-R"),
        (0.948, "ahead of the best encoding, CPC-R, by 0.0020: less than the 0.005"),
        (0.952, "CPC-R, is ahead of gradient boosting on the table itself by 0.0020: less than"),
        (0.97, "CPC-R, is ahead of gradient boosting on the table itself by 0.0200."),
    ],
)
def test_the_page_says_who_wins(cpcr, says):
    assert says in markdown(found(cpcr))


def test_the_best_of_several_was_chosen_on_the_same_folds():
    several = found()
    assert "flatters" not in markdown(several)
    several["models"]["bie"] = several["models"]["cpcr"]
    assert "It is the best of 2 encodings on these very folds" in markdown(several)


def test_the_best_stands_first_and_is_compared_with_no_one():
    rows = [line for line in markdown(found()).splitlines() if " ± 0" in line]
    assert rows[0].startswith("| gradient boosting, on the table | 0.950 ± 0.010 | – |")
    assert rows[-1] == "| CPC-R | 0.900 ± 0.010 | -0.050 ± 0.020 | +0.40 |"


def test_the_page_names_command_background_and_attributes():
    page = markdown(found())
    assert "    python -m training tabular-study" in page
    assert "CPC-R 25%" in page
    assert "| size | 50.0% | +0.1000 | +0.2000 |" in page


def test_every_encoding_and_model_has_a_title():
    assert set(TITLES) == {*ENCODINGS, *RIVALS}
