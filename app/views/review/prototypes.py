"""The prototypes that made the prediction: similarity, contribution, and the images behind them."""

from __future__ import annotations

from dataclasses import asdict
from urllib.parse import quote

import streamlit as st

from app.domain.annotations import ARTEFACTS, USEFULNESS, PrototypeJudgement
from app.domain.cases import GallerySource, Sheet, SheetMatch
from app.services.workplace import Workplace
from app.views.review.heatmaps import explain_button
from app.views.shared import drafts
from app.views.shared.format import number, percent, plain, signed
from dprotonet.inference.prediction import Prediction

FIRST = 5  # rows shown before the reader asks for all
_SOURCES = 3
ATTACH = "python -m training gallery BUNDLE --data DIR"


def draw_matches(
    workplace: Workplace, sheet: Sheet, prediction: Prediction, *, expected: int
) -> None:
    """One row a prototype, largest contribution first."""
    name = plain(prediction.leading)
    st.caption(f"Bars to the right speak for “{name}”, bars to the left against it.")
    if sheet.matches and not any(s.has_picture for m in sheet.matches for s in m.sources):
        draw_how_to_attach()
    every = st.session_state.get("all-matches", False)
    shown = sheet.matches if every else sheet.matches[:FIRST]
    largest = max((abs(row.match.contribution) for row in sheet.matches), default=1.0) or 1.0
    for row in shown:
        _draw_match(workplace, sheet, row, largest=largest, expected=expected)
    if len(sheet.matches) > FIRST:
        st.toggle(f"Show all {len(sheet.matches)} prototypes", key="all-matches")
    with st.expander("Details"):
        st.caption(
            f"{len(sheet.matches)} contributions sum to the logit of **{name}**, "
            f"{signed(prediction.logits[prediction.leading])}. The probability follows from the "
            "logits of all classes, calibrated."
        )


def draw_how_to_attach() -> None:
    """Why no pictures are to be seen, and what would bring them."""
    st.caption(
        ":material/hide_image: The source pictures may not be passed on with this model. Whoever "
        f"has the data set can attach them: `{ATTACH}`"
    )


def _draw_match(
    workplace: Workplace, sheet: Sheet, row: SheetMatch, *, largest: float, expected: int
) -> None:
    match = row.match
    with st.container(border=True, key=f"match-{match.prototype}", gap="xsmall"):
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            st.markdown(
                f"**{plain(match.prototype)}** · {plain(match.class_name)}", width="content"
            )
            st.markdown(
                f"**{signed(match.contribution)}**",
                width="content",
                help="Contribution to the logit of the predicted class: for it (+) or against it "
                "(−).",
            )
        st.html(contribution_bar(match.contribution, largest))
        draw_sources(sheet.model or "", match.prototype, row.sources[:_SOURCES])
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"Similarity {number(match.similarity, 3)}", width="content")
            explain_button(
                workplace, sheet, f"prototype:{match.prototype}", key=f"explain-{match.prototype}"
            )
            # A fragment: a judgement draws its own row's button anew and nothing else.
            st.fragment(draw_judgement)(sheet, match.prototype, expected=expected)


def contribution_bar(contribution: float, largest: float) -> str:
    """A bar from the middle to the right (for) or to the left (against); numbers only."""
    share = min(1.0, abs(contribution) / largest) * 50
    left, side = (50.0, "for") if contribution >= 0 else (50 - share, "against")
    return (
        '<div class="measure" role="img" aria-label="contribution '
        f'{contribution:.2f}"><span class="{side}" style="left:{left:.1f}%;width:{share:.1f}%">'
        '</span><span class="zero" style="left:50%"></span></div>'
    )


def draw_sources(model: str, prototype: str, sources: tuple[GallerySource, ...]) -> None:
    """Training images a prototype was made of, each beside its heatmap."""
    if not sources:
        st.caption("This bundle has no gallery for the prototype.")
        return
    pictures = []
    for source in sources:
        address = f"/api/gallery/{model}/{quote(prototype, safe='')}/{source.number}"
        said = f"Source {source.number + 1} of {prototype}"
        if source.has_picture:
            pictures.append(f"![{plain(said)}]({address})")
        if source.has_heatmap:
            pictures.append(f"![{plain(said)}, heatmap]({address}/heatmap)")
    with st.container(key=f"sources-{prototype}", gap="xxsmall"):
        if pictures:
            st.markdown(" ".join(pictures))
        if not any(source.has_picture for source in sources):
            st.caption(
                " · ".join(
                    f"{plain(source.sample_id)} ({percent(source.weight)}, "
                    f"similarity {number(source.similarity)})"
                    for source in sources
                )
            )


def draft_name(sheet: Sheet, prototype: str) -> str:
    """Where the judgement of one prototype on one image waits until it is saved."""
    return f"judge-{sheet.case.case_id}-{sheet.frame}-{sheet.model}-{prototype}"


def draw_judgement(sheet: Sheet, prototype: str, *, expected: int) -> None:
    """Similar? Useful? Saved together with the verdict."""
    name = draft_name(sheet, prototype)
    drafts.begin(name, expected, asdict(signed_judgement(sheet, prototype)))
    words = judgement_words(judgement(sheet, prototype))
    with st.popover(words, key=f"judge-{prototype}"):
        st.segmented_control(
            "Does this image look like the source images, where the prototype looks?",
            [True, False],
            format_func=lambda similar: "Similar" if similar else "Not similar",
            key=drafts.widget(name, "similar"),
        )
        usefulness = st.segmented_control(
            "As a reason for the prediction it is",
            USEFULNESS,
            format_func=str.capitalize,
            key=drafts.widget(name, "usefulness"),
        )
        if usefulness == "artefact":
            st.segmented_control(
                "Which artefact? Choose one.",
                ARTEFACTS,
                format_func=str.capitalize,
                key=drafts.widget(name, "artefact"),
            )
        st.caption("Saved with the verdict.")
    drafts.keep(name)


def signed_judgement(sheet: Sheet, prototype: str) -> PrototypeJudgement:
    """What the latest revision says of a prototype."""
    said = sheet.annotation.prototype_judgements.get(prototype) if sheet.annotation else None
    return said or PrototypeJudgement()


def judgement(sheet: Sheet, prototype: str) -> PrototypeJudgement:
    """What the reader has chosen so far; what was signed last, where nothing was chosen."""
    name = draft_name(sheet, prototype)
    if not drafts.exists(name) or not drafts.is_own(name):
        return signed_judgement(sheet, prototype)
    usefulness = drafts.latest(name, "usefulness")
    return PrototypeJudgement(
        similar=drafts.latest(name, "similar"),
        usefulness=usefulness,
        artefact=drafts.latest(name, "artefact") if usefulness == "artefact" else None,
    )


def judgement_words(said: PrototypeJudgement) -> str:
    """The button's words: Judge, or what was judged."""
    parts: list[str] = []
    if said.lacks_kind:
        parts.append("artefact: which?")
    elif said.usefulness:
        parts.append(said.artefact or said.usefulness)
    if said.similar is not None:
        parts.append("similar" if said.similar else "not similar")
    return ", ".join(parts).capitalize() or "Judge"
