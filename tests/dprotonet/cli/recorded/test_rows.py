from dprotonet.cli.recorded.rows import explanation_table, prediction_table

IMAGE = {"path": "/a.png", "frame": 0, "sha256": "0" * 64}


def test_a_prediction_is_a_row_with_a_column_for_each_class():
    table = prediction_table(["none", "finding"], names_site=True)
    record = {
        **IMAGE,
        "supported": True,
        "prediction": "none",
        "probabilities": {"none": 0.75, "finding": 0.25},
        "support": {"distance": 1.5, "reasons": ["one", "two"]},
        "site": {"digest": "5"},
    }
    row = table.row(record)

    assert (row["none"], row["finding"], row["prediction"]) == (0.75, 0.25, "none")
    assert (row["supported"], row["distance"], row["reasons"]) == (True, 1.5, "one; two")
    assert row["site"] == "5" and row["error"] is None
    assert set(row) == set(table.columns)


def test_of_a_refused_image_class_and_probabilities_are_null():
    record = {**IMAGE, "supported": False, "prediction": None, "probabilities": None}
    row = prediction_table(["none"], names_site=False).row(record)

    assert (row["supported"], row["prediction"], row["none"]) == (False, None, None)


def test_a_class_named_as_another_column_does_not_take_its_place():
    table = prediction_table(["error", "path"], names_site=False)
    row = table.row({**IMAGE, "probabilities": {"error": 0.5, "path": 0.5}})

    assert (row["p(error)"], row["error"], row["path"]) == (0.5, None, "/a.png")
    assert table.columns["p(path)"] == "number" and table.columns["error"] == "text"


def test_a_skipped_file_is_told_from_one_that_failed():
    row = prediction_table([], names_site=False).row

    assert row({**IMAGE, "skipped": "A text."})["error"] == "skipped: A text."
    assert row({**IMAGE, "error": "Damaged."})["error"] == "Damaged."


def test_an_explanation_is_a_row_with_its_files():
    record = {
        **IMAGE,
        "asked": "class",
        "node": "class:none",
        "area": 0.5,
        "faithfulness": {"insertion_auc": 0.75, "deletion_auc": 0.25},
        "rows": 40,
        "files": {"heatmap": "h.npy", "overlay": None, "record": "h.json"},
    }
    table = explanation_table()
    row = table.row(record)

    assert set(row) == set(table.columns)
    assert (row["node"], row["area"], row["insertion_auc"]) == ("class:none", 0.5, 0.75)
    assert (row["heatmap"], row["overlay"], row["record"]) == ("h.npy", None, "h.json")
