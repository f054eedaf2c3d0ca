"""Attaching the pictures of a model's source images: from a ZIP or files, or a server folder."""

from __future__ import annotations

import streamlit as st

from app.domain.bundles import BundleInfo
from app.domain.jobs import Job
from app.domain.text import counted, megabytes
from app.services.pictures import attach, folder_job
from app.services.pictures.attach import Attached
from app.services.uploading import receiving
from app.services.workplace import Workplace
from app.views.shared.errors import show_errors, show_errors_on_top
from app.views.shared.format import plain
from app.views.shared.program_progress import EVERY, draw_progress
from app.views.shared.server_folder import choose_root, folder_text
from app.views.shared.upload import received_files, upload_token

_UPLOAD, _SERVER = "ZIP or files", "Server folder"


def draw_attach(workplace: Workplace, info: BundleInfo) -> None:
    """How many source images have a picture; where some have none, the ways to attach them."""
    if info.reads_rows:  # no file holds the picture of a row
        return
    now = attach.state(workplace, info.digest)
    if now.wanted == 0:
        return
    search = folder_job.newest(workplace, info.digest)
    if search is not None and search.is_active:
        st.fragment(_draw_search, run_every=EVERY)(workplace, info, search)
        return
    _draw_last(info, now, search)
    attached = attach.attached(workplace, info.digest)
    if attached or now.found < now.wanted:
        st.caption(f":material/hide_image: {shown_text(now, attached)}")
    if workplace.actor.may("change models"):
        _draw_ways(workplace, info, now)


def shown_text(now: Attached, attached: int) -> str:
    """How many source images have a picture, and where those come from that the model lacks."""
    text = f"{now.found} of {counted(now.wanted, 'source image')} of this model can be shown."
    if attached == 0:
        return text
    return (
        f"{text} {counted(attached, 'picture was', 'pictures were')} attached here: each is of a "
        "file with the SHA-256 that the model names."
    )


def _draw_ways(workplace: Workplace, info: BundleInfo, now: Attached) -> None:
    _draw_detach(workplace, info)
    if now.found == now.wanted:
        return
    with st.expander("Attach pictures", icon=":material/add_photo_alternate:"):
        st.caption(
            "The model's data may not be passed on with it; if you have them, attach pictures. "
            "Files are recognised by their SHA-256, whatever they are called: they must be the "
            "very files of training. Small pictures of those that are needed are kept in the data "
            "folder of this program; nothing of all others is kept, and the files stay as they are."
        )
        kind = st.segmented_control(
            "From",
            [_UPLOAD, _SERVER],
            default=_UPLOAD,
            key="attach-kind",
            label_visibility="collapsed",
        )
        if kind == _SERVER:
            _draw_folder(workplace, info)
        else:
            _draw_upload(workplace, info)


def _result_key(info: BundleInfo) -> str:
    return f"attach-result-{info.digest}"


def _search_key(info: BundleInfo) -> str:
    return f"attach-search-{info.digest}"


def result_text(result: Attached, compared: str) -> str:
    """What became of it, as Markdown.

    Args:
        compared: how many files were looked at, a sentence, and what could not be used.
    """
    text = f"{result.found} of {counted(result.wanted, 'source image')} found; {plain(compared)}"
    missing = result.wanted - result.found
    if missing:
        text += f" {missing} {'is' if missing == 1 else 'are'} not among the files of training."
    return text


def _draw_last(info: BundleInfo, now: Attached, search: Job | None) -> None:
    """What came of this session's upload, or of the latest search of a folder."""
    uploaded: str | None = st.session_state.get(_result_key(info))
    if uploaded is not None:
        _draw_result(now, uploaded)
        return
    is_own = search is not None and st.session_state.get(_search_key(info)) == search.job_id
    if search is None or (now.found == now.wanted and not is_own):
        return  # what an earlier search said does not matter any more
    if search.state == "failed":
        st.error(plain(search.message), icon=":material/error:")
    elif search.state == "cancelled":
        st.caption(f"The last search of a folder: {plain(search.message)}")
    else:
        _draw_result(now, search.message)


def _draw_result(now: Attached, compared: str) -> None:
    is_whole = now.found == now.wanted
    (st.success if is_whole else st.warning)(
        result_text(now, compared),
        icon=":material/check:" if is_whole else ":material/image_search:",
    )


def _draw_detach(workplace: Workplace, info: BundleInfo) -> None:
    """The way back, where pictures were attached to this model."""
    count = attach.attached(workplace, info.digest)
    if count == 0:
        return
    with st.popover("Remove attached pictures", icon=":material/hide_image:"):
        st.caption(
            f"Removes {counted(count, 'small picture')} from the data folder of this program. Your "
            "own files stay as they are, and pictures can be attached again."
        )
        st.button(
            "Remove", key="attach-remove", on_click=_detach, args=(workplace, info), type="primary"
        )


def _detach(workplace: Workplace, info: BundleInfo) -> None:
    with show_errors_on_top():
        attach.detach(workplace, info.digest)
        st.session_state.pop(_result_key(info), None)


def _draw_upload(workplace: Workplace, info: BundleInfo) -> None:
    sent = received_files(workplace, key="gallery-upload", keeps=True)
    held = workplace.uploads.held(upload_token(workplace))
    chosen = [file for file in held if file.key in sent.ids]
    if chosen:
        size = sum(file.size for file in chosen)
        st.caption(f"Chosen: {counted(len(chosen), 'file')}, {megabytes(size)}.")
    else:
        most = megabytes(workplace.settings.upload_bytes)
        st.caption(f"Up to {most} at once; for more, use a server folder.")
    if st.button("Attach", type="primary", disabled=not chosen, key="attach-start"):
        with (
            show_errors_on_top(),
            st.spinner(f"Comparing {counted(len(chosen), 'file')}…"),
            receiving.taken(workplace, upload_token(workplace), sent.ids) as files,
        ):
            result = attach.attach_uploads(workplace, info.digest, files)
            st.session_state[_result_key(info)] = folder_job.compared_text(result)
        st.rerun()


def _draw_folder(workplace: Workplace, info: BundleInfo) -> None:
    root = choose_root(workplace, key="attach")
    if root is None:
        return
    st.caption(f"Looks through {plain(folder_text(root))}. Hidden files and links are skipped.")
    if st.button("Attach", type="primary", key="attach-start"):
        with show_errors():
            search = folder_job.start(workplace, info.digest, root)
            st.session_state[_search_key(info)] = search.job_id
            st.session_state.pop(_result_key(info), None)
            st.rerun()


def _draw_search(workplace: Workplace, info: BundleInfo, search: Job) -> None:
    """A fragment: how far the worker is; the page may be left meanwhile."""
    now = attach.state(workplace, info.digest)
    draw_progress(
        workplace,
        search,
        f"{now.found} of {counted(now.wanted, 'source image')} found",
        key="attach",
        beside=True,
    )
