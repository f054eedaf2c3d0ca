"""Attaching the pictures of a model's source images: from a ZIP or files, or a server folder."""

from __future__ import annotations

import streamlit as st

from app.domain.bundles import BundleInfo
from app.services.pictures import attach
from app.services.pictures.attach import Attached, FolderSearch
from app.services.uploading import receiving
from app.services.workplace import Workplace
from app.views.shared.errors import show_errors, show_errors_on_top
from app.views.shared.format import counted, megabytes, plain
from app.views.shared.server_folder import choose_root, folder_text
from app.views.shared.upload import received_files, upload_token

_UPLOAD, _SERVER = "ZIP or files", "Server folder"
_STEP = 0.5  # seconds of a search between two looks at the page
_PAUSE = 0.2  # seconds, in which the page takes presses
_MOST_PROBLEMS = 3


def draw_attach(workplace: Workplace, info: BundleInfo) -> None:
    """How many source images have a picture; where some have none, the ways to attach them."""
    now = attach.state(workplace, info.digest)
    if now.wanted == 0:
        return
    _draw_last(info)
    if now.found == now.wanted:
        return
    st.caption(
        f":material/hide_image: {now.found} of {counted(now.wanted, 'source image')} of this model "
        "can be shown. Its data may not be passed on with it; if you have them, attach pictures."
    )
    with st.expander("Attach pictures", icon=":material/add_photo_alternate:"):
        st.caption(
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
        search: FolderSearch | None = st.session_state.get(_search_key(info))
        if search is not None:
            st.fragment(_draw_search, run_every=_PAUSE)(info, search)
        elif kind == _SERVER:
            _draw_folder(workplace, info)
        else:
            _draw_upload(workplace, info)


def _search_key(info: BundleInfo) -> str:
    return f"attach-search-{info.digest}"


def _result_key(info: BundleInfo) -> str:
    return f"attach-result-{info.digest}"


def result_text(result: Attached) -> str:
    """What became of it, as Markdown."""
    text = f"{result.found} of {counted(result.wanted, 'source image')} found; "
    text += f"{counted(result.looked_at, 'file')} compared."
    missing = result.wanted - result.found
    if missing:
        text += f" {missing} {'is' if missing == 1 else 'are'} not among the files of training."
    return text


def _draw_last(info: BundleInfo) -> None:
    result: Attached | None = st.session_state.get(_result_key(info))
    if result is None:
        return
    is_whole = result.found == result.wanted
    (st.success if is_whole else st.warning)(
        result_text(result), icon=":material/check:" if is_whole else ":material/image_search:"
    )
    for problem in result.problems[:_MOST_PROBLEMS]:
        st.caption(plain(problem))


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
            st.session_state[_result_key(info)] = result
        st.rerun()


def _draw_folder(workplace: Workplace, info: BundleInfo) -> None:
    root = choose_root(workplace, key="attach")
    if root is None:
        return
    st.caption(f"Looks through {plain(folder_text(root))}. Hidden files and links are skipped.")
    if st.button("Attach", type="primary", key="attach-start"):
        with show_errors():
            search = FolderSearch(workplace, info.digest, root)
            st.session_state.pop(_result_key(info), None)
            st.session_state[_search_key(info)] = search
            st.rerun()


def _draw_search(info: BundleInfo, search: FolderSearch) -> None:
    """A fragment: looks through some files, then lets the page breathe."""
    if st.session_state.get(_search_key(info)) is not search:  # stopped
        st.rerun()
    with show_errors():
        state = search.step(_STEP)
        if state.is_over:
            _end(info, search)
            st.rerun()
        if state.total is None:
            st.progress(0.0, text="Listing the folder…")
        else:
            st.progress(
                state.looked_at / max(state.total, 1),
                text=f"{state.found} of {counted(state.wanted, 'source image')} found; "
                f"{state.looked_at:,} of {counted(state.total, 'file')} compared…",
            )
    st.button("Stop", key="attach-stop", on_click=_end, args=(info, search))


def _end(info: BundleInfo, search: FolderSearch) -> None:
    st.session_state.pop(_search_key(info), None)
    st.session_state[_result_key(info)] = search.state
