"""Beginning a batch: uploaded files or a ZIP, or a folder of the server that the settings allow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from app.domain.jobs import Job
from app.services import batch, models
from app.services.workplace import Workplace
from app.views.parts.batches import show_batch
from app.views.parts.errors import told
from app.views.parts.upload import upload_limits
from app.views.parts.words import counted, megabytes, plain
from dprotonet.file_names import printable

_UPLOAD, _FOLDER, _SERVER = "Files or ZIP", "Folder", "Server folder"


def draw_new_batch(place: Workplace) -> None:
    """Choose files, look at what was chosen, begin."""
    st.markdown("##### New batch")
    usable = {info.digest: info for info in models.all(place) if not info.problem}
    if not usable:
        st.info("A batch needs a model. Add one with: `python -m app models add DIR`")
        return
    active = models.active(place)
    digests = list(usable)
    kind = st.segmented_control(
        "From",
        [_UPLOAD, _FOLDER, _SERVER],
        default=_UPLOAD,
        key="batch-kind",
        label_visibility="collapsed",
    )
    model = st.selectbox(
        "Model",
        digests,
        index=digests.index(active.digest) if active else 0,
        format_func=lambda digest: f"{usable[digest].name} · {usable[digest].short}",
        key="batch-model",
    )
    explain = st.checkbox("Also make a heatmap of each film's label", key="batch-explain")
    if kind == _SERVER:
        _draw_server_folder(place, model, explain)
    else:
        _draw_upload(place, model, explain, folder=kind == _FOLDER)


def _draw_upload(place: Workplace, model: str, explain: bool, *, folder: bool) -> None:
    files = st.file_uploader(
        "Films",
        accept_multiple_files="directory" if folder else True,
        key=f"batch-files-{folder}-{st.session_state.get('batch-round', 0)}",
        label_visibility="collapsed",
    )
    if files:
        size = sum(file.size for file in files)
        st.caption(f"Chosen: {counted(len(files), 'file')}, {megabytes(size)}.")
    else:
        st.caption(upload_limits(place))
    if st.button("Start", type="primary", disabled=not files, key="batch-start"):
        with told():
            _started(_start_upload(place, files, model, explain))


def _start_upload(place: Workplace, files: Sequence[Any], model: str, explain: bool) -> Job:
    with st.spinner(f"Keeping {counted(len(files), 'file')}…"):
        items = ((file.name, file.getvalue()) for file in files)
        job = batch.start_upload(place, items, explain=explain, model=model)
    # Another key empties the field, and with it the server's copy of the files.
    st.session_state["batch-round"] = st.session_state.get("batch-round", 0) + 1
    return job


def _draw_server_folder(place: Workplace, model: str, explain: bool) -> None:
    roots = batch.folders(place)
    if not roots:
        st.info(
            "No server folder may be read. Name some in `DPROTONET_FOLDERS` when the program "
            "starts.",
            icon=":material/folder_off:",
        )
        return
    root = st.selectbox("Folder", roots, format_func=_folder_words, key="batch-root")
    with told():
        inside = batch.subfolders(place, root)
        folder: Path = root
        if inside:
            chosen = st.selectbox(
                "Inside it",
                inside,
                index=None,
                format_func=lambda path: printable(path.name),
                placeholder="The whole folder",
                key=f"batch-inside-{_folder_words(root)}",
            )
            folder = chosen or root
        st.caption(f"Hidden files and links are passed over: {plain(_folder_words(folder))}")
        if st.button("Start", type="primary", key="batch-start"):
            _started(batch.start_folder(place, folder, explain=explain, model=model))


def _folder_words(folder: Path) -> str:
    return printable(str(folder))


def _started(job: Job) -> None:
    show_batch(job.job_id)
    st.rerun()
