from training.benchmarks.heatmaps.cost_page import cost_lines

COST = {
    "seconds": 0.123,
    "measuring_seconds": 0.4567,
    "together_seconds": 0.6,
    "one_prototype_seconds": 0.2,
    "peak_mb": None,
    "forward": 42,
    "backward": 5,
}
ALL = {
    "nodes": 13,
    "predict_seconds": 0.02,
    "with_maps_seconds": 0.025,
    "of_predict_rate": 0.8,
}


def test_the_seconds_to_the_map_stand_apart_from_those_of_measuring():
    table = {"alone": {"mdm": COST}, "alone_avx2": {"mdm": COST | {"seconds": 0.9}}}
    page = "\n".join(cost_lines(table))
    assert "| as it is | mdm | 0.123 | 0.457 | 3.0 | – | 42 + 5 |" in page
    assert "| AVX2, float32 | mdm | 0.900 |" in page
    assert "of all" not in page


def test_the_maps_of_all_nodes_stand_beside_the_prediction():
    table = {"alone": {"mdm": COST}, "alone_all_nodes": ALL}
    page = "\n".join(cost_lines(table))
    assert (
        "as it is: a prediction takes 0.0200 s, one with the mask reader's maps of all 13 " in page
    )
    assert "0.0250 s (80 % of the bare predict rate)" in page


def test_without_measured_costs_there_is_no_section():
    assert cost_lines({}) == [] == cost_lines({"alone": {}, "alone_all_nodes": ALL})
