"""The training patches nearest to a prototype, small and side by side."""

from __future__ import annotations

import re

from app.services.pictures.nearest import ShownPatch
from app.views.model.nearest import patch_pictures, patches_text


def patch(number: int, *classes: str, own: bool = True, picture: bool = True) -> ShownPatch:
    return ShownPatch(number, f"s{number}", classes, 0.9 - number / 10, own, picture)


def test_the_nearest_patch_stands_beside_its_map_and_every_one_says_its_class() -> None:
    pictures = patch_pictures("00", "p00", (patch(0, "nodule"), patch(1, "none", own=False)))
    addresses = [re.sub(r".*\]\(/api/nearest/00/p00/|\)$", "", picture) for picture in pictures]
    assert addresses == ["0", "0/map", "1"]
    assert "none, similarity 0.80" in pictures[2]
    bare = patch_pictures("00", "p00", (patch(0, "nodule", picture=False),))
    assert len(bare) == 1, "without the image its picture is the map"


def test_the_text_counts_those_of_the_class_and_names_the_others() -> None:
    mixed = (patch(0, "nodule"), patch(1, "none", own=False), patch(2, "none", own=False))
    assert patches_text(mixed) == (
        "1 of its 3 nearest training patches are of its class; the others: none 2. "
        "Similarity 0.90 to 0.70."
    )
    assert "the others" not in patches_text((patch(0, "nodule"),))
