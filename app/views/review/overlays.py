"""The heatmaps that the viewer can lay over the image, with the text that stands under each."""

from __future__ import annotations

from app.domain.cases import Sheet
from app.domain.explanations import OfferedHeatmap
from app.domain.instant_maps import InstantMap
from app.viewer.component import Overlay
from app.views.review.reliability import (
    MEANING,
    heatmap_title,
    instant_text,
    instant_title,
    instant_warnings,
    offered_text,
    warnings,
)
from app.views.review.support import CAUTION


def overlays(sheet: Sheet) -> list[Overlay]:
    """All heatmaps of a sheet: first those that are there with the prediction."""
    return [
        *(_of_reader(sheet, instant) for instant in sheet.instant),
        *(_of_search(sheet, offered) for offered in sheet.maps),
    ]


def _of_reader(sheet: Sheet, instant: InstantMap) -> Overlay:
    return Overlay(
        instant.heatmap_id,
        instant_title(instant),
        f"/api/instant-map/{sheet.case.case_id}/{sheet.frame}/{sheet.model}/{instant.number}",
        instant_text(sheet, instant),
        " ".join(instant_warnings(sheet, instant)),
    )


def _of_search(sheet: Sheet, offered: OfferedHeatmap) -> Overlay:
    saved = offered.saved
    threshold = sheet.call_threshold(saved.node)
    return Overlay(
        offered.heatmap_id,
        heatmap_title(saved),
        f"/api/heatmap/{saved.explanation_id}",
        MEANING if sheet.is_refused else offered_text(sheet, offered),
        CAUTION if sheet.is_refused else " ".join(warnings(offered, threshold)),
    )
