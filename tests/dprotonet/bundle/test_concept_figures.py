from dprotonet.bundle.concept_figures import concept_rows, spread_text
from tests.dprotonet.tiny_concepts import CONCEPTS, METRICS


def test_each_axis_has_a_row_and_their_correlation_another():
    rows = concept_rows(METRICS)
    assert [row.title for row in rows] == [*CONCEPTS, "Mean |correlation|"]
    assert rows[0].value == "0.900 ± 0.020" and "3 show the concept, 5 do not" in rows[0].meaning
    assert rows[-1].value == "0.030"


def test_a_card_without_concepts_has_no_rows():
    assert concept_rows({"prototypes": {}}) == ()


def test_what_cannot_be_had_is_a_dash():
    assert spread_text({"value": 0.5, "sd": None}) == "0.500"
    assert "0" not in spread_text({"value": None, "sd": None})
