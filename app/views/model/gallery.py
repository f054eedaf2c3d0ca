"""The prototypes of a model by class: the images each was made of, and how it behaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.domain.bundles import BundleInfo
from app.domain.cases import GallerySource
from app.services import galleries
from app.services.workplace import Workplace
from app.views.review.prototypes import draw_how_to_attach, draw_sources
from app.views.shared.format import counted, number, percent, plain
from dprotonet.prototypes.provenance import PrototypeActivation, PrototypeRecord

if TYPE_CHECKING:
    from dprotonet.bundle.bundle import Bundle

_COLUMNS = 2
_SOURCES = 5


def draw_gallery(workplace: Workplace, info: BundleInfo, bundle: Bundle) -> None:
    """One class at a time."""
    sources = galleries.of_model(workplace, info.digest)
    name = st.segmented_control(
        "Class",
        list(bundle.classes),
        format_func=plain,
        default=next((c for c in bundle.classes if c != bundle.negative_class), None),
        key=f"gallery-class-{info.digest}",
        label_visibility="collapsed",
    )
    if not any(source.has_picture for found in sources.values() for source in found):
        draw_how_to_attach()
    records = [record for record in bundle.prototypes if name in (None, record.class_name)]
    for start in range(0, len(records), _COLUMNS):
        columns = st.columns(_COLUMNS, gap="small")
        for column, record in zip(columns, records[start : start + _COLUMNS], strict=False):
            with column:
                _draw_prototype(info, record, sources.get(record.id, ()))


def _draw_prototype(
    info: BundleInfo, record: PrototypeRecord, sources: tuple[GallerySource, ...]
) -> None:
    with st.container(border=True, key=f"match-{record.id}", gap="xsmall"):
        st.markdown(f"**{plain(record.id)}** · {plain(record.class_name)}{_flags(record)}")
        draw_sources(info.digest, record.id, sources[:_SOURCES])
        st.caption(
            f"Made of {counted(len(record.sources), 'image')}"
            + (f". {activation_words(record.activation)}" if record.activation else ".")
        )


def _flags(record: PrototypeRecord) -> str:
    if record.activation is None:
        return ""
    flags = ""
    if record.activation.dead:
        flags += " :orange-badge[never the closest]"
    if record.activation.duplicates:
        flags += f" :orange-badge[nearly equal to {plain(', '.join(record.activation.duplicates))}]"
    return flags


def activation_words(activation: PrototypeActivation) -> str:
    """How a prototype responded to the training images."""
    others = (
        f", of other classes {number(activation.mean_others)}"
        if activation.mean_others is not None
        else ""
    )
    return (
        f"Mean similarity to images of its class {number(activation.mean)}{others}; closest of its "
        f"class for {percent(activation.closest_share)} of them."
    )
