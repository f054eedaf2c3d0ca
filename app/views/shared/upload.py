"""Taking in images: kept at once, since an upload is lost when the page changes."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from app.domain.cases import Intake
from app.services.uploading import intake, receiving
from app.services.workplace import Workplace
from app.viewer.upload_field import Upload, upload_field
from app.views.shared.format import counted, megabytes, plain
from app.views.shared.navigation import show_case

# In the order in which they are told: what needs a look first.
_ICONS = {
    "error": ":material/error:",
    "skipped": ":material/do_not_disturb_on:",
    "duplicate": ":material/content_copy:",
    "added": ":material/check_circle:",
}
_MOST_ROWS = 8
_TOKEN = "upload-token"


def draw_upload(workplace: Workplace) -> None:
    """The field for files or a folder, and what became of the last ones."""
    st.markdown("##### Add images")
    sent = received_files(workplace, key="review-upload", keeps=False)
    if sent.ids:
        _take_in(workplace, sent)
    st.caption(upload_limits(workplace))
    _draw_results()


def received_files(workplace: Workplace, *, key: str, keeps: bool) -> Upload:
    """Draw the upload field; what it has sent and the server still holds for this session.

    Args:
        keeps: the page waits with the files until the reader says so.
    """
    token = upload_token(workplace)
    held = [file.key for file in workplace.uploads.held(token)]
    sent = upload_field(
        token=token,
        held=held,
        file_bytes=workplace.settings.file_bytes,
        too_large=intake.too_large(workplace),
        keeps=keeps,
        key=key,
    )
    return replace(sent, ids=tuple(one for one in sent.ids if one in held))


def upload_token(workplace: Workplace) -> str:
    """This browser session's, made at its first look at an upload field."""
    token = receiving.token(workplace, st.session_state.get(_TOKEN))
    st.session_state[_TOKEN] = token
    return token


def upload_limits(workplace: Workplace) -> str:
    """What fits in one upload, and where more goes."""
    settings = workplace.settings
    return (
        "DICOM, PNG, JPEG, TIFF, BMP, WebP; the content decides, not the name. Up to "
        f"{counted(settings.upload_files, 'file')} and {megabytes(settings.upload_bytes)} at once. "
        "Larger sets: a server folder on the Batch page, or the shell."
    )


def _take_in(workplace: Workplace, sent: Upload) -> None:
    with (
        st.spinner(f"Reading {counted(len(sent.ids), 'file')}…"),
        receiving.taken(workplace, upload_token(workplace), sent.ids) as files,
    ):
        results = intake.add_many(workplace, files)
    st.session_state["upload-results"] = results
    arrived = [found.case_id for found in results if found.case_id]
    if len(results) == 1 and arrived and not sent.failed:
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
