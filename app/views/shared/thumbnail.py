"""The small picture of an image in a list."""

from __future__ import annotations

from urllib.parse import quote

from app.views.shared.format import plain


def thumbnail_address(case_id: str) -> str:
    """Where a case's thumbnail is."""
    return f"/api/thumbnail/{quote(case_id, safe='')}"


def thumbnail_markdown(case_id: str, name: str) -> str:
    """The thumbnail as Markdown, to be drawn in a container whose key begins with ``thumb-``."""
    return f"![{plain(f'Thumbnail of {name}')}]({thumbnail_address(case_id)})"
