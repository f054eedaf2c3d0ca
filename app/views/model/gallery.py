"""The prototypes of a model by class, with their source images and activation statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.domain.bundles import BundleInfo
from app.domain.cases import GallerySource
from app.domain.noun import IMAGE, Noun
from app.domain.text import counted, number, percent, signed
from app.services import galleries
from app.services.pictures import nearest
from app.services.pictures.nearest import ShownPatch
from app.services.workplace import Workplace
from app.views.model.attach import draw_attach
from app.views.model.nearest import INTRODUCTION, draw_patches
from app.views.model.sources import draw_sources
from app.views.shared.format import plain
from dprotonet.prototypes.provenance import PrototypeActivation, PrototypeRecord

if TYPE_CHECKING:
    from dprotonet.bundle.bundle import Bundle

_COLUMNS = 2
_SOURCES = 5


def draw_gallery(workplace: Workplace, info: BundleInfo, bundle: Bundle) -> None:
    """One class at a time; concepts, which belong to no class, all at once."""
    sources = galleries.of_model(workplace, info.digest)
    patches = nearest.of_model(workplace, info.digest)
    if patches:
        st.caption(INTRODUCTION)
    name = None if bundle.concepts else _chosen_class(info, bundle)
    draw_attach(workplace, info)
    records = [
        record
        for record in bundle.prototypes
        if record.kind != "other" and name in (None, record.class_name)
    ]
    for start in range(0, len(records), _COLUMNS):
        columns = st.columns(_COLUMNS, gap="small")
        for column, record in zip(columns, records[start : start + _COLUMNS], strict=False):
            with column:
                _draw_prototype(
                    info, record, sources.get(record.id, ()), patches.get(record.id, ())
                )


def _chosen_class(info: BundleInfo, bundle: Bundle) -> str | None:
    return st.segmented_control(
        "Class",
        list(bundle.classes),
        format_func=plain,
        default=next((c for c in bundle.classes if c != bundle.negative_class), None),
        key=f"gallery-class-{info.digest}",
        label_visibility="collapsed",
    )


def _draw_prototype(
    info: BundleInfo,
    record: PrototypeRecord,
    sources: tuple[GallerySource, ...],
    patches: tuple[ShownPatch, ...],
) -> None:
    with st.container(border=True, key=f"match-{record.id}", gap="xsmall"):
        st.markdown(f"**{plain(record.id)}** · {plain(record.class_name)}{_flags(record)}")
        if patches:
            draw_patches(info.digest, record.id, patches)
        else:
            draw_sources(info.digest, record.id, sources[:_SOURCES])
        if record.kind == "concept":
            st.caption(axis_text(record, info.noun))
            return
        st.caption(
            f"Made from {counted(len(record.sources), info.noun.one)}"
            + (f". {activation_text(record.activation, info.noun)}" if record.activation else ".")
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


def axis_text(record: PrototypeRecord, noun: Noun = IMAGE) -> str:
    """What shows an axis most, and how it goes with the class that it speaks most for."""
    text = f"The {counted(len(record.sources), f'training {noun.one}')} that show it most"
    own = record.activation
    if own is None:
        return f"{text}."
    text += (
        f". Less its mean, the axis is {signed(own.mean)} in {noun.several} of "
        f"“{record.class_name}”, for which it speaks most"
    )
    others = "" if own.mean_others is None else f", {signed(own.mean_others)} in others"
    return f"{text}{others}."


def activation_text(activation: PrototypeActivation, noun: Noun = IMAGE) -> str:
    """The similarity of a prototype to the training images."""
    others = (
        f", {number(activation.mean_others)} to {noun.several} of other classes"
        if activation.mean_others is not None
        else ""
    )
    return (
        f"Mean similarity {number(activation.mean)} to {noun.several} of its class{others}. It is "
        f"the closest prototype of its class for {percent(activation.closest_share)} of its "
        f"{noun.several}."
    )
