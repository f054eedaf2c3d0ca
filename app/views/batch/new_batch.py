"""Starting a batch: uploaded files or a ZIP, or a server folder that the settings allow."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.domain.bundles import BundleInfo
from app.domain.figures.batch_view import LONGEST_NAME
from app.domain.jobs import Job
from app.domain.text import counted, megabytes
from app.services import batches, models
from app.services.trust import stopping
from app.services.uploading import receiving
from app.services.watching import looking
from app.services.workplace import Workplace
from app.views.batch.batches import show_batch
from app.views.shared.errors import show_errors, show_errors_on_top
from app.views.shared.format import plain
from app.views.shared.server_folder import choose_root, choose_subfolder, folder_text
from app.views.shared.upload import received_files, upload_limits, upload_token

_EXPLAIN = "Also make a heatmap of each {image}'s most probable finding"
_REFINE = "Also refine and measure each {image}'s heatmap"
_WITH_READER = (
    "Heatmaps of all classes and prototypes come with the predictions: the model's mask reader "
    "draws them, unmeasured. Refining that of the most probable finding takes about a second."
)
_UPLOAD, _SERVER = "Files, folder or ZIP", "Server folder"


def draw_new_batch(workplace: Workplace) -> None:
    """Choose files, check the choice, start."""
    st.markdown("##### New batch")
    usable = {
        info.digest: info
        for info in models.all(workplace)
        if not info.problem and stopping.stop_of(workplace, info.digest) is None
    }
    if not usable:
        st.info("A batch needs a model. Add one with: `python -m app models add DIR`")
        return
    if folders := looking.watched_folders(workplace):
        shown = ", ".join(map(plain, folders))
        st.caption(f":material/visibility: New files of {shown} become batches by themselves.")
    active = models.active(workplace)
    digests = list(usable)
    kind = st.segmented_control(
        "From",
        [_UPLOAD, _SERVER],
        default=_UPLOAD,
        key="batch-kind",
        label_visibility="collapsed",
    )
    model = st.selectbox(
        "Model",
        digests,
        # Of several none is taken by itself in the place of one that is stopped.
        index=digests.index(active.digest) if active else None,
        placeholder="Choose a model",
        format_func=lambda digest: f"{usable[digest].title_of_version} · {usable[digest].short}",
        key="batch-model",
    )
    if model is None:
        return
    name = st.text_input(
        "Name",
        key="batch-name",
        max_chars=LONGEST_NAME,
        placeholder="Name (optional, of no patient)",
        label_visibility="collapsed",
    )
    has_reader = usable[model].has_reader
    asks = usable[model].noun.say(_REFINE if has_reader else _EXPLAIN)
    explain = st.checkbox(asks, key="batch-explain")
    if has_reader:
        st.caption(_WITH_READER)
    if kind == _SERVER:
        _draw_server_folder(workplace, model, explain, name)
    else:
        _draw_upload(workplace, usable[model], explain, name)


def _draw_upload(workplace: Workplace, model: BundleInfo, explain: bool, name: str) -> None:
    sent = received_files(workplace, key="batch-upload", keeps=True, model=model)
    chosen = [
        file for file in workplace.uploads.held(upload_token(workplace)) if file.key in sent.ids
    ]
    if chosen:
        size = sum(file.size for file in chosen)
        st.caption(f"Chosen: {counted(len(chosen), 'file')}, {megabytes(size)}.")
    else:
        st.caption(upload_limits(workplace, model, batch=True))
    if st.button("Start", type="primary", disabled=not chosen, key="batch-start"):
        with show_errors_on_top():
            _open_batch(_start_upload(workplace, sent.ids, model.digest, explain, name))
        st.rerun()  # refused: the files were deleted, so the page is redrawn without them


def _start_upload(
    workplace: Workplace, ids: Sequence[str], model: str, explain: bool, name: str
) -> Job:
    with (
        st.spinner(f"Storing {counted(len(ids), 'file')}…"),
        receiving.taken(workplace, upload_token(workplace), ids) as files,
    ):
        return batches.start_upload(workplace, files, explain=explain, model=model, name=name)


def _draw_server_folder(workplace: Workplace, model: str, explain: bool, name: str) -> None:
    root = choose_root(workplace, key="batch")
    if root is None:
        return
    with show_errors():
        subfolders = batches.subfolders(workplace, root)
        folder = choose_subfolder(root, subfolders, key="batch") if subfolders else root
        st.caption(f"Reads {plain(folder_text(folder))}. Hidden files and links are skipped.")
        if st.button("Start", type="primary", key="batch-start"):
            job = batches.start_folder(workplace, folder, explain=explain, model=model, name=name)
            _open_batch(job)


def _open_batch(job: Job) -> None:
    show_batch(job.job_id)
    st.rerun()
