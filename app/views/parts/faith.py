"""How far a heatmap can be believed, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from app.domain.explanations import SavedExplanation
from app.views.parts.words import number, percent, plain

_MEASURED = {
    "insertion_auc",
    "deletion_auc",
    "random_insertion_auc",
    "random_deletion_auc",
    "hidden_value",
    "random_hidden_value",
    "kept_value",
}


def node_words(node: str) -> str:
    """class:nodule → “Class nodule”; prototype:p07 → “Prototype p07”."""
    kind, _, name = node.partition(":")
    kinds = {"class": "Class", "prototype": "Prototype", "vector": "Vector of"}
    return f"{kinds.get(kind, kind)} {name}"


def value_words(node: str) -> str:
    """What the node's value is."""
    kind, _, name = node.partition(":")
    if kind == "class":
        return f"the probability of {plain(name)}"
    return f"the similarity to {plain(name)}"


def beats_random(faithfulness: Mapping[str, Any]) -> bool:
    """Is the map better than one that marks pixels at random?"""
    own = faithfulness["insertion_auc"] - faithfulness["deletion_auc"]
    control = faithfulness["random_insertion_auc"] - faithfulness["random_deletion_auc"]
    return bool(own > control)


def faithfulness_words(saved: SavedExplanation) -> tuple[str, str]:
    """A badge, and what happens to the node when the marked part is hidden."""
    found = saved.faithfulness
    if not set(found) >= _MEASURED:
        return "", "The faithfulness of this map was not measured."
    better = beats_random(found)
    badge = (
        ":green-badge[:material/check: better than a random map]"
        if better
        else ":orange-badge[:material/warning: no better than a random map]"
    )
    share = percent(found["area"]) if "area" in found else "part"
    words = (
        f"Hiding the marked {share} of the film takes {value_words(saved.node)} from "
        f"**{number(saved.value_before)}** to **{number(found['hidden_value'])}**; an equal part "
        f"at random, to {number(found['random_hidden_value'])}."
    )
    return badge, words if better else f"{words} Do not rely on what it marks."


def draw_faithfulness(saved: SavedExplanation) -> None:
    """In words, and the two areas under the curves beside those of a random map."""
    badge, words = faithfulness_words(saved)
    if badge:
        st.markdown(badge)
    st.caption(words)
    found = saved.faithfulness
    if not badge:
        return
    st.caption(
        f"The marked part alone gives {number(found['kept_value'])}. "
        f"Insertion {number(found['insertion_auc'])} "
        f"(random {number(found['random_insertion_auc'])}, higher is better) · "
        f"deletion {number(found['deletion_auc'])} "
        f"(random {number(found['random_deletion_auc'])}, lower is better)",
        help="Insertion shows the film step by step, what is marked most first; deletion hides it "
        f"in that order. Hidden pixels show: {found.get('fill', 'a fill')}.",
    )
