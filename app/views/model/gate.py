"""Which images a model refuses: what its card says it is for, and the distance's limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.domain.noun import IMAGE, Noun
from app.domain.text import counted, number
from app.views.shared.format import plain

if TYPE_CHECKING:
    from dprotonet.bundle.bundle import Bundle
    from dprotonet.bundle.scope import Scope
    from dprotonet.bundle.support.limits import SupportLimits

NO_GATE = (
    "This model has no gate: it gives every {image} a label, also one that it was not made for. "
    "Check yourself that {an_image} is of the kind that it was trained on."
)
ONLY_SCOPE = "It measures no distance to its training {images}."


def draw_gate(bundle: Bundle, noun: Noun) -> None:
    """What the model refuses, or that it refuses nothing."""
    st.markdown(f"##### {noun.several.capitalize()} that it refuses")
    lines = gate_lines(bundle.card.scope, bundle.support_limits, noun)
    if not lines:
        st.warning(noun.say(NO_GATE), icon=":material/warning:")
        return
    st.markdown("\n".join(f"- {plain(line)}" for line in lines))


def gate_lines(scope: Scope | None, limits: SupportLimits | None, noun: Noun = IMAGE) -> list[str]:
    """The gate in sentences; empty for a model that has none."""
    if scope is None and limits is None:
        return []
    lines = [] if scope is None else scope_lines(scope)
    if limits is None:
        return [*lines, noun.say(ONLY_SCOPE)]
    return [
        *lines,
        f"{noun.several.capitalize()} unlike the training {noun.several}: from a distance of "
        f"{number(limits.threshold)}; from {number(limits.caution_from)} they are shown with a "
        f"caution. {noun.an.capitalize()} like them has a distance of about 1.",
        f"The distance was fitted on {counted(limits.fitted_on, f'training {noun.one}')}, its "
        f"limits were chosen on {counted(limits.validated_on, f'validation {noun.one}')}.",
    ]


def scope_lines(scope: Scope) -> list[str]:
    """What the card says the model is for, one line for each fact that matters."""
    lines = [
        f"Images whose header names another {name} than {' or '.join(words)}."
        for name, words in (
            ("modality", scope.modalities),
            ("body part", scope.body_parts),
            ("view", scope.views),
        )
        if words
    ]
    if scope.colour is not None:
        lines.append("Grey images." if scope.colour else "Colour images.")
    return lines
