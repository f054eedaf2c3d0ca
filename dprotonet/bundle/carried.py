"""What a bundle that is made from another has from it, whichever command makes it.

A change of the last layer, of the manifest or of one file writes the parent's manifest with what it
changes, so that the rest stays. A network that was trained further is written by its training,
which knows the recipe and the data, and nothing of what was said of the parent, or added to it,
since: :func:`carry_on` gives the child that.
"""

from __future__ import annotations

from dataclasses import replace

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.contents import checked_file
from dprotonet.bundle.manifest import READER
from dprotonet.bundle.reader.map_figures import MAPS
from dprotonet.bundle.writer import with_file

GIVEN = ("codes",)
"""Of the manifest: what people said of the model. It holds whatever its weights are."""

ADDED = ("reader",)
"""What was made for the network as it was, and stays where it still fits."""

MADE_ANEW = (
    "name",
    "options",
    "negative_class",
    "preprocessing",
    "temperature",
    "threshold",
    "thresholds",
    "offsets",
    "closest_similarity_floor",
    "card",
    "files",
    "parts",
    "prototypes_made_with",
    "changes",
    "support",
    "rows",
)
"""What training finds out again, from the parent's recipe and data: the gate too; name and the
card's text and scope by the recipe, which takes them from the parent; the changes with one more."""


def carry_on(parent: Bundle, child: Bundle) -> Bundle:
    """Write into a child, in its place, what it has from its parent.

    Args:
        parent: of the same classes.
        child: as training wrote it.

    Returns:
        The child as it stands on disk, with another digest where anything was given.
    """
    child = child.amend(**{name: getattr(parent.manifest, name) for name in GIVEN})
    facts = parent.reader_facts
    if facts is None or not facts.fits(child.manifest.parts):
        return child
    old, new = parent.card, child.card
    card = replace(
        new,
        training=new.training | {k: v for k, v in old.training.items() if k == "reader"},
        evaluation=new.evaluation | {k: v for k, v in old.evaluation.items() if k == MAPS},
    )
    data = checked_file(parent.path, parent.manifest, READER)
    return with_file(child, child.path, READER, data, card=card, reader=facts)
