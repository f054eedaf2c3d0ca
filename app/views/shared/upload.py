"""Adding images: files are stored at once, since an upload is lost when the page changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from app.domain.bundles import BundleInfo
from app.domain.cases import Intake
from app.domain.noun import IMAGE, Kind, Noun
from app.domain.text import counted, megabytes
from app.services import models
from app.services.deidentify import held
from app.services.tables.arriving import MOST_ROWS
from app.services.uploading import intake, receiving, several
from app.services.workplace import Workplace
from app.viewer.upload_field import Upload, upload_field
from app.views.shared.format import plain
from app.views.shared.navigation import show_case

# In the order of the list: what needs attention comes first.
_ICONS = {
    "error": ":material/error:",
    "skipped": ":material/do_not_disturb_on:",
    "held": ":material/visibility:",
    "duplicate": ":material/content_copy:",
    "added": ":material/check_circle:",
}
FORMS: Mapping[Kind, str] = {
    "image": "DICOM, PNG, JPEG, TIFF, BMP or WebP",
    "row": "CSV in UTF-8, or Parquet",
}
"""What a model of each kind reads."""
_MOST_ROWS = 8
_TOKEN = "upload-token"


def draw_upload(workplace: Workplace) -> None:
    """The field for files or a folder, and the results of the last upload."""
    model = models.active(workplace)
    st.markdown("##### Add a table" if model and model.reads_rows else "##### Add images")
    sent = received_files(workplace, key="review-upload", keeps=False, model=model)
    if sent.ids:
        _add(workplace, sent)
    st.caption(upload_limits(workplace, model))
    _draw_results(IMAGE if model is None else model.noun)


def received_files(
    workplace: Workplace, *, key: str, keeps: bool, model: BundleInfo | None = None
) -> Upload:
    """Draw the upload field and give the files that the server holds for this session.

    Args:
        workplace: of the page.
        key: of the field.
        keeps: the page uses the files only when the reader says so.
        model: that reads the files, where it is known.
    """
    token = upload_token(workplace)
    waiting = [file.key for file in workplace.uploads.held(token)]
    sent = upload_field(
        token=token,
        held=waiting,
        file_bytes=workplace.settings.file_bytes,
        too_large=intake.too_large(workplace),
        keeps=keeps,
        invitation=_invitation(model, keeps=keeps),
        key=key,
    )
    return replace(sent, ids=tuple(file_id for file_id in sent.ids if file_id in waiting))


def _invitation(model: BundleInfo | None, *, keeps: bool) -> str:
    what = "tables" if model is not None and model.reads_rows else "images"
    return f"Drop {what}, a folder or a ZIP file here" if keeps else f"Drop {what} or a folder here"


def upload_token(workplace: Workplace) -> str:
    """The token of this browser session, made when it first sees an upload field."""
    token = receiving.token(workplace, st.session_state.get(_TOKEN))
    st.session_state[_TOKEN] = token
    return token


def upload_limits(workplace: Workplace, model: BundleInfo | None, *, batch: bool = False) -> str:
    """What fits in one upload, and how to add more.

    Args:
        workplace: whose limits.
        model: that reads what is uploaded; None: it is not chosen yet.
        batch: the upload becomes a batch.
    """
    settings = workplace.settings
    if model is not None and model.reads_rows:
        most = MOST_ROWS if batch else settings.upload_files
        more = "" if batch else " For more, use the Batch page."
        return (
            f"The model {plain(model.name)} reads rows of a table: {FORMS['row']}. Each "
            f"row becomes a case of its own; up to {most:,} at once. Columns that the model does "
            f"not read are not kept.{more}"
        )
    return (
        f"{FORMS['image']}, recognised by content. Up to "
        f"{counted(settings.upload_files, 'file')} and {megabytes(settings.upload_bytes)} at once. "
        "For more, use a server folder on the Batch page, or the command line."
    )


def _add(workplace: Workplace, sent: Upload) -> None:
    with (
        st.spinner(f"Reading {counted(len(sent.ids), 'file')}…"),
        receiving.taken(workplace, upload_token(workplace), sent.ids) as files,
    ):
        token = upload_token(workplace)
        results = several.add_many(
            workplace, files, held=lambda arrived: held.hold(workplace, token, arrived)
        )
    st.session_state["upload-results"] = results
    case_ids = [result.case_id for result in results if result.case_id]
    if len(results) == 1 and case_ids and not sent.failed:
        show_case(case_ids[0])
    st.rerun()


def _draw_results(noun: Noun) -> None:
    results: list[Intake] = st.session_state.get("upload-results", [])
    if not results:
        return
    counts = [
        f"{sum(result.outcome == outcome for result in results)} {text}"
        for outcome, text in (
            ("added", "added"),
            ("duplicate", "already imported"),
            ("skipped", f"not {noun.file}"),
            ("error", "not readable"),
            ("held", "to be looked at"),
        )
        if any(result.outcome == outcome for result in results)
    ]
    order = list(_ICONS)
    ordered = sorted(results, key=lambda result: order.index(result.outcome))
    with st.container(key="results", gap="xsmall"):
        st.markdown(f"**Last upload**: {', '.join(counts)}.")
        for result in ordered[:_MOST_ROWS]:
            message = f" – {plain(result.message)}" if result.message else ""
            st.caption(f"{_ICONS[result.outcome]} **{plain(result.name)}**{message}")
        if len(results) > _MOST_ROWS:
            st.caption(f"and {len(results) - _MOST_ROWS} more")
