"""“Edit its reasons”: prototypes are switched off or required, and the cost is shown at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from app.domain.bundles import BundleInfo
from app.domain.cases import GallerySource
from app.domain.noun import IMAGE, Noun
from app.domain.proposals import Cost, EditAnswer
from app.domain.text import counted, number, percent, signed
from app.services import galleries
from app.services.editing import proposals, versions
from app.services.workplace import Workplace
from app.views.model.sources import draw_sources
from app.views.shared.errors import show_errors
from app.views.shared.format import plain
from dprotonet.bundle.figure_text import TITLES
from dprotonet.errors import ReadableError
from dprotonet.prototypes.provenance import PrototypeRecord

if TYPE_CHECKING:
    from dprotonet.bundle.bundle import Bundle

_KEPT = "reasons-kept-answer"
_SOURCES = 2  # training images shown beside a switch
_TOLERANCES = (0.05, 0.1, 0.2, 0.5)
_FIGURES = ("auroc", "accuracy", "log_loss")


def draw_edit(workplace: Workplace, info: BundleInfo, bundle: Bundle) -> None:
    """The switches, and beside them what they cost; a fragment, so that nothing else is redrawn."""
    if not info.is_editable:
        st.info(plain(versions.NOT_EDITABLE), icon=":material/lock:")
        return
    st.fragment(_draw_edit)(workplace, info, bundle)


def preselect_off(info: BundleInfo, prototype: str) -> None:
    """Begin with one prototype switched off; the reader may switch it on again."""
    if prototype in info.prototypes:
        st.session_state[_use_key(info, prototype)] = False


def _draw_edit(workplace: Workplace, info: BundleInfo, bundle: Bundle) -> None:
    left, right = st.columns([0.58, 0.42], gap="large")
    with left:
        off, required = _draw_switches(workplace, info, bundle)
    with right, st.container(key="reasons-answer"):
        _draw_answer(workplace, info, off, required)


def _draw_switches(
    workplace: Workplace, info: BundleInfo, bundle: Bundle
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    st.caption(
        "Switch a prototype off that shows the wrong thing, or require one that shows the right "
        "one: it then counts for its class at least as much as is usual there. The prototypes stay "
        "as they are; the weights of the last layer are fitted again."
    )
    sources = galleries.of_model(workplace, info.digest)
    required_now = versions.required_in(bundle)
    off, required = [], []
    for name in bundle.classes:
        st.markdown(f"##### {plain(name)}")
        for record in bundle.prototypes:
            if record.class_name != name or record.kind == "other":
                continue
            use, require = _draw_row(
                info, record, sources.get(record.id, ()), is_required=record.id in required_now
            )
            if not use:
                off.append(record.id)
            elif require:
                required.append(record.id)
    return tuple(off), tuple(required)


def _draw_row(
    info: BundleInfo,
    record: PrototypeRecord,
    sources: tuple[GallerySource, ...],
    *,
    is_required: bool,
) -> tuple[bool, bool]:
    use_key = _use_key(info, record.id)
    if use_key not in st.session_state:
        st.session_state[use_key] = record.id not in info.off
    with (
        st.container(border=True, key=f"match-edit-{record.id}", gap="xsmall"),
        st.container(horizontal=True, vertical_alignment="center"),
    ):
        st.markdown(f"**{plain(record.id)}**", width=56 if record.kind == "prototype" else 140)
        with st.container(width="stretch"):
            draw_sources(info.digest, record.id, sources[:_SOURCES], place="edit")
        use = st.toggle("Use", key=use_key)
        require = st.toggle(
            "Require",
            value=is_required,
            key=f"require-{info.digest}-{record.id}",
            disabled=not use,
        )
    return use, require


def _use_key(info: BundleInfo, prototype: str) -> str:
    return f"use-{info.digest}-{prototype}"


def _draw_answer(
    workplace: Workplace, info: BundleInfo, off: tuple[str, ...], required: tuple[str, ...]
) -> None:
    tolerance = st.segmented_control(
        f"The loss on the training {info.noun.several} may rise by",
        _TOLERANCES,
        default=proposals.TOLERANCE,
        format_func=percent,
        key="reasons-tolerance",
    )
    allowed = proposals.TOLERANCE if tolerance is None else tolerance
    try:
        answer = _answer(workplace, info, off, required, allowed)
    except ReadableError as error:
        st.info(plain(str(error)), icon=":material/toggle_on:")
        return
    draw_verdict(answer, allowed)
    if answer.cost is not None:
        draw_cost(answer.cost, info.noun)
        st.caption(
            f"Answered in {answer.milliseconds:.0f} ms from the similarities that the model keeps. "
            "Nothing is changed yet."
        )
    reason = st.text_input(
        "Why? It is kept with the version. Name no patient.",
        key="reasons-why",
        max_chars=500,
        placeholder="It shows a marker.",
    )
    if st.button("Propose", type="primary", disabled=not answer.is_possible, key="reasons-propose"):
        with show_errors():
            proposals.propose(
                workplace,
                info.digest,
                off=off,
                required=required,
                tolerance=allowed,
                reason=reason,
            )
            st.rerun()  # the whole page: the proposal is listed below


def _answer(
    workplace: Workplace,
    info: BundleInfo,
    off: tuple[str, ...],
    required: tuple[str, ...],
    tolerance: float,
) -> EditAnswer:
    """The answer to this choice, asked once: the page is also redrawn while a reason is typed."""
    choice = (info.digest, off, required, tolerance)
    kept: tuple[object, EditAnswer] | None = st.session_state.get(_KEPT)
    if kept is not None and kept[0] == choice:
        return kept[1]
    answer = proposals.ask(workplace, info.digest, off=off, required=required, tolerance=tolerance)
    st.session_state[_KEPT] = (choice, answer)
    return answer


def draw_verdict(answer: EditAnswer, tolerance: float) -> None:
    """Whether it can be done, in a sentence."""
    if not answer.is_possible:
        st.warning(f"**Not within the tolerance.** {plain(answer.explanation)}")
        return
    rise = answer.cost.increase if answer.cost and answer.cost.increase is not None else 0.0
    st.success(
        f"**This can be done.** The loss on the training data rises by {percent(rise, 1)}; "
        f"{percent(tolerance)} is allowed."
    )


def draw_cost(cost: Cost, noun: Noun = IMAGE) -> None:
    """The figures on validation before and after, and how many labels change."""
    st.dataframe(cost_table(cost), hide_index=True, height="content")
    st.caption(cost_text(cost, noun))


def cost_table(cost: Cost) -> pd.DataFrame:
    """One row per figure that was measured: now, with the change, and the difference."""
    rows = []
    for name in _FIGURES:
        before, after = getattr(cost.before, name), getattr(cost.after, name)
        if before is not None and after is not None:
            change = signed(after - before, 3)
            rows.append((TITLES[name], number(before, 3), number(after, 3), change))
    return pd.DataFrame(rows, columns=["On validation", "Now", "With the change", "Difference"])


def cost_text(cost: Cost, noun: Noun = IMAGE) -> str:
    """How many labels change, of how many."""
    images = counted(cost.images, f"validation {noun.one}")
    if cost.changed_calls is None:
        return f"Measured on {images}."
    verb = "gets" if cost.changed_calls == 1 else "get"
    return f"{cost.changed_calls:,} of {images} {verb} another label."
