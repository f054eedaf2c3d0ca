from dprotonet.bundle.figure_text import figure_text, interval_text


def test_a_figure_stands_before_its_interval():
    assert figure_text({"value": 0.9, "low": 0.8, "high": 0.95}) == "0.900 [0.800, 0.950]"
    assert figure_text(0.0514) == "0.051"
    assert interval_text(0.8, 0.95) == "[0.800, 0.950]"


def test_a_difference_always_shows_its_sign():
    difference = {"value": 0.015, "low": -0.0071, "high": 0.024}
    assert figure_text(difference, signed=True) == "+0.015 [-0.007, +0.024]"


def test_a_figure_without_an_interval_stands_alone_and_none_is_a_dash():
    assert figure_text({"value": 0.9, "low": None, "high": None}) == "0.900"
    assert figure_text({"value": 0.9}) == "0.900"
    assert figure_text({"value": None, "low": None, "high": None}) == "–"
    assert figure_text(None) == "–"
