"""The training patches nearest to a prototype, small and side by side."""

from __future__ import annotations

from collections import Counter
from urllib.parse import quote

import streamlit as st

from app.domain.text import number
from app.services.pictures.nearest import ShownPatch
from app.views.shared.format import plain

INTRODUCTION = (
    "Each prototype is one patch of a training image. Beside it stand the training patches nearest "
    "to it, one of an image: the box holds the places that are most similar. What the prototypes "
    "add to an image’s answer stands in the reading room, under its prediction."
)


def draw_patches(model: str, prototype: str, patches: tuple[ShownPatch, ...]) -> None:
    """The patches in their images, and what classes those have.

    Args:
        model: digest of the bundle.
        prototype: its id.
        patches: its nearest, the nearest first.
    """
    with st.container(key=f"sources-nearest-{prototype}", gap="xxsmall"):
        st.markdown(" ".join(patch_pictures(model, prototype, patches)))
        st.caption(patches_text(patches))


def patch_pictures(model: str, prototype: str, patches: tuple[ShownPatch, ...]) -> list[str]:
    """The pictures of :func:`draw_patches`, as Markdown; under the nearest one's, the same image
    with the similarity of all its places."""
    pictures = []
    for patch in patches:
        address = f"/api/nearest/{model}/{quote(prototype, safe='')}/{patch.number}"
        title = (
            f"{plain(', '.join(patch.classes) or 'no class')}, similarity "
            f"{number(patch.similarity)}"
        )
        pictures.append(f"![Patch {patch.number + 1} of {plain(prototype)}: {title}]({address})")
        if patch.number == 0 and patch.has_picture:
            pictures.append(f"![Patch 1 of {plain(prototype)}, all places]({address}/map)")
    return pictures


def patches_text(patches: tuple[ShownPatch, ...]) -> str:
    """How many of the patches are of the prototype's class, as Markdown."""
    right = sum(patch.is_of_its_class for patch in patches)
    text = f"{right} of its {len(patches)} nearest training patches are of its class"
    others = Counter(
        plain(name) for patch in patches if not patch.is_of_its_class for name in patch.classes
    )
    if others:
        text += f"; the others: {', '.join(f'{name} {n}' for name, n in others.most_common())}"
    least, most = patches[-1].similarity, patches[0].similarity
    return f"{text}. Similarity {number(most)} to {number(least)}."
