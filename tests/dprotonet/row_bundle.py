"""A small table, its rows, and a random bundle that takes them, for tests of every room."""

from pathlib import Path

from dprotonet.attributes.attribute import Attribute
from dprotonet.attributes.encodings.cpcr import CpcR
from dprotonet.attributes.row_images import RowImages
from dprotonet.attributes.table import AttributeTable, Row
from dprotonet.bundle.bundle import Bundle
from tests.dprotonet.tiny_bundle import SIZE, make_tiny_bundle

CSV = """patient,radius,texture,stage,smoothness,diagnosis
a,10.5,14,early,0.1,benign
b,,21,late,0.12,malignant
b,30,20,middle,0.09,malignant
"""
"""Three rows of :func:`small_table`; the second has no radius, the third lies beyond its range."""


def small_table() -> AttributeTable:
    """Three numbers and a category, with a target and a group."""
    return AttributeTable(
        (
            Attribute("radius", "number", 13.0, knots=(5.0, 25.0), unit="mm"),
            Attribute("texture", "number", 19.0, knots=(9.0, 19.0, 40.0)),
            Attribute("stage", "category", "early", categories=("early", "middle", "late")),
            Attribute("smoothness", "number", 0.1, knots=(0.05, 0.15)),
        ),
        "diagnosis",
        "patient",
    )


def row_images() -> RowImages:
    """The small table by CPC-R."""
    return RowImages(small_table(), CpcR((0, 1, 2, 3), SIZE))


def source_rows(samples: int = 8) -> dict[str, Row]:
    """A row for each sample of the tiny bundle."""
    table = small_table()
    return {
        f"sample-{number:02d}": table.row(
            {
                "radius": 8.0 + number,
                "texture": 15.0 + number,
                "stage": ("early", "middle", "late")[number % 3],
                "smoothness": None if number == 2 else 0.08,
            },
            target=("benign", "malignant")[number % 2],
        )
        for number in range(samples)
    }


def make_row_bundle(directory: str | Path) -> Bundle:
    """A whole bundle of random weights that takes rows of :func:`small_table`."""
    return make_tiny_bundle(
        directory,
        ("benign", "malignant"),
        name="tiny-rows",
        negative_class="benign",
        rows=row_images(),
        source_rows=source_rows(),
    )
