"""Choosing a server folder out of those that the settings allow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from app.services import batches
from app.services.workplace import Workplace
from dprotonet.images.file_names import printable


def choose_root(workplace: Workplace, *, key: str, otherwise: str = "") -> Path | None:
    """One of the allowed folders; None where there is none, which is said.

    Args:
        key: of the page's part, such as "batch".
        otherwise: what else a reader may do, as the end of that sentence.
    """
    roots = batches.folders(workplace)
    if not roots:
        st.info(
            "No server folder is allowed. List folders in `DPROTONET_FOLDERS` before the program "
            f"starts{otherwise or '.'}",
            icon=":material/folder_off:",
        )
        return None
    root: Path = st.selectbox("Folder", roots, format_func=folder_text, key=f"{key}-root")
    return root


def choose_subfolder(root: Path, subfolders: Sequence[Path], *, key: str) -> Path:
    """A subfolder of an allowed folder, or the whole of it."""
    chosen: Path | None = st.selectbox(
        "Subfolder",
        subfolders,
        index=None,
        format_func=lambda path: printable(path.name),
        placeholder="The whole folder",
        key=f"{key}-subfolder-{folder_text(root)}",
    )
    return chosen or root


def folder_text(folder: Path) -> str:
    """A folder's path as text that can be shown."""
    return printable(str(folder))
