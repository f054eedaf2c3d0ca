"""What was measured of a heatmap, in ordinary sentences without praise.

All functions give plain text, which the viewer needs too; what is drawn here is escaped for
Markdown.
"""

from __future__ import annotations

import streamlit as st

from app.domain.explanations import OfferedHeatmap, SavedExplanation
from app.views.shared.format import number, percent, plain
from dprotonet.explain.explanation import Faithfulness

_TIERS = {
    "": "Heatmap",
    "draft": "First heatmap",
    "standard": "Refined heatmap",
    "full": "Fully refined heatmap",
}
NOT_MEASURED = "The faithfulness of this heatmap was not measured."
MEANING = "A heatmap shows what this network relies on, not where disease is."


def node_title(node: str) -> str:
    """class:nodule → “Class nodule”; prototype:p07 → “Prototype p07”."""
    kind, _, name = node.partition(":")
    kinds = {"class": "Class", "prototype": "Prototype", "vector": "Vector of"}
    return f"{kinds.get(kind, kind)} {name}"


def heatmap_title(saved: SavedExplanation) -> str:
    """The node, and whether this is its first heatmap."""
    title = node_title(saved.node)
    return f"{title} (first heatmap)" if saved.is_draft else title


def value_name(node: str) -> str:
    """What the node's value is."""
    kind, _, name = node.partition(":")
    return f"the probability of {name}" if kind == "class" else f"the similarity to {name}"


def measured_text(saved: SavedExplanation) -> str:
    """The effect of hiding parts of the image, and how much of the heatmap is outside the body."""
    measured = saved.faithfulness
    effect = NOT_MEASURED if measured is None else hiding_text(saved, measured)
    return " ".join(text for text in (effect, outside_text(saved)) if text)


def hiding_text(saved: SavedExplanation, measured: Faithfulness) -> str:
    """The node's value when the marked part is hidden, and when a random part is.

    For a fragile prediction :func:`fragile_text` gives the second.
    """
    before, hidden, random = _values(saved, measured)
    area, value = percent(measured.area), value_name(saved.node)
    if hidden == before:
        effect = f"Hiding the marked {area} of the image leaves {value} at {before}"
    else:
        verb = "lowers" if measured.hidden_value < saved.value_before else "raises"
        effect = f"Hiding the marked {area} of the image {verb} {value} from {before} to {hidden}"
    if saved.is_fragile:
        return f"{effect}."
    return f"{effect}; hiding a random {area} {_random_effect(saved, measured, before, random)}."


def _random_effect(
    saved: SavedExplanation, measured: Faithfulness, before: str, random: str
) -> str:
    if random == before:
        return f"leaves it at {random}"
    if measured.random_hidden_value > saved.value_before:
        return f"raises it to {random}"
    if measured.random_hidden_value < measured.hidden_value < saved.value_before:
        return f"lowers it more, to {random}"
    return f"lowers it to {random}"


def _values(saved: SavedExplanation, measured: Faithfulness) -> tuple[str, str, str]:
    """The node's value for the whole image, without the marked part, without a random part."""
    values = saved.value_before, measured.hidden_value, measured.random_hidden_value
    digits = 2 if saved.node.startswith("class:") and max(values) >= 0.1 else 3
    before, hidden, random = (number(value, digits) for value in values)
    return before, hidden, random


def outside_text(saved: SavedExplanation) -> str:
    """How much of the heatmap lies outside the body; empty where that is unknown."""
    fraction = saved.outside_body
    if fraction is None:
        return ""
    amount = "Less than 1 %" if fraction < 0.01 else percent(fraction)
    return f"{amount} of the heatmap lies outside the body."


def warnings(offered: OfferedHeatmap) -> list[str]:
    """The reasons not to rely on a heatmap or on its prediction, each in its own sentences."""
    saved = offered.saved
    texts = [control_text(saved), fragile_text(saved), peak_text(offered)]
    return [text for text in texts if text]


def control_text(saved: SavedExplanation) -> str:
    """Which control does as well as the heatmap; empty where none does."""
    measured = saved.faithfulness
    if measured is None:
        return ""
    controls = []
    if not measured.beats_random:
        controls.append("a random one")
    if measured.beats_centre is False:
        controls.append("a centred Gaussian")
    if not controls:
        return ""
    subject = "This first heatmap" if saved.is_draft else "This heatmap"
    return f"{subject} is no better than {' or '.join(controls)}. Do not rely on it."


def fragile_text(saved: SavedExplanation) -> str:
    """That hiding any part changes the prediction much; empty where it does not."""
    measured = saved.faithfulness
    if measured is None or not saved.is_fragile:
        return ""
    before, _, random = _values(saved, measured)
    return (
        f"Hiding a random {percent(measured.area)} of the image already changes "
        f"{value_name(saved.node)} from {before} to {random}. "
        "This prediction is fragile on this image."
    )


def peak_text(offered: OfferedHeatmap) -> str:
    """That the first and the better heatmap peak at different places; empty where they do not."""
    if not offered.is_unsettled:
        return ""
    if offered.is_superseded:
        return "The refined heatmap peaks elsewhere. Neither peak is reliable."
    return "The first heatmap peaks elsewhere. Neither peak is reliable."


def origin_text(saved: SavedExplanation) -> str:
    """Refined heatmap, made in 4.1 s."""
    text = f"{_TIERS[saved.tier]}, made in {saved.seconds:.1f} s"
    return f"{text} with earlier settings." if saved.is_of_earlier_settings else f"{text}."


def draw_faithfulness(offered: OfferedHeatmap) -> None:
    """What was measured, and a warning where there is a reason not to rely on the heatmap."""
    st.caption(plain(measured_text(offered.saved)))
    texts = warnings(offered)
    if texts:
        st.warning(plain(" ".join(texts)), icon=":material/warning:")


def draw_curves(saved: SavedExplanation) -> None:
    """The areas under the curves beside those of the controls."""
    measured = saved.faithfulness
    if measured is None:
        return
    insertion = [f"random {number(measured.random_insertion_auc)}"]
    deletion = [f"random {number(measured.random_deletion_auc)}"]
    if measured.centre_insertion_auc is not None and measured.centre_deletion_auc is not None:
        insertion.append(f"centred Gaussian {number(measured.centre_insertion_auc)}")
        deletion.append(f"centred Gaussian {number(measured.centre_deletion_auc)}")
    st.caption(
        f"The marked part alone gives {number(measured.kept_value)}. "
        f"Insertion AUC {number(measured.insertion_auc)} "
        f"({', '.join(insertion)}; higher is better) · "
        f"deletion AUC {number(measured.deletion_auc)} ({', '.join(deletion)}; lower is better)",
        help="Insertion reveals the image step by step, the most marked parts first. Deletion "
        "hides it in the same order. The controls are a random heatmap and a centred Gaussian; "
        f"neither uses the network. Fill of the hidden pixels: {measured.fill}.",
    )
