"""The bar above a case: what the file is, its study, the model it is read with, its deletion."""

from __future__ import annotations

import streamlit as st

from app.domain.bundles import BundleInfo, without_text
from app.domain.cases import Case, Sheet
from app.domain.text import counted
from app.services import models, review
from app.services.workplace import Workplace
from app.views.shared.errors import show_errors_on_top
from app.views.shared.format import plain
from app.views.shared.navigation import show_case


def draw_bar(workplace: Workplace, sheet: Sheet) -> None:
    """Back, what this file is, the model it is read with, and more."""
    case = sheet.case
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="case-bar"):
        st.button("All cases", icon=":material/arrow_back:", on_click=show_case, args=(None,))
        st.markdown(f"**{plain(case.file_name)}**", width="content")
        st.caption(facts_text(case), width="stretch")
        _draw_study(sheet)
        _draw_twins(sheet)
        _draw_model_choice(workplace, sheet)
        with st.popover("More", icon=":material/more_horiz:"):
            _draw_more(workplace, sheet)


def facts_text(case: Case) -> str:
    """DICOM · DX · PA · 2500 × 2048 · 12 bit."""
    facts = case.facts
    parts = [
        facts.format.upper(),
        facts.modality,
        facts.view_position,
        facts.laterality and f"side {facts.laterality}",
        f"{facts.columns} × {facts.rows}",
        "colour" if facts.colour else f"{facts.bits} bit",
        counted(facts.frames, "frame") if facts.frames > 1 else "",
    ]
    return " · ".join(plain(part) for part in parts if part)


def _draw_study(sheet: Sheet) -> None:
    others = [row for row in sheet.study if row.case_id != sheet.case.case_id]
    if not others:
        return
    with st.popover(f"Study: {counted(len(others), 'other image')}", icon=":material/folder_open:"):
        for row in others:
            view = f" ({plain(row.view_position)})" if row.view_position else ""
            st.button(
                plain(row.file_name) + view,
                key=f"study-{row.case_id}",
                type="tertiary",
                on_click=show_case,
                args=(row.case_id,),
            )


def _draw_twins(sheet: Sheet) -> None:
    """The other cases with these pixels, whose header may change how they look and are read."""
    if not sheet.twins:
        return
    with st.popover("Same pixels", icon=":material/content_copy:"):
        for twin in sheet.twins:
            st.button(
                f"The same pixels as case {plain(twin.case_id)} ({plain(twin.file_name)}), "
                "with another header",
                key=f"twin-{twin.case_id}",
                type="tertiary",
                on_click=show_case,
                args=(twin.case_id,),
            )


def _draw_model_choice(workplace: Workplace, sheet: Sheet) -> None:
    usable: dict[str, BundleInfo | None] = {
        info.digest: info for info in models.all(workplace) if not info.problem
    }
    if sheet.model and sheet.model not in usable:
        usable = {sheet.model: None, **usable}
    if not usable:
        return
    if sheet.off:
        st.markdown(
            f":orange-badge[{plain(without_text(sheet.off))}]",
            width="content",
            help=f"Switched off in this version: {plain(', '.join(sheet.off))}.",
        )
    key = f"model-{sheet.case.case_id}"
    st.session_state[key] = sheet.model
    st.selectbox(
        "Model for this case",
        list(usable),
        format_func=lambda digest: _model_title(digest, usable[digest]),
        key=key,
        label_visibility="collapsed",
        width=250,
        on_change=_change_model,
        args=(workplace, sheet.case.case_id, key),
    )


def _model_title(digest: str, info: BundleInfo | None) -> str:
    return f"{info.title_of_version if info else 'Model not found'} · {digest[:8]}"


def _change_model(workplace: Workplace, case_id: str, key: str) -> None:
    chosen = st.session_state.get(key)
    if chosen:
        with show_errors_on_top():
            review.set_case_model(workplace, case_id, chosen)


def _draw_more(workplace: Workplace, sheet: Sheet) -> None:
    case = sheet.case
    burned = {True: "yes", False: "no", None: "not stated"}[case.facts.burned_in_annotation]
    st.caption(f"Case `{case.case_id}` · burned-in text: {burned}")
    st.caption(f"SHA-256 of the file  \n`{case.file_sha256}`")
    hashed = "decoded pixels" if case.pixel_hash == "decoded" else "pixels as encoded in the file"
    st.caption(f"SHA-256 of the {hashed}  \n`{case.pixel_sha256}`")
    if not workplace.actor.may("delete"):
        return
    st.divider()
    is_confirmed = st.checkbox(
        "Delete this image with its original file, predictions, heatmaps and revisions",
        key=f"confirm-{case.case_id}",
    )
    st.button(
        "Delete case",
        icon=":material/delete:",
        disabled=not is_confirmed,
        key=f"delete-{case.case_id}",
        on_click=_delete,
        args=(workplace, case.case_id),
    )


def _delete(workplace: Workplace, case_id: str) -> None:
    with show_errors_on_top():
        review.delete_case(workplace, case_id)
        show_case(None)
