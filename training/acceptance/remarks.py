"""What a reader of a check should not overlook, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dprotonet.bundle.figure_text import figure_text

FEW = 100  # images below which every interval is wide
MANY_REFUSED = 0.04
POORLY_CALIBRATED = 0.1  # ECE


def remarks(results: Mapping[str, Any]) -> list[str]:
    """The sentences that apply to these results, the weightiest first."""
    return [
        *_leakage(results["leakage"]),
        *_gate(results["gate"]),
        *_figures(results),
        *_data(results),
    ]


def _leakage(leakage: Mapping[str, Any]) -> Iterator[str]:
    if leakage["found"]:
        yield (
            f"{leakage['found']} image(s) are among those that the model's prototypes were made "
            "from. They are left out of every figure. More training images may be among the "
            "rest: the model names only the sources of its prototypes."
        )


def _gate(gate: Mapping[str, Any]) -> Iterator[str]:
    if not gate["has_gate"]:
        yield (
            "This model has no gate: it gives a label to every image, also to one that it was not "
            "made for."
        )
        return
    share = gate["refused"]["value"] or 0.0
    if share > MANY_REFUSED:
        reasons = "; ".join(gate["reasons"])
        yield (
            f"The model's gate refuses {share:.1%} of these images ({reasons}). Check whether "
            "they are what the model was made for."
        )


def _figures(results: Mapping[str, Any]) -> Iterator[str]:
    figures = results.get("figures")
    if figures is None:
        yield "The model's gate refuses every image, so there are no figures."
        return
    auroc, on_card = figures["auroc"], results["card"].get("auroc") or {}
    if auroc["value"] is None:
        yield "Not every class has images here, so the AUROC of the whole is not known."
    elif auroc["high"] is not None and auroc["high"] < (on_card.get("value") or 0.0):
        yield (
            f"AUROC is below the {on_card['value']:.3f} of the model card, and its interval "
            f"with it: {figure_text(auroc)}."
        )
    if figures["ece"] > POORLY_CALIBRATED:
        yield (
            f"Probabilities are off by {figures['ece']:.2f} on average. A calibration of the "
            "site's own may mend that."
        )
    worse = [f"{r['kind']} {r['group']}" for r in results["slices"]["rows"] if r["worse"]]
    if worse:
        yield (
            f"Worse than the whole, with the whole interval: {', '.join(worse)}. Of many slices "
            "some are so by chance."
        )


def _data(results: Mapping[str, Any]) -> Iterator[str]:
    data = results["data"]
    if data["images"] < FEW:
        yield f"There are only {data['images']} images: every interval is wide."
    empty = [name for name, count in data["images_by_class"].items() if not count]
    if empty:
        yield f"No image has the class {', '.join(empty)}."
    if data["interval_by"] == "image":
        yield (
            "No table says which images belong to one patient, so that intervals are drawn by "
            "image: too narrow if patients have several."
        )
    if data["unreadable"]:
        yield f"{len(data['unreadable'])} image(s) cannot be read and are in no figure."
    if data["duplicates"]:
        yield f"{data['duplicates']} file(s) are there twice."
    if data["duplicates_of_two_classes"]:
        yield (
            f"{data['duplicates_of_two_classes']} file(s) are there under two classes. Correct "
            "their labels."
        )
    if data["outside_of_the_folder"]:
        yield (
            f"{data['outside_of_the_folder']} file(s) were left out: links, or rows of the table, "
            "that lead out of the folder."
        )
