"""The training images of a prototype, small and side by side."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

import streamlit as st

from app.domain.cases import GallerySource
from app.domain.text import number, percent
from app.views.shared.format import plain


def draw_sources(
    model: str,
    prototype: str,
    sources: tuple[GallerySource, ...],
    *,
    before: Sequence[str] = (),
    place: str = "",
) -> None:
    """The training images of a prototype, each beside the prototype's own map of it, or where the
    bundle keeps none beside its heatmap.

    Args:
        model: digest of the bundle.
        prototype: its id.
        sources: the images.
        before: pictures to show first, as Markdown.
        place: tells apart where a page shows the same ones twice.
    """
    if not sources:
        st.caption("This model has no sources of the prototype.")
    pictures = [*before, *source_pictures(model, prototype, sources)]
    with st.container(key=f"sources-{place}{prototype}", gap="xxsmall"):
        if pictures:
            st.markdown(" ".join(pictures))
        if sources and not any(source.has_picture for source in sources):
            st.caption(
                " · ".join(
                    f"{plain(source.sample_id)} ({percent(source.weight)}, "
                    f"similarity {number(source.similarity)})"
                    for source in sources
                )
            )


def source_pictures(model: str, prototype: str, sources: Sequence[GallerySource]) -> list[str]:
    """The pictures of :func:`draw_sources`, as Markdown."""
    pictures = []
    for source in sources:
        address = f"/api/gallery/{model}/{quote(prototype, safe='')}/{source.number}"
        title = f"Source {source.number + 1} of {prototype}"
        if source.has_picture:
            pictures.append(f"![{plain(title)}]({address})")
        if source.has_own_map:
            pictures.append(f"![{plain(title)}, own map]({address}/own-map)")
        elif source.has_heatmap:
            pictures.append(f"![{plain(title)}, heatmap]({address}/heatmap)")
    return pictures
