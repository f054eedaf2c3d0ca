"""What a reader has begun to say, kept while it is not on the screen.

Streamlit forgets a widget that one run does not draw: a row that is folded away, another page. A
draft outlives that, and gives way to a newer revision only while nothing was changed in it, and
nobody tried to sign it.
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
    began_as: dict[str, Any]
    values: dict[str, Any] = field(default_factory=dict)
    is_held: bool = False


def _drafts() -> dict[str, _Draft]:
    drafts: dict[str, _Draft] = st.session_state.setdefault(_DRAFTS, {})
    return drafts


def widget(name: str, part: str) -> str:
    """Key of the widget that changes one part of a draft."""
    return f"draft-{name}-{part}"


def begin(name: str, revision: int, saved: Mapping[str, Any]) -> None:
    """Make the widgets of a draft show it; call before they are drawn.

    Args:
        name: of the draft.
        revision: that ``saved`` comes from; 0 for none.
        saved: part to value, as it was signed last.
    """
    drafts = _drafts()
    draft = drafts.get(name)
    if draft is None or (
        draft.revision != revision and draft.values == draft.began_as and not draft.is_held
    ):
        draft = drafts[name] = _Draft(revision, dict(saved), dict(saved))
        for part, value in draft.values.items():
            st.session_state[widget(name, part)] = value
    for part, value in draft.values.items():
        st.session_state.setdefault(widget(name, part), value)


def keep(name: str) -> None:
    """Take over what the widgets say; call after they were drawn."""
    draft = _drafts()[name]
    for part in draft.values:
        draft.values[part] = st.session_state.get(widget(name, part), draft.values[part])


def hold(name: str) -> None:
    """Keep a draft whatever revision comes: the reader wanted to sign it as it is."""
    _drafts()[name].is_held = True


def revision(name: str) -> int:
    """The revision that a draft began from: what the reader had seen; 0 for none."""
    return _drafts()[name].revision


def exists(name: str) -> bool:
    """Was a draft begun?"""
    return name in _drafts()


def is_own(name: str) -> bool:
    """Did the reader change anything in a draft, also just now?"""
    draft = _drafts()[name]
    return any(latest(name, part) != value for part, value in draft.began_as.items())


def latest(name: str, part: str) -> Any:
    """One part of a draft, as the widget has it, or as it was kept."""
    return st.session_state.get(widget(name, part), _drafts()[name].values[part])


def forget(name: str) -> None:
    """The draft was saved: the next one begins from what was signed."""
    _drafts().pop(name, None)
