from tests.training.benchmarks.heatmaps.made_up_rows import PLAN
from training.benchmarks.heatmaps.page import markdown


def test_losses_are_named_as_plainly_as_gains(table):
    page = markdown(PLAN.to_json(), table, "python -m training bench")
    assert (
        "- Primary contrasts (Holm, 5%): mdm is ahead in 2, behind in 2 "
        "(class, blur: rise; prototype, blur: rise), not told apart in 0 of 4."
    ) in page
    lines = {line.split(" | ")[1]: line for line in page.splitlines() if line.startswith("| class")}
    assert "**behind**" in lines["rise"] and "**ahead**" in lines["gradcam"]
    assert "not told apart" in lines["centre"]


def test_rows_of_several_states_of_the_code_are_reported(table):
    assert table["unlike_code"] == ["rise"]
    assert "do not go together: rise" in markdown(PLAN.to_json(), table, "")


def test_maps_without_a_mark_are_counted(table):
    assert table["even_maps"] == {"centre, prototype": 2}
    assert "centre, prototype: 2." in markdown(PLAN.to_json(), table, "")


def test_a_measured_cost_stands_in_the_same_table(table):
    alone = {
        "seconds": 0.123,
        "measuring_seconds": 0.4,
        "forward": 3.0,
        "backward": 1.0,
        "peak_mb": 200.0,
        "share_of_best_rate": 0.25,
        "together_seconds": 0.6,
        "one_prototype_seconds": 0.2,
    }
    joined = {**table, "alone": {"mdm": alone}, "alone_films": 5}
    page = markdown(PLAN.to_json(), joined, "")
    assert "| 0.123, 200, 25.0 %, 3.0 |" in page
    assert "Alone" not in markdown(PLAN.to_json(), table, "")
