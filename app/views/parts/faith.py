"""How far a heatmap can be believed, in words."""

from __future__ import annotations

import streamlit as st

from app.domain.explanations import SavedExplanation
from app.views.parts.words import number, percent, plain
from dprotonet.explain.explanation import Faithfulness

_PARTS = {0.1: "tenth", 0.2: "fifth", 0.25: "quarter", 1 / 3: "third", 0.5: "half"}
_TIERS = {"": "Map", "draft": "First map", "standard": "Refined map", "full": "Fully refined map"}
NOT_MEASURED = "The faithfulness of this map was not measured."


def node_words(node: str) -> str:
    """class:nodule → “Class nodule”; prototype:p07 → “Prototype p07”."""
    kind, _, name = node.partition(":")
    kinds = {"class": "Class", "prototype": "Prototype", "vector": "Vector of"}
    return f"{kinds.get(kind, kind)} {name}"


def map_words(saved: SavedExplanation) -> str:
    """The node, and whether a better map of it may come."""
    return f"{node_words(saved.node)} (first map)" if saved.is_draft else node_words(saved.node)


def value_words(node: str) -> str:
    """What the node's value is."""
    kind, _, name = node.partition(":")
    if kind == "class":
        return f"the probability of {plain(name)}"
    return f"the similarity to {plain(name)}"


def hiding_words(saved: SavedExplanation, found: Faithfulness) -> str:
    """What becomes of the node's value when the marked part is hidden, and when another is."""
    values = saved.value_before, found.hidden_value, found.random_hidden_value
    is_class = saved.node.startswith("class:")
    digits = 2 if is_class and max(values) >= 0.1 else 3
    before, hidden, random = (f"**{number(value, digits)}**" for value in values)
    value = value_words(saved.node)
    if hidden == before:
        change = f"leaves {value} at {before}"
    else:
        verb = "lowers" if found.hidden_value < saved.value_before else "raises"
        change = f"{verb} {value} from {before} to {hidden}"
    other = "leaves"
    if not _marks_more(found) and random not in (hidden, before):
        if found.hidden_value < saved.value_before:
            other = "lowers it more, to"
        elif found.random_hidden_value < saved.value_before:
            other = "lowers it, to"
    return (
        f"Hiding the marked {_part_words(found.area)} of the film {change}; "
        f"hiding an equal random region {other} {random}."
    )


def _marks_more(found: Faithfulness) -> bool:
    """Is more lost with the marked part than with another of its size?"""
    return found.hidden_value < found.random_hidden_value


def _part_words(share: float) -> str:
    named = (name for part, name in _PARTS.items() if abs(part - share) < 0.005)
    return next(named, percent(share))


def doubt_words(saved: SavedExplanation) -> str:
    """Why the map is not to be relied on; empty where nothing speaks against it."""
    found = saved.measured
    if found is None:
        return ""
    no_better = []
    if not found.beats_random:
        no_better.append("a random one")
    if found.beats_centre is False:
        no_better.append("a blob in the middle of the film")
    if not no_better:
        return ""
    this = "This first map" if saved.is_draft else "This map"
    return f"{this} is no better than {' or '.join(no_better)}: do not rely on it."


def trust_words(saved: SavedExplanation) -> str:
    """What the map was found to be better than; empty where anything measured speaks against it."""
    found = saved.measured
    if found is None or doubt_words(saved) or not _marks_more(found):
        return ""
    return "better than random" + (" and than the middle" if found.beats_centre else "")


def origin_words(saved: SavedExplanation) -> str:
    """Refined map, made in 4.1 s."""
    made = f"{_TIERS[saved.tier]}, made in {saved.seconds:.1f} s"
    return f"{made} with earlier settings." if saved.is_of_earlier_settings else f"{made}."


def draw_faithfulness(saved: SavedExplanation, *, trust: bool = True) -> None:
    """Hiding in words, and a warning where the map is worth nothing.

    Args:
        trust: also say what it is better than, as a badge of its own.
    """
    found = saved.measured
    if found is None:
        st.caption(NOT_MEASURED)
        return
    if trust and trust_words(saved):
        st.markdown(trust_badge(saved))
    st.caption(hiding_words(saved, found))
    doubt = doubt_words(saved)
    if doubt:
        st.warning(doubt, icon=":material/warning:")


def trust_badge(saved: SavedExplanation) -> str:
    """The same as Markdown; empty where there is nothing to say."""
    words = trust_words(saved)
    return f":green-badge[:material/check: {words}]" if words else ""


def draw_curves(saved: SavedExplanation) -> None:
    """The areas under the curves beside those of the controls."""
    found = saved.measured
    if found is None:
        return
    inserted = [f"random {number(found.random_insertion_auc)}"]
    deleted = [f"random {number(found.random_deletion_auc)}"]
    if found.centre_insertion_auc is not None and found.centre_deletion_auc is not None:
        inserted.append(f"middle {number(found.centre_insertion_auc)}")
        deleted.append(f"middle {number(found.centre_deletion_auc)}")
    st.caption(
        f"The marked part alone gives {number(found.kept_value)}. "
        f"Insertion {number(found.insertion_auc)} ({', '.join(inserted)}; higher is better) · "
        f"deletion {number(found.deletion_auc)} ({', '.join(deleted)}; lower is better)",
        help="Insertion shows the film step by step, what is marked most first; deletion hides it "
        "in that order. The same was done with a map that marks at random and with a blob in the "
        f"middle of the film; neither looks at the network. Hidden pixels show: {found.fill}.",
    )
