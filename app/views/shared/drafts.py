"""Drafts of a reader's entries, kept while they are not on the screen.

Streamlit forgets a widget that a run does not draw: a row that is folded, another page. A draft
outlives that. A newer revision replaces it only if the reader changed nothing in it and did not try
to sign it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

_DRAFTS = "drafts"


@dataclass
class _Draft:
    revision: int
    initial: dict[str, Any]
    values: dict[str, Any] = field(default_factory=dict)
    is_held: bool = False


def _drafts() -> dict[str, _Draft]:
    drafts: dict[str, _Draft] = st.session_state.setdefault(_DRAFTS, {})
    return drafts


def widget_key(name: str, part: str) -> str:
    """Key of the widget that changes one part of a draft."""
    return f"draft-{name}-{part}"


def open_draft(name: str, revision: int, saved: Mapping[str, Any]) -> None:
    """Put a draft into its widgets; call before they are drawn.

    Args:
        name: of the draft.
        revision: the one that ``saved`` comes from; 0 for none.
        saved: part to value, of the latest revision.
    """
    drafts = _drafts()
    draft = drafts.get(name)
    if draft is None or (
        draft.revision != revision and draft.values == draft.initial and not draft.is_held
    ):
        draft = drafts[name] = _Draft(revision, dict(saved), dict(saved))
        for part, value in draft.values.items():
            st.session_state[widget_key(name, part)] = value
    for part, value in draft.values.items():
        st.session_state.setdefault(widget_key(name, part), value)


def keep(name: str) -> None:
    """Store what the widgets hold; call after they were drawn."""
    draft = _drafts()[name]
    for part in draft.values:
        draft.values[part] = st.session_state.get(widget_key(name, part), draft.values[part])


def hold(name: str) -> None:
    """Keep a draft whatever revision comes: the reader tried to sign it as it is."""
    _drafts()[name].is_held = True


def revision(name: str) -> int:
    """The revision that the reader had seen when the draft began; 0 for none."""
    return _drafts()[name].revision


def exists(name: str) -> bool:
    """Is there a draft of this name?"""
    return name in _drafts()


def is_changed(name: str) -> bool:
    """Did the reader change anything in a draft, in this run or before?"""
    draft = _drafts()[name]
    return any(latest(name, part) != value for part, value in draft.initial.items())


def latest(name: str, part: str) -> Any:
    """One part of a draft: from its widget, else as it was kept."""
    return st.session_state.get(widget_key(name, part), _drafts()[name].values[part])


def forget(name: str) -> None:
    """Drop a draft that was signed; the next one begins from the new revision."""
    _drafts().pop(name, None)
