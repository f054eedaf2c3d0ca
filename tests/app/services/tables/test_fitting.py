"""Rows and images are never mixed up."""

import pytest

from app.domain.bundles import BundleInfo
from app.domain.errors import Refused
from app.services.tables.fitting import check_kind
from app.services.uploading import several
from app.services.workplace import Workplace
from tests.app.services.workplaces import png
from tests.dprotonet.row_bundle import CSV


def test_an_image_for_a_model_of_rows_is_refused_with_a_way_out(workplace: Workplace) -> None:
    (result,) = several.add_many(workplace, [("image.png", png(1))])
    assert result.outcome == "error"
    assert result.message == (
        "The model tiny-rows reads rows of a table, and this is an image. Upload a table as CSV "
        "or Parquet, or choose a model that reads images."
    )
    assert not list(workplace.blobs.all_keys())


def test_a_file_that_is_neither_says_what_is_read_here(workplace: Workplace) -> None:
    (result,) = several.add_many(workplace, [("read.txt", b"a letter")])
    assert result.outcome == "skipped"
    assert result.message == (
        "The model tiny-rows reads rows of a table, and this file is none. Upload CSV, with a name "
        "that ends in .csv or .tsv, or Parquet."
    )


def test_a_table_for_a_model_of_images_is_refused_with_a_way_out(workplace: Workplace) -> None:
    images = workplace.models.find("nih-pneumonia")
    assert images is not None
    (result,) = several.add_many(workplace, [("t.csv", CSV.encode())], model=images.digest)
    assert result.outcome == "error"
    assert "The model nih-pneumonia reads images, and this is a table." in result.message
    assert not list(workplace.blobs.all_keys())


def test_what_fits_is_let_through(info: BundleInfo) -> None:
    check_kind(info, row=True)
    with pytest.raises(Refused):
        check_kind(info, row=False)
