"""The prototypes behind the prediction: what speaks for it, and the source images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from urllib.parse import quote

import streamlit as st

from app.domain.annotations import ARTEFACTS, USEFULNESS, PrototypeJudgement
from app.domain.cases import GallerySource, Sheet, SheetMatch
from app.domain.evidence import SOURCES, Reason, reasons
from app.domain.text import number, percent, signed
from app.services.workplace import Workplace
from app.views.review.heatmaps import draw_explain_button
from app.views.review.waterfall import draw_waterfall, question
from app.views.shared import drafts
from app.views.shared.format import plain
from app.views.shared.navigation import link_to_reasons
from dprotonet.inference.prediction import Prediction

FIRST = 5  # cards shown before the reader asks for all
_ATTACH_COMMAND = "python -m training gallery BUNDLE --data DIR"


def draw_matches(
    workplace: Workplace, sheet: Sheet, prediction: Prediction, *, expected: int
) -> None:
    """The waterfall, then one card for each reason, what speaks most first."""
    found = reasons(sheet.matches)
    draw_waterfall(sheet, prediction, found)
    if sheet.matches and not any(s.has_picture for m in sheet.matches for s in m.sources):
        draw_gallery_hint()
    if any(row.match.own_map is not None for row in sheet.matches):
        st.caption(
            "Each card begins with this image under the prototype's own map: where the network "
            "looks for it. Training images that the prototype was made from follow."
        )
    shows_all = st.session_state.get("all-matches", False)
    largest = max((abs(reason.evidence) for reason in found), default=1.0) or 1.0
    for reason in found if shows_all else found[:FIRST]:
        _draw_reason(workplace, sheet, prediction, reason, largest=largest, expected=expected)
    if len(found) > FIRST:
        st.toggle(f"Show all {len(sheet.matches)} prototypes", key="all-matches")
    with st.expander("Details"):
        st.caption(_details(sheet, prediction))


def _details(sheet: Sheet, prediction: Prediction) -> str:
    """How the numbers hang together, as Markdown."""
    leading = prediction.require_leading()
    name, own = plain(leading), signed(prediction.logits[leading])
    text = f"{len(sheet.matches)} contributions sum to the logit of **{name}**, {own}"
    if prediction.runner_up is not None:
        second = prediction.runner_up
        text += (
            f", and likewise to that of **{plain(second)}**, {signed(prediction.logits[second])}. "
            f"The bars are the differences; their sum, {signed(prediction.evidence)}, is the "
            "log-odds of one against the other"
        )
    return f"{text}. Calibration turns the logits of all classes into probabilities."


def draw_gallery_hint() -> None:
    """Why there are no source images, and how to add them."""
    st.caption(
        ":material/hide_image: This model comes without its source images. If you have the data "
        f"set, attach them on the Model page, under Prototypes, or with: `{_ATTACH_COMMAND}`"
    )


def _draw_reason(
    workplace: Workplace,
    sheet: Sheet,
    prediction: Prediction,
    reason: Reason,
    *,
    largest: float,
    expected: int,
) -> None:
    """One card: several prototypes with the same source images share it."""
    first = reason.matches[0]
    with st.container(border=True, key=f"match-{first.match.prototype}", gap="xsmall"):
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            st.markdown(reason_title(reason), width="content")
            st.markdown(
                f"**{signed(reason.evidence)}**",
                width="content",
                help=f"How much it {plain(question(prediction))} (+), or the reverse (−).",
            )
        st.html(contribution_bar(reason.evidence, largest))
        draw_sources(
            sheet.model or "",
            first.match.prototype,
            first.sources[:SOURCES],
            before=own_map_pictures(sheet, reason),
        )
        for row in reason.matches:
            _draw_actions(workplace, sheet, row, expected=expected, named=len(reason.matches) > 1)


def own_map_pictures(sheet: Sheet, reason: Reason) -> list[str]:
    """This image under each prototype's own map, where the prediction keeps it, as Markdown."""
    pictures = []
    for row in reason.matches:
        if row.match.own_map is None:
            continue
        name = row.match.prototype
        address = (
            f"/api/own-map/{sheet.case.case_id}/{sheet.frame}/{sheet.model}/{quote(name, safe='')}"
        )
        pictures.append(f"![{plain(f'This image, own map of {name}')}]({address})")
    return pictures


def reason_title(reason: Reason) -> str:
    """The prototypes and their class, as Markdown."""
    first, *others = reason.prototypes
    more = f" and {plain(', '.join(others))}, the same images" if others else ""
    return f"**{plain(first)}**{more} · {plain(reason.class_name)}"


def _draw_actions(
    workplace: Workplace, sheet: Sheet, row: SheetMatch, *, expected: int, named: bool
) -> None:
    """The similarity to one prototype, its heatmap and the reader's judgement of it."""
    match = row.match
    name = f"{plain(match.prototype)}: similarity" if named else "Similarity"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{name} {number(match.similarity, 3)}", width="content")
        draw_explain_button(
            workplace, sheet, f"prototype:{match.prototype}", key=f"explain-{match.prototype}"
        )
        # A fragment: a judgement redraws the button of its own row and nothing else.
        st.fragment(draw_judgement)(sheet, match.prototype, expected=expected)


def contribution_bar(contribution: float, largest: float) -> str:
    """A bar from the centre to the right (for) or to the left (against); contains only numbers."""
    width = min(1.0, abs(contribution) / largest) * 50
    left, side = (50.0, "for") if contribution >= 0 else (50 - width, "against")
    return (
        '<div class="measure" role="img" aria-label="contribution '
        f'{contribution:.2f}"><span class="{side}" style="left:{left:.1f}%;width:{width:.1f}%">'
        '</span><span class="zero" style="left:50%"></span></div>'
    )


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
        st.caption("This model has no source images for the prototype.")
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


def draft_name(sheet: Sheet, prototype: str) -> str:
    """Name of the draft that holds the judgement of one prototype on one image."""
    return f"judge-{sheet.case.case_id}-{sheet.frame}-{sheet.model}-{prototype}"


def draw_judgement(sheet: Sheet, prototype: str, *, expected: int) -> None:
    """Similar? Useful? Saved together with the verdict."""
    name = draft_name(sheet, prototype)
    drafts.open_draft(name, expected, asdict(signed_judgement(sheet, prototype)))
    label = judgement_label(current_judgement(sheet, prototype))
    with st.popover(label, key=f"judge-{prototype}"):
        st.segmented_control(
            "Does the prototype's region in this image look like the source images?",
            [True, False],
            format_func=lambda similar: "Similar" if similar else "Not similar",
            key=drafts.widget_key(name, "similar"),
        )
        usefulness = st.segmented_control(
            "As evidence for the prediction, it is",
            USEFULNESS,
            format_func=str.capitalize,
            key=drafts.widget_key(name, "usefulness"),
        )
        if usefulness == "artefact":
            st.segmented_control(
                "Which artefact? Choose one.",
                ARTEFACTS,
                format_func=str.capitalize,
                key=drafts.widget_key(name, "artefact"),
            )
        st.caption("Saved with the verdict.")
        link_to_reasons(
            "This reason is wrong: switch it off…", model=sheet.model or "", prototype=prototype
        )
    drafts.keep(name)


def signed_judgement(sheet: Sheet, prototype: str) -> PrototypeJudgement:
    """The judgement of a prototype in the latest revision."""
    saved = sheet.annotation.prototype_judgements.get(prototype) if sheet.annotation else None
    return saved or PrototypeJudgement()


def current_judgement(sheet: Sheet, prototype: str) -> PrototypeJudgement:
    """The reader's current choice; the signed one where the reader changed nothing."""
    name = draft_name(sheet, prototype)
    if not drafts.exists(name) or not drafts.is_changed(name):
        return signed_judgement(sheet, prototype)
    usefulness = drafts.latest(name, "usefulness")
    return PrototypeJudgement(
        similar=drafts.latest(name, "similar"),
        usefulness=usefulness,
        artefact=drafts.latest(name, "artefact") if usefulness == "artefact" else None,
    )


def judgement_label(judgement: PrototypeJudgement) -> str:
    """The button's label: Judge, or the judgement."""
    parts: list[str] = []
    if judgement.lacks_kind:
        parts.append("artefact: which?")
    elif judgement.usefulness:
        parts.append(judgement.artefact or judgement.usefulness)
    if judgement.similar is not None:
        parts.append("similar" if judgement.similar else "not similar")
    return ", ".join(parts).capitalize() or "Judge"
