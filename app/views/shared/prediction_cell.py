"""One line of a list says what a model said of an image, or that it was refused."""

from __future__ import annotations

from streamlit.delta_generator import DeltaGenerator

from app.domain.text import KnownClasses
from app.views.shared.format import label_markdown
from dprotonet.inference.support import Verdict

REFUSED = "Unlike the training data"
HIDDEN = "After your own read"


def draw_prediction_cell(
    column: DeltaGenerator,
    label: str | None,
    probability: float | None,
    support: Verdict | None,
    *,
    of: KnownClasses | None,
    is_hidden: bool = False,
) -> None:
    """The label with its probability; a refused image has neither.

    Args:
        column: of the row.
        label: as stored; None without a prediction and for a refused image.
        probability: of that label.
        support: whether the model was made for the image; None where it has no gate.
        of: the model that gave the label.
        is_hidden: the reader's own read comes first.
    """
    if is_hidden:
        column.caption(HIDDEN)
    elif support == "outside":
        column.caption(REFUSED)
    elif label is None or probability is None:
        column.caption("–")
    else:
        caution = " :orange-badge[caution]" if support == "caution" else ""
        column.markdown(label_markdown(label, probability, of=of) + caution)
