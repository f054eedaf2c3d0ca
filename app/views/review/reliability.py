"""What was measured of a heatmap, in words: ordinary sentences, no praise.

All functions give plain text, for the viewer too; what is drawn here is escaped for Markdown.
"""

from __future__ import annotations

import streamlit as st

from app.domain.explanations import OfferedHeatmap, SavedExplanation
from app.views.shared.format import number, percent, plain
from dprotonet.explain.explanation import Faithfulness

_PARTS = {0.1: "tenth", 0.2: "fifth", 0.25: "quarter", 1 / 3: "third", 0.5: "half"}
_TIERS = {"": "Map", "draft": "First map", "standard": "Refined map", "full": "Fully refined map"}
NOT_MEASURED = "The faithfulness of this map was not measured."
MEANING = "A map shows what this network relies on; it does not show where disease is."


def node_words(node: str) -> str:
    """class:nodule → “Class nodule”; prototype:p07 → “Prototype p07”."""
    kind, _, name = node.partition(":")
    kinds = {"class": "Class", "prototype": "Prototype", "vector": "Vector of"}
    return f"{kinds.get(kind, kind)} {name}"


def map_words(saved: SavedExplanation) -> str:
    """The node, and whether this is its first map."""
    return f"{node_words(saved.node)} (first map)" if saved.is_draft else node_words(saved.node)


def value_words(node: str) -> str:
    """What the node's value is."""
    kind, _, name = node.partition(":")
    return f"the probability of {name}" if kind == "class" else f"the similarity to {name}"


def measured_words(saved: SavedExplanation) -> str:
    """What was measured: hiding parts of the image, and the map's share outside the body."""
    found = saved.measured
    parts = [NOT_MEASURED if found is None else hiding_words(saved, found), outside_words(saved)]
    return " ".join(part for part in parts if part)


def hiding_words(saved: SavedExplanation, found: Faithfulness) -> str:
    """What becomes of the node's value when the marked part is hidden, and when a random one is.

    Of a fragile prediction the second is left to :func:`fragile_words`.
    """
    before, hidden, random = _values(saved, found)
    part, value = _part_words(found.area), value_words(saved.node)
    if hidden == before:
        marked = f"Hiding the marked {part} leaves {value} at {before}"
    else:
        verb = "lowers" if found.hidden_value < saved.value_before else "raises"
        marked = f"Hiding the marked {part} {verb} {value} from {before} to {hidden}"
    if saved.is_fragile:
        return f"{marked}."
    return f"{marked}; hiding a random {part} {_random_words(saved, found, before, random)}."


def _random_words(saved: SavedExplanation, found: Faithfulness, before: str, random: str) -> str:
    if random == before:
        return f"leaves it at {random}"
    if found.random_hidden_value > saved.value_before:
        return f"raises it to {random}"
    if found.random_hidden_value < found.hidden_value < saved.value_before:
        return f"lowers it more, to {random}"
    return f"lowers it to {random}"


def _values(saved: SavedExplanation, found: Faithfulness) -> tuple[str, str, str]:
    """The node's value as it is, without the marked part, without a random one."""
    values = saved.value_before, found.hidden_value, found.random_hidden_value
    digits = 2 if saved.node.startswith("class:") and max(values) >= 0.1 else 3
    before, hidden, random = (number(value, digits) for value in values)
    return before, hidden, random


def _part_words(share: float) -> str:
    named = (name for part, name in _PARTS.items() if abs(part - share) < 0.005)
    return next(named, percent(share))


def outside_words(saved: SavedExplanation) -> str:
    """How much of the map lies outside the body; empty where there is no telling."""
    share = saved.outside_body
    if share is None:
        return ""
    much = "Less than 1 %" if share < 0.01 else percent(share)
    return f"{much} of the map lies outside the body."


def warnings(shown: OfferedHeatmap) -> list[str]:
    """What speaks against relying on a map or on its prediction, a sentence each."""
    found = [doubt_words(shown.saved), fragile_words(shown.saved), unsettled_words(shown)]
    return [words for words in found if words]


def doubt_words(saved: SavedExplanation) -> str:
    """Why the map is not to be relied on; empty where nothing speaks against it."""
    found = saved.measured
    if found is None:
        return ""
    no_better = []
    if not found.beats_random:
        no_better.append("a random one")
    if found.beats_centre is False:
        no_better.append("a blob in the middle of the image")
    if not no_better:
        return ""
    this = "This first map" if saved.is_draft else "This map"
    return f"{this} is no better than {' or '.join(no_better)}: do not rely on it."


def fragile_words(saved: SavedExplanation) -> str:
    """That hiding any part changes the prediction much; empty where it does not."""
    found = saved.measured
    if found is None or not saved.is_fragile:
        return ""
    before, _, random = _values(saved, found)
    return (
        f"Hiding a random {_part_words(found.area)} already changes "
        f"{value_words(saved.node)} from {before} to {random}: "
        "this prediction is fragile on this image."
    )


def unsettled_words(shown: OfferedHeatmap) -> str:
    """That the first map and the better one mark different places; empty where they do not."""
    if not shown.is_unsettled:
        return ""
    if shown.is_superseded:
        return "The refined map has its peak elsewhere: neither is settled."
    return "Its peak lies elsewhere than that of the first map: neither is settled."


def origin_words(saved: SavedExplanation) -> str:
    """Refined map, made in 4.1 s."""
    made = f"{_TIERS[saved.tier]}, made in {saved.seconds:.1f} s"
    return f"{made} with earlier settings." if saved.is_of_earlier_settings else f"{made}."


def draw_faithfulness(shown: OfferedHeatmap) -> None:
    """What was measured, and a warning where something speaks against the map."""
    st.caption(plain(measured_words(shown.saved)))
    found = warnings(shown)
    if found:
        st.warning(plain(" ".join(found)), icon=":material/warning:")


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
        help="Insertion shows the image step by step, what is marked most first; deletion hides it "
        "in that order. The same was done with a map that marks at random and with a blob in the "
        f"middle of the image; neither looks at the network. Hidden pixels show: {found.fill}.",
    )
