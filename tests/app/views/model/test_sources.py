"""The training images of a prototype, small and side by side."""

from __future__ import annotations

import re
from dataclasses import replace

from app.domain.cases import GallerySource
from app.views.model.sources import source_pictures


def test_a_source_stands_beside_its_own_map_or_where_none_is_kept_beside_its_heatmap() -> None:
    older = GallerySource(0, "a", "0" * 64, 0.5, 0.9, has_picture=True, has_heatmap=True)
    newer = replace(older, number=1, has_own_map=True)
    bare_one = replace(older, number=2, has_picture=False, has_heatmap=False, has_own_map=True)
    pictures = source_pictures("00", "p00", [older, newer, bare_one])
    addresses = [re.sub(r".*\]\(/api/gallery/00/p00/|\)$", "", picture) for picture in pictures]
    assert addresses == ["0", "0/heatmap", "1", "1/own-map", "2/own-map"]
    assert pictures[3].startswith("![Source 2 of p00, own map]")
