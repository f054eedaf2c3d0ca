"""What heatmaps cost, as a table in Markdown: the seconds to the map, and those of measuring it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dprotonet.bundle.figure_text import MISSING

Results = Mapping[str, Any]
_PROCESSORS = {"alone": "as it is", "alone_avx2": "AVX2, float32"}


def cost_lines(table: Results) -> list[str]:
    """The section after an empty line; nothing where no method was measured alone.

    Args:
        table: from :func:`training.benchmarks.heatmaps.table.tabulate`, with ``alone`` and, where
            it was measured, ``alone_avx2``; each with its ``_all_nodes``.
    """
    rows = [
        f"| {processor} | {name} | {_method_cells(cost)} |"
        for key, processor in _PROCESSORS.items()
        for name, cost in table.get(key, {}).items()
    ]
    if not rows:
        return []
    sentences = [
        f"- {processor}: {_all_nodes(table[f'{key}_all_nodes'])}"
        for key, processor in _PROCESSORS.items()
        if table.get(f"{key}_all_nodes")
    ]
    return [
        "",
        "## Cost",
        "",
        "| Processor | Method | s to the map | s measuring it | five prototypes ÷ one | MB | "
        "Passes |",
        "|---|---|---|---|---|---|---|",
        *rows,
        *(["", *sentences] if sentences else []),
        "",
        "Medians, each method alone in a process of its own, one node of an image. The seconds to "
        "the map hold every pass that it needs; measuring its faithfulness comes after that.",
    ]


def _method_cells(cost: Results) -> str:
    together = cost["together_seconds"] / max(cost["one_prototype_seconds"], 1e-9)
    memory = MISSING if cost["peak_mb"] is None else f"{cost['peak_mb']:.0f}"
    return (
        f"{cost['seconds']:.3f} | {cost['measuring_seconds']:.3f} | {together:.1f} | {memory} | "
        f"{cost['forward']:.0f} + {cost['backward']:.0f}"
    )


def _all_nodes(cost: Results) -> str:
    return (
        f"a prediction takes {cost['predict_seconds']:.4f} s, one with the mask reader's maps of "
        f"all {cost['nodes']} nodes {cost['with_maps_seconds']:.4f} s "
        f"({100 * cost['of_predict_rate']:.0f} % of the bare predict rate)."
    )
