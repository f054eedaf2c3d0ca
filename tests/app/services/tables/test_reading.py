"""A kept row, and the picture that a model makes of it."""

import pytest

from app.domain.bundles import BundleInfo
from app.domain.errors import Refused
from app.domain.tables.table_row import LARGEST, TableRow
from app.services import models, review
from app.services.review.reading_with import set_case_model
from app.services.tables import reading
from app.services.uploading import intake, several
from app.services.workplace import Workplace
from tests.app.services.workplaces import png
from tests.dprotonet.row_bundle import CSV

VALUES = {"radius": 10.5, "texture": 14.0, "stage": "early", "smoothness": 0.1}


def test_a_row_is_a_case_and_twice_the_same_one(workplace: Workplace) -> None:
    first = several.add_many(workplace, [("a.csv", CSV.encode())])
    again = several.add_many(workplace, [("b.csv", CSV.encode())])
    assert [one.outcome for one in again] == ["duplicate"] * 3
    assert [one.case_id for one in again] == [one.case_id for one in first]
    assert again[0].message == "This row was already imported, as “a.csv, line 2”."
    case = review.open_case(workplace, str(first[0].case_id)).case
    assert (case.facts.format, case.facts.rows, case.facts.columns) == ("row", 64, 64)
    assert reading.row_of(workplace, case) == TableRow(VALUES)


def test_the_same_values_of_another_patient_are_a_case_that_names_the_first(
    clinic: Workplace,
) -> None:
    header, row = CSV.splitlines()[:2]
    data = "\n".join([header, row, row.replace("a,", "c,", 1)]).encode()
    first, second = several.add_many(clinic, [("t.csv", data)])
    assert second.outcome == "added" and "The same values as “P-" in second.message
    assert first.case_id != second.case_id


def test_a_row_of_another_table_is_refused(workplace: Workplace, info: BundleInfo) -> None:
    lacking = {name: value for name, value in VALUES.items() if name != "radius"}
    with pytest.raises(Refused, match="another table than the model tiny-rows reads: The row has"):
        reading.facts_of(workplace, TableRow(lacking), info)
    with pytest.raises(Refused, match="1 value that the model tiny-rows does not read"):
        intake.add(workplace, TableRow(VALUES | {"name": "x"}).to_bytes(), name="x")


def test_a_file_that_only_begins_as_a_row_is_refused(workplace: Workplace) -> None:
    data = TableRow(VALUES).to_bytes()
    for damaged in (data[:-1], data + b" ", data + b" " * LARGEST):
        with pytest.raises(Refused, match="Upload the table again"):
            intake.add(workplace, damaged, name="x")


def test_a_case_is_read_by_a_model_of_its_kind_alone(workplace: Workplace) -> None:
    images = workplace.models.find("nih-pneumonia")
    rows = models.active(workplace)
    assert images is not None and rows is not None
    row = several.add_many(workplace, [("a.csv", CSV.encode())])[0]
    image = intake.add(workplace, png(1), name="a.png", model=images.digest)
    with pytest.raises(Refused, match="reads images, and this is a table"):
        set_case_model(workplace, str(row.case_id), images.digest)
    with pytest.raises(Refused, match="reads rows of a table, and this is an image"):
        set_case_model(workplace, str(image.case_id), rows.digest)
