from dprotonet.bundle.prototype_figures import prototype_rows

PROTOTYPES = {
    "count": 10,
    "dead": ["p03"],
    "duplicates": {"p00": ["p01"], "p01": ["p00"]},
    "within_class_cosine": 0.123,
    "largest_cosine": 0.96,
    "pairs": 20,
    "pairs_above_95": 1,
    "pairs_above_90": 2,
    "effective_rank": 4.25,
    "effective_rank_by_class": {"a": 4.0, "b": 4.5},
    "class_purity": 0.85,
    "class_purity_of": "the 10 most similar images of each",
    "distinct": 0.9,
}
LOOKS = {
    "stability": {"value": 0.7, "prototypes": 10},
    "stability_of": "the peak in its own box",
    "focused_change": {"value": -0.3, "low": -0.4, "high": -0.2},
    "dual_change": {"value": -0.1, "low": -0.2, "high": 0.0},
    "focused_falls_more": {"value": 0.75, "low": 0.6, "high": 0.9},
    "shown_area": {"value": 0.12, "low": 0.1, "high": 0.14},
}
OWN_MAP = {
    "images": 23,
    "tolerance_px": 15,
    "area": {"value": 0.08, "low": None, "high": None},
    "energy_over_area": {"value": 2.0, "low": 1.2, "high": 2.9},
    "centre": {"energy_over_area": {"value": 0.9, "low": 0.7, "high": 1.1}},
}


def by_title(metrics):
    return {row.title: row for row in prototype_rows(metrics)}


def test_figures_of_the_vectors_and_the_nearest_images_are_read_from_the_card():
    rows = by_title({"prototypes": PROTOTYPES})
    assert rows["Cosine within a class"].value == "0.123, largest 0.960"
    assert rows["Nearly equal pairs"].value == "1 above 0.95, 2 above 0.9, of 20"
    assert rows["Effective rank"].value == "4.25 of 5.00"
    assert rows["Dead, duplicates"].value == "1, 2 of 10"
    assert rows["Class purity"].value == "0.850"
    assert rows["Distinct images"].value == "0.900"
    assert "Stability" not in rows


def test_figures_of_disturbed_images_say_what_should_happen():
    rows = by_title({"prototype_looks": LOOKS})
    assert rows["Stability"].value == "0.700"
    assert "the peak in its own box stays" in rows["Stability"].meaning
    assert rows["Shown region replaced"].value == "-0.300 [-0.400, -0.200]"
    assert rows["All else replaced"].value == "-0.100 [-0.200, +0.000]"
    assert rows["Falls more by the first"].value == "0.750 [0.600, 0.900]"
    assert "0.120 [0.100, 0.140]" in rows["Falls more by the first"].meaning
    assert "Consistency" not in rows  # which needs named parts


def test_own_maps_stand_beside_a_centred_gaussian():
    (row,) = prototype_rows({"prototype_looks": {"own_map": OWN_MAP}})
    assert (row.title, row.value) == ("Energy over area", "2.000 [1.200, 2.900]")
    assert row.meaning.endswith("of a centred Gaussian 0.900 [0.700, 1.100]")


def test_a_card_of_an_earlier_version_has_the_rows_that_it_can_have():
    assert prototype_rows({}) == ()
    old = {"count": 4, "dead": [], "duplicates": {}, "class_purity": 0.5}
    assert list(by_title({"prototypes": old})) == ["Dead, duplicates", "Class purity"]
    single = PROTOTYPES | {"within_class_cosine": None, "largest_cosine": None, "pairs": 0}
    assert "Cosine within a class" not in by_title({"prototypes": single})


def test_no_image_with_a_finding_gives_no_row_of_own_maps():
    empty = {"images": 0, "energy": {"value": None}}
    assert prototype_rows({"prototype_looks": {"own_map": empty}}) == ()
