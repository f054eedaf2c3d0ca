"""An image that the model was not made for: no figure, the measured distance, what to do.

What the network computed is shown on request only, and always beside the same caution.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.domain.noun import Kind, Noun
from app.domain.room.sheet import Headline
from app.domain.text import number
from dprotonet.inference.support import Support

TITLE = "This {image} is unlike what the model was trained on: no figure is shown."
CAUTION = (
    "This {image} is unlike what the model was trained on. What the network computed for it is not "
    "evidence for or against any finding."
)
SHOW, HIDE = "Show what the network computed anyway", "Hide what the network computed"
_BEGINNING = "unlike what this model was trained on: "  # a reason begins with it
MEANING = (
    "How far {an_image} is from the training {images} is measured on the network's features: one "
    "like them has a distance of about 1. The limit was set on {images} of the same kind that were "
    "not trained on."
)
WHAT_TO_DO: Mapping[Kind, str] = {
    "image": "Check that this is the right file, shown the right way up and not inverted. If it "
    "is, choose a model for such images above.",
    "row": "Check that each value stands in its own column and in the unit that is shown. If it "
    "does, choose a model for such rows above.",
}


def headline(support: Support | None, noun: Noun) -> Headline:
    """In place of a prediction: why there is none, what was measured, and what to do."""
    why = reasons(support) if support is not None else []
    details = (WHAT_TO_DO[noun.one], noun.say(MEANING))
    return Headline("refused", noun.say(TITLE), " ".join(why), (), details)


def reasons(support: Support) -> list[str]:
    """Why an image is refused or shown with a caution, a sentence each; the measured distance is
    among them, also where it was not the reason."""
    sentences = [_sentence(reason.removeprefix(_BEGINNING)) for reason in support.reasons]
    if support.distance is None or any("distance" in reason for reason in support.reasons):
        return sentences
    text = f"Distance {number(support.distance)}"
    limit = "" if support.threshold is None else f", its limit is {number(support.threshold)}"
    return [*sentences, f"{text}{limit}."]


def _sentence(reason: str) -> str:
    return f"{reason[:1].upper()}{reason[1:]}."
