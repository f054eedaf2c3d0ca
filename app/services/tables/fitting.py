"""Which models read which cases: rows of tables and images are never mixed up."""

from __future__ import annotations

from app.domain.bundles import BundleInfo
from app.domain.errors import Refused


def no_table(info: BundleInfo) -> str:
    """Of a file that is neither a table nor an image, for a model that reads rows."""
    return (
        f"The model {info.name} reads rows of a table, and this file is none. Upload CSV, with a "
        "name that ends in .csv or .tsv, or Parquet."
    )


def check_kind(info: BundleInfo, *, row: bool) -> None:
    """Refuse an image for a model that reads rows, and a row for one that reads images.

    Args:
        info: the model.
        row: what is to be read is a row of a table, not an image.

    Raises:
        Refused: with the sentence for the reader.
    """
    if info.reads_rows and not row:
        raise Refused(
            f"The model {info.name} reads rows of a table, and this is an image. Upload a table "
            "as CSV or Parquet, or choose a model that reads images."
        )
    if row and not info.reads_rows:
        raise Refused(
            f"The model {info.name} reads images, and this is a table. Upload images, or choose a "
            "model that reads rows of a table on the Model page."
        )
