"""Taking in films: kept at once, since an upload is lost when the page changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from app.domain.cases import Intake
from app.services import intake
from app.services.workplace import Workplace
from app.views.parts.address import show_case
from app.views.parts.errors import told
from app.views.parts.words import counted, megabytes, plain

# In the order in which they are told: what needs a look first.
_ICONS = {
    "error": ":material/error:",
    "skipped": ":material/do_not_disturb_on:",
    "duplicate": ":material/content_copy:",
    "added": ":material/check_circle:",
}
_MOST_ROWS = 8


def draw_upload(place: Workplace) -> None:
    """The field for files or a folder, and what became of the last ones."""
    st.markdown("##### Add films")
    folder = (
        st.segmented_control(
            "What to add",
            ["Files", "Folder"],
            default="Files",
            key="upload-kind",
            label_visibility="collapsed",
        )
        == "Folder"
    )
    files = st.file_uploader(
        "Films",
        # No list of types: a DICOM file often has no ending. The content decides, on the server.
        accept_multiple_files="directory" if folder else True,
        key=f"upload-{folder}-{st.session_state.get('upload-round', 0)}",
        label_visibility="collapsed",
    )
    if files:
        _take_in(place, files)
    st.caption(upload_limits(place))
    _draw_results()


def upload_limits(place: Workplace) -> str:
    """What fits in one upload, and where more goes."""
    settings = place.settings
    return (
        "DICOM, PNG, JPEG, TIFF, BMP, WebP; the content decides, not the name. Up to "
        f"{counted(settings.upload_files, 'file')} and {megabytes(settings.upload_bytes)} at once. "
        "Larger sets: a server folder on the Batch page, or the shell."
    )


def _take_in(place: Workplace, files: Sequence[Any]) -> None:
    with told():
        intake.check_upload(place, files=len(files), size=sum(file.size for file in files))
        results = []
        with st.spinner(f"Reading {counted(len(files), 'file')}…"):
            for file in files:
                results += intake.add_many(place, [(file.name, file.getvalue())])
        st.session_state["upload-results"] = results
        # Another key empties the field, and with it the server's copy of the files.
        st.session_state["upload-round"] = st.session_state.get("upload-round", 0) + 1
        arrived = [found.case_id for found in results if found.case_id]
        if len(results) == 1 and arrived:
            show_case(arrived[0])
        st.rerun()


def _draw_results() -> None:
    results: list[Intake] = st.session_state.get("upload-results", [])
    if not results:
        return
    counts = [
        f"{sum(found.outcome == outcome for found in results)} {words}"
        for outcome, words in (
            ("added", "added"),
            ("duplicate", "here already"),
            ("skipped", "no image"),
            ("error", "not readable"),
        )
        if any(found.outcome == outcome for found in results)
    ]
    order = list(_ICONS)
    notable = sorted(results, key=lambda found: order.index(found.outcome))
    with st.container(key="results", gap="xsmall"):
        st.markdown(f"**Last upload**: {', '.join(counts)}.")
        for found in notable[:_MOST_ROWS]:
            words = f" – {plain(found.message)}" if found.message else ""
            st.caption(f"{_ICONS[found.outcome]} **{plain(found.name)}**{words}")
        if len(results) > _MOST_ROWS:
            st.caption(f"and {counted(len(results) - _MOST_ROWS, 'further file')}")
