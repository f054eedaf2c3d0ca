"""The filters of the list: kept in the address, so that a reload or a link opens the same list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

import streamlit as st

from app.domain.annotations import VERDICTS
from app.domain.cases import STATUSES, CaseFilters, Order, Status
from app.domain.sending.sending import SEND_STATES
from app.domain.worklist.address import NAMES, from_address, to_address
from app.domain.worklist.disagreement import DISAGREEMENTS
from app.services import models
from app.services.worklist.choices import choices
from app.services.workplace import Workplace
from app.views.shared.format import plain
from app.views.shared.navigation import is_back
from app.views.shared.pagination import turn_to

_KEY = "filter-cases-"
_ADDRESS = "address-cases"  # what the address said when the list was drawn last
ORDER_NAMES: Mapping[Order, str] = {
    "newest": "Newest first",
    "oldest": "Oldest first",
    "name": "By name",
    "probability": "Most probable finding first",
    "doubt": "Most doubtful first",
}
SOURCE_NAMES: Mapping[str, str] = {
    "upload": "Uploads",
    "demo": "Demo cases",
    "folder": "Server folders",
    "received": "DICOM senders",
    "archive": "Archives",
}
_DISAGREEMENTS: Mapping[str, str] = {
    "model": "A reader against the model",
    "readers": "Readers differ",
}
SENDING_NAMES: Mapping[str, str] = {
    "waiting": "Waiting to be sent",
    "sending": "Being sent",
    "sent": "Sent",
    "refused": "Refused",
    "failed": "Failed",
    "cancelled": "Cancelled",
}
_FIRST, _LAST = date(2000, 1, 1), date(2099, 12, 31)  # that the field takes
_DAYS = ("since", "until")
_ALWAYS: frozenset[Status] = frozenset({"new", "in progress", "done"})
_CHOSEN = ("verdict", "source", "model", "label", "modality", "view", "batch", "reader")


def draw_filters(workplace: Workplace) -> CaseFilters:
    """One line: what is searched for, the order, and all else behind a button."""
    _follow_address()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        st.text_input(
            "Find",
            key=f"{_KEY}text",
            placeholder="File name or case",
            icon=":material/search:",
            label_visibility="collapsed",
            width=200,
        )
        st.selectbox(
            "Order",
            list(ORDER_NAMES),
            format_func=ORDER_NAMES.__getitem__,
            key=f"{_KEY}order",
            label_visibility="collapsed",
            width=210,
        )
        narrowed = len(to_address(_chosen()).keys() - {"text", "order", "status"})
        label = f"Filters ({narrowed})" if narrowed else "Filters"
        with st.popover(label, icon=":material/filter_alt:", key="more-filters"):
            _draw_more(workplace)
        if narrowed or st.session_state.get(f"{_KEY}text"):
            st.button("Clear", icon=":material/filter_alt_off:", on_click=clear_filters)
    filters = _chosen()
    _write_address(filters)
    return filters


def draw_statuses(filters: CaseFilters, counts: Mapping[Status, int]) -> None:
    """A button for each status with how many cases have it; the chosen one stands out."""
    shown = [s for s in STATUSES if s in _ALWAYS or counts.get(s) or s == filters.status]
    with st.container(horizontal=True, gap="xsmall", key="statuses"):
        for name in (None, *shown):
            count = sum(counts.values()) if name is None else counts.get(name, 0)
            st.button(
                f"{(name or 'all').capitalize()} {count:,}",
                key=f"status-{name or 'all'}".replace(" ", "-"),
                type="primary" if filters.status == name else "tertiary",
                on_click=_set_status,
                args=(name,),
            )


def clear_filters() -> None:
    """Narrow nothing, and keep the order; for callbacks."""
    _load(CaseFilters(order=_chosen().order))


def _draw_more(workplace: Workplace) -> None:
    known = choices(workplace)
    infos = {info.digest: info for info in models.all(workplace)}
    labels = sorted({name for info in infos.values() for name in info.classes})
    batches = dict(known.batches)
    left, right = st.columns(2)
    with left:
        _choice("Predicted", "label", labels, str)
        _choice("Model", "model", list(infos), lambda digest: _model_title(infos, digest))
        _choice("Modality", "modality", known.modalities, str)
        modality = st.session_state.get(f"{_KEY}modality")
        _choice("View", "view", known.views_of(modality), str)
        for name, title in zip(_DAYS, ("Added from", "Added until"), strict=True):
            st.date_input(
                title,
                value=None,
                min_value=_FIRST,
                max_value=_LAST,
                format="YYYY-MM-DD",
                key=f"{_KEY}{name}",
            )
    with right:
        _choice("Verdict", "verdict", VERDICTS, str.capitalize)
        _choice("Disagreement", "disagreement", DISAGREEMENTS, _DISAGREEMENTS.__getitem__)
        _choice("Signed by", "reader", known.readers, str)
        _choice("Batch", "batch", list(batches), lambda job: batches.get(job, job[:8]))
        _choice("Source", "source", tuple(SOURCE_NAMES), SOURCE_NAMES.__getitem__)
        if workplace.settings.sending.sends:
            _choice("To archives", "sending", SEND_STATES, SENDING_NAMES.__getitem__)
    if workplace.holds_patients:
        st.text_input("Patient", key=f"{_KEY}patient", placeholder="Pseudonym, whole")


def _model_title(infos: Mapping[str, models.BundleInfo], digest: str) -> str:
    return f"{infos[digest].title_of_version} · {digest[:8]}" if digest in infos else digest[:8]


def _choice(label: str, name: str, options: Sequence[str], title: Callable[[str], str]) -> None:
    """A field that narrows by one of some options; one that the address names is among them even
    where there is no such case any more."""
    key = f"{_KEY}{name}"
    chosen = st.session_state.get(key)
    known = list(options)
    if chosen is not None and chosen not in known:
        known.append(chosen)
    st.selectbox(
        label,
        known,
        index=None,
        format_func=lambda option: plain(title(option)) if option in options else str(option)[:40],
        placeholder="Any",
        key=key,
    )


def _chosen() -> CaseFilters:
    """What the fields say."""
    state = st.session_state
    days = {name: str(state.get(f"{_KEY}{name}") or "") for name in _DAYS}
    return replace(
        from_address(days),
        text=(state.get(f"{_KEY}text") or "").strip(),
        patient=(state.get(f"{_KEY}patient") or "").strip(),
        status=state.get(f"{_KEY}status"),
        disagreement=state.get(f"{_KEY}disagreement"),
        sending=state.get(f"{_KEY}sending"),
        order=state.get(f"{_KEY}order") or "newest",
        **{name: state.get(f"{_KEY}{name}") for name in _CHOSEN},
    )


def _set_status(name: Status | None) -> None:
    st.session_state[f"{_KEY}status"] = name


def _follow_address() -> None:
    """Set the fields to what the address says, where it was opened, changed or gone back to. On the
    way back from a case or another page an address without filters means those of before."""
    said = _address()
    seen = st.session_state.get(_ADDRESS)
    if is_back() and seen is not None and said in ({}, seen):
        _load(from_address(seen))
    elif said != seen:
        _load(from_address(said))
        turn_to("cases", 0)


def _load(filters: CaseFilters) -> None:
    state = st.session_state
    for name in (*_CHOSEN, "disagreement", "sending", "status"):
        state[f"{_KEY}{name}"] = getattr(filters, name)
    for name in ("text", "patient", "order"):
        state[f"{_KEY}{name}"] = getattr(filters, name)
    address = to_address(filters)
    for name in _DAYS:
        day = date.fromisoformat(address[name]) if name in address else None
        state[f"{_KEY}{name}"] = day and min(max(day, _FIRST), _LAST)


def _write_address(filters: CaseFilters) -> None:
    now = to_address(filters)
    if now != _address():
        rest = {name: st.query_params[name] for name in st.query_params if name not in NAMES}
        st.query_params.from_dict(rest | now)
    if now != st.session_state.get(_ADDRESS):
        if st.session_state.get(_ADDRESS) is not None:
            turn_to("cases", 0)
        st.session_state[_ADDRESS] = now


def _address() -> dict[str, str]:
    return {name: st.query_params[name] for name in st.query_params if name in NAMES}
