"""The reader's word on an image, and the revisions it went through."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.domain.annotations import LONGEST_TEXT, VERDICTS, Annotation, PrototypeJudgement, Verdict
from app.domain.cases import Sheet
from app.domain.errors import Conflict
from app.services import review
from app.services.workplace import Workplace
from app.views.review.prototypes import draft_name, judgement
from app.views.shared import drafts
from app.views.shared.errors import show_errors
from app.views.shared.format import counted, label_words, plain, when

_CONFIDENCE = {1: "1 guess", 2: "2", 3: "3", 4: "4", 5: "5 certain"}
_MEANS = {
    "accept": "The prediction is right.",
    "reject": "The prediction is wrong.",
    "supplement": "The prediction is right as far as it goes; something is to be added.",
}


def draw_verdict(workplace: Workplace, sheet: Sheet) -> None:
    """Accept, reject or supplement; the label that is right; how certain; free words."""
    expected = sheet.annotation.revision if sheet.annotation else 0
    name = _draft_name(sheet)
    drafts.begin(name, expected, _signed(sheet.annotation))
    _draw_meanwhile(sheet)
    verdict = st.segmented_control(
        "Verdict",
        VERDICTS,
        format_func=str.capitalize,
        key=drafts.widget(name, "verdict"),
        help="  \n".join(f"**{said.capitalize()}**: {words}" for said, words in _MEANS.items()),
    )
    label = None
    if verdict in ("reject", "supplement"):
        label = st.selectbox(
            "Corrected label" if verdict == "reject" else "Further label",
            [known for known in sheet.classes if known != _predicted(sheet)],
            index=None,
            placeholder="Corrected label: choose, or type another"
            if verdict == "reject"
            else "Further label: choose, or type another",
            label_visibility="collapsed",
            accept_new_options=True,
            key=drafts.widget(name, "label"),
        )
    confidence = st.segmented_control(
        "Confidence",
        list(_CONFIDENCE),
        format_func=_CONFIDENCE.__getitem__,
        key=drafts.widget(name, "confidence"),
    )
    text = st.text_area(
        "Remarks", key=drafts.widget(name, "text"), height=70, max_chars=LONGEST_TEXT
    )
    drafts.keep(name)
    judged = {
        row.match.prototype: said
        for row in sheet.matches
        if not (said := judgement(sheet, row.match.prototype)).is_empty
    }
    if judged:
        st.caption(f"{counted(len(judged), 'prototype')} judged.")
    _draw_save(workplace, sheet, verdict, label, confidence, text, judged, expected)


def _draw_save(
    workplace: Workplace,
    sheet: Sheet,
    verdict: Verdict | None,
    label: str | None,
    confidence: int | None,
    text: str,
    judged: Mapping[str, PrototypeJudgement],
    expected: int,
) -> None:
    ready = verdict is not None and confidence is not None
    lacking = [name for name, said in judged.items() if said.lacks_kind]
    meanwhile = _signed_meanwhile(sheet)
    with st.container(horizontal=True, vertical_alignment="center", key="facts-save"):
        pressed = st.button(
            f"{'Sign as' if meanwhile else 'Save'} revision {expected + 1}",
            type="primary",
            disabled=not ready,
            # Its own for each revision: a press never signs on top of what was not shown yet.
            key=f"save-{sheet.case.case_id}-{expected}",
            icon=":material/save:",
        )
        if meanwhile and st.button("Discard mine", key=f"discard-{sheet.case.case_id}"):
            _forget_drafts(sheet)
            st.rerun()
        just = st.session_state.pop("just-saved", None)
        if just is not None:
            st.markdown(f":green-badge[:material/check: Saved as revision {just}]")
        elif not ready:
            st.caption("Choose a verdict and a confidence.")
        elif lacking:
            st.caption(f"Say which artefact it is: {plain(', '.join(lacking))}.")
        elif sheet.annotation and not meanwhile:
            st.caption(
                f"Revision {sheet.annotation.revision}, {when(sheet.annotation.created_at)}, "
                f"{plain(sheet.annotation.reader)}."
            )
    if not pressed or verdict is None or confidence is None:
        return
    with show_errors():
        try:
            saved = review.sign(
                workplace,
                sheet.case.case_id,
                frame=sheet.frame,
                verdict=verdict,
                confidence=confidence,
                corrected_label=label,
                text=text,
                prototype_judgements=judged,
                expected_revision=expected,
            )
        except Conflict:
            # The page is drawn anew with what came in between; what was written stays.
            drafts.hold(_draft_name(sheet))
            st.rerun()
        _forget_drafts(sheet)
        st.session_state["just-saved"] = saved.revision
        st.rerun()


def _signed_meanwhile(sheet: Sheet) -> list[Annotation]:
    """The revisions that came after the one from which the reader's draft began."""
    seen = drafts.revision(_draft_name(sheet))
    return [one for one in sheet.revisions if one.revision > seen]


def _draw_meanwhile(sheet: Sheet) -> None:
    """What others signed while the reader wrote, so that it can be answered and not only lost."""
    found = _signed_meanwhile(sheet)
    if not found:
        return
    last = found[-1].revision
    came = f"Revision {last} was" if len(found) == 1 else f"Revisions up to {last} were"
    st.warning(
        f"{came} signed while you were writing. Your entries are kept below. Sign them as revision "
        f"{last + 1}, or discard them.",
        icon=":material/call_merge:",
    )
    for revision in found:
        _draw_revision(sheet, revision, key=f"revision-{revision.revision}-meanwhile")


def draw_revisions(sheet: Sheet) -> None:
    """Everything that was signed of this frame, newest first."""
    if not sheet.revisions:
        st.caption("Nothing was signed yet.")
    for revision in reversed(sheet.revisions):
        _draw_revision(sheet, revision, key=f"revision-{revision.revision}")


def _draw_revision(sheet: Sheet, revision: Annotation, *, key: str) -> None:
    with st.container(border=True, key=key, gap="xxsmall"):
        st.markdown(
            f"**Revision {revision.revision}** · {revision.verdict.capitalize()} · "
            f"confidence {revision.confidence}"
        )
        st.caption(f"{when(revision.created_at)} · {plain(revision.reader)}")
        if revision.corrected_label:
            st.markdown(f"Label: {plain(revision.corrected_label)}")
        if revision.text:
            st.text(revision.text)
        st.caption(_about(sheet, revision))


def _about(sheet: Sheet, revision: Annotation) -> str:
    if revision.predicted_label is None or revision.predicted_probability is None:
        about = "Signed without a prediction."
    else:
        model = sheet if revision.model == sheet.model else None
        label, probability = revision.predicted_label, revision.predicted_probability
        about = (
            f"Of {label_words(label, probability, ', ', of=model)}, "
            f"by {plain(revision.model_name)} `{revision.model[:8]}`."
        )
    if revision.prototype_judgements:
        about += f" {counted(len(revision.prototype_judgements), 'prototype')} judged."
    return about


def _draft_name(sheet: Sheet) -> str:
    return f"verdict-{sheet.case.case_id}-{sheet.frame}"


def _forget_drafts(sheet: Sheet) -> None:
    drafts.forget(_draft_name(sheet))
    for row in sheet.matches:
        drafts.forget(draft_name(sheet, row.match.prototype))


def _predicted(sheet: Sheet) -> str | None:
    return sheet.prediction.label if sheet.prediction else None


def _signed(latest: Annotation | None) -> dict[str, object]:
    """What the form begins with: the latest revision."""
    if latest is None:
        return {"verdict": None, "label": None, "confidence": None, "text": ""}
    return {
        "verdict": latest.verdict,
        "label": latest.corrected_label,
        "confidence": latest.confidence,
        "text": latest.text,
    }
