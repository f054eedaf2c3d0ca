"""The names of figures and fills, each written down once. No torch here, nor numpy."""

from __future__ import annotations

from dprotonet.explain.settings import FILLS

OTHER, INPAINT = "other", "inpaint"
SCORING_FILLS = (*FILLS, OTHER, INPAINT)
"""What hidden pixels may show while heatmaps are scored: more than any method searches with."""

FAITHFULNESS, STABILITY = "faithfulness", "stability"
PLACES = ("recall_10", "peak_near", "peak_inside")
"""Figures of known evidence that may be declared beforehand."""

PRIMARY_FIGURES = (FAITHFULNESS, *PLACES, STABILITY)
"""What may be declared beforehand; stability is the mean rank correlation."""
