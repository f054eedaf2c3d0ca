"""The reader's verdict on an image, and its revisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from app.domain.annotations import (
    LONGEST_TEXT,
    ON_PREDICTION,
    ON_REFUSAL,
    OTHERS,
    Annotation,
    PrototypeJudgement,
    Verdict,
    may_replace,
)
from app.domain.cases import Sheet
from app.domain.errors import Conflict
from app.domain.text import counted, local_time
from app.services import review
from app.services.workplace import Workplace
from app.views.review.prototypes import current_judgement, draft_name
from app.views.shared import drafts
from app.views.shared.errors import show_errors
from app.views.shared.format import label_markdown, plain

_CONFIDENCE = {1: "1 guess", 2: "2", 3: "3", 4: "4", 5: "5 certain"}
_MEANINGS: dict[Verdict, str] = {
    "accept": "The prediction is right.",
    "reject": "The prediction is wrong.",
    "supplement": "The prediction is right but incomplete.",
    "rightly refused": "This image is not for this model.",
    "wrongly refused": "The model should have read this image.",
}
_LABEL_TITLES: dict[Verdict, str] = {
    "reject": "Corrected label",
    "supplement": "Additional label",
    "rightly refused": "What the image shows",
    "wrongly refused": "What the image shows",
}


@dataclass(frozen=True)
class _Entries:
    """What the reader has entered so far."""

    verdict: Verdict | None
    label: str | None
    confidence: int | None
    text: str
    judgements: Mapping[str, PrototypeJudgement]

    @property
    def incomplete_judgements(self) -> list[str]:
        """The prototypes judged to be an artefact, but not which one."""
        return [name for name, judgement in self.judgements.items() if judgement.lacks_kind]


def draw_verdict(workplace: Workplace, sheet: Sheet) -> None:
    """Accept, reject or supplement; the right label; the confidence; remarks."""
    expected = sheet.annotation.revision if sheet.annotation else 0
    drafts.open_draft(_draft_name(sheet), expected, _signed(sheet))
    _draw_newer_revisions(sheet)
    entries = _draw_form(sheet)
    if entries.judgements:
        st.caption(f"{counted(len(entries.judgements), 'prototype')} judged.")
    if not may_replace(sheet.annotation, workplace.actor):
        st.caption(OTHERS)
    elif _draw_save(sheet, entries, expected):
        _sign(workplace, sheet, entries, expected)


def _draw_form(sheet: Sheet) -> _Entries:
    draft = _draft_name(sheet)
    verdicts = _verdicts(sheet)
    verdict = st.segmented_control(
        "Was the model right to refuse this image?" if sheet.is_refused else "Verdict",
        verdicts,
        format_func=str.capitalize,
        key=drafts.widget_key(draft, "verdict"),
        help="  \n".join(f"**{name.capitalize()}**: {_MEANINGS[name]}" for name in verdicts),
    )
    label = None
    if verdict in _LABEL_TITLES:
        title = _LABEL_TITLES[verdict]
        label = st.selectbox(
            title,
            [name for name in sheet.classes if name != _predicted(sheet)],
            index=None,
            placeholder=f"{title}: choose one or type another",
            label_visibility="collapsed",
            accept_new_options=True,
            key=drafts.widget_key(draft, "label"),
        )
    confidence = st.segmented_control(
        "Confidence",
        list(_CONFIDENCE),
        format_func=_CONFIDENCE.__getitem__,
        key=drafts.widget_key(draft, "confidence"),
    )
    text = st.text_area(
        "Remarks", key=drafts.widget_key(draft, "text"), height=70, max_chars=LONGEST_TEXT
    )
    drafts.keep(draft)
    return _Entries(verdict, label, confidence, text, _judgements(sheet))


def _judgements(sheet: Sheet) -> dict[str, PrototypeJudgement]:
    """The prototypes that the reader has judged."""
    return {
        row.match.prototype: judgement
        for row in sheet.matches
        if not (judgement := current_judgement(sheet, row.match.prototype)).is_empty
    }


def _draw_save(sheet: Sheet, entries: _Entries, expected: int) -> bool:
    """The button, and beside it what is missing or was saved; True when it was pressed."""
    is_complete = entries.verdict is not None and entries.confidence is not None
    newer = _newer_revisions(sheet)
    with st.container(horizontal=True, vertical_alignment="center", key="facts-save"):
        is_pressed = st.button(
            f"{'Sign as' if newer else 'Save'} revision {expected + 1}",
            type="primary",
            disabled=not is_complete,
            # A key for each revision: a press never signs on top of a revision that was not shown.
            key=f"save-{sheet.case.case_id}-{expected}",
            icon=":material/save:",
        )
        if newer and st.button("Discard my entries", key=f"discard-{sheet.case.case_id}"):
            _forget_drafts(sheet)
            st.rerun()
        saved_revision = st.session_state.pop("just-saved", None)
        if saved_revision is not None:
            st.markdown(f":green-badge[:material/check: Saved as revision {saved_revision}]")
        elif not is_complete:
            what = "an answer" if sheet.is_refused else "a verdict"
            st.caption(f"Choose {what} and a confidence.")
        elif entries.incomplete_judgements:
            names = plain(", ".join(entries.incomplete_judgements))
            st.caption(f"Choose which artefact it is: {names}.")
        elif sheet.annotation and not newer:
            st.caption(
                f"Revision {sheet.annotation.revision}, {local_time(sheet.annotation.created_at)}, "
                f"{plain(sheet.annotation.reader)}."
            )
    return is_pressed


def _sign(workplace: Workplace, sheet: Sheet, entries: _Entries, expected: int) -> None:
    if entries.verdict is None or entries.confidence is None:
        return
    with show_errors():
        try:
            saved = review.sign(
                workplace,
                sheet.case.case_id,
                frame=sheet.frame,
                verdict=entries.verdict,
                confidence=entries.confidence,
                corrected_label=entries.label,
                text=entries.text,
                prototype_judgements=entries.judgements,
                expected_revision=expected,
            )
        except Conflict:
            # The page is redrawn with the newer revision; the reader's entries stay.
            drafts.hold(_draft_name(sheet))
            st.rerun()
        _forget_drafts(sheet)
        st.session_state["just-saved"] = saved.revision
        st.rerun()


def _newer_revisions(sheet: Sheet) -> list[Annotation]:
    """The revisions after the one that the reader's draft began from."""
    seen = drafts.revision(_draft_name(sheet))
    return [revision for revision in sheet.revisions if revision.revision > seen]


def _draw_newer_revisions(sheet: Sheet) -> None:
    """What others signed while the reader was writing."""
    newer = _newer_revisions(sheet)
    if not newer:
        return
    last = newer[-1].revision
    subject = f"Revision {last} was" if len(newer) == 1 else f"Revisions up to {last} were"
    st.warning(
        f"{subject} signed while you were writing. Your entries are kept below. Sign them as "
        f"revision {last + 1}, or discard them.",
        icon=":material/call_merge:",
    )
    for revision in newer:
        _draw_revision(sheet, revision, key=f"revision-{revision.revision}-newer")


def draw_revisions(sheet: Sheet) -> None:
    """All revisions of this frame, newest first."""
    if not sheet.revisions:
        st.caption("Nothing has been signed yet.")
    for revision in reversed(sheet.revisions):
        _draw_revision(sheet, revision, key=f"revision-{revision.revision}")


def _draw_revision(sheet: Sheet, revision: Annotation, *, key: str) -> None:
    with st.container(border=True, key=key, gap="xxsmall"):
        st.markdown(
            f"**Revision {revision.revision}** · {revision.verdict.capitalize()} · "
            f"confidence {revision.confidence}"
        )
        st.caption(f"{local_time(revision.created_at)} · {plain(revision.reader)}")
        if revision.corrected_label:
            st.markdown(f"Label: {plain(revision.corrected_label)}")
        if revision.text:
            st.text(revision.text)
        st.caption(_prediction_text(sheet, revision))


def _prediction_text(sheet: Sheet, revision: Annotation) -> str:
    if revision.support == "outside":
        text = f"Refused by {plain(revision.model_name)} `{revision.model[:8]}`."
    elif revision.predicted_label is None or revision.predicted_probability is None:
        text = "Signed without a prediction."
    else:
        model = sheet if revision.model == sheet.model else None
        label, probability = revision.predicted_label, revision.predicted_probability
        text = (
            f"Prediction: {label_markdown(label, probability, ', ', of=model)}, "
            f"by {plain(revision.model_name)} `{revision.model[:8]}`."
        )
    if revision.prototype_judgements:
        text += f" {counted(len(revision.prototype_judgements), 'prototype')} judged."
    return text


def _draft_name(sheet: Sheet) -> str:
    # Another model may refuse what this one read: then other verdicts are to choose from.
    kind = "-refused" if sheet.is_refused else ""
    return f"verdict-{sheet.case.case_id}-{sheet.frame}{kind}"


def _forget_drafts(sheet: Sheet) -> None:
    drafts.forget(_draft_name(sheet))
    for row in sheet.matches:
        drafts.forget(draft_name(sheet, row.match.prototype))


def _predicted(sheet: Sheet) -> str | None:
    return sheet.prediction.label if sheet.prediction else None


def _verdicts(sheet: Sheet) -> tuple[Verdict, ...]:
    """What may be said: of the prediction, or of the refusal."""
    return ON_REFUSAL if sheet.is_refused else ON_PREDICTION


def _signed(sheet: Sheet) -> dict[str, object]:
    """The initial values of the form: those of the latest revision. Its verdict stays away where
    it was on a prediction and this model refused the image, or the other way round."""
    latest = sheet.annotation
    if latest is None:
        return {"verdict": None, "label": None, "confidence": None, "text": ""}
    return {
        "verdict": latest.verdict if latest.verdict in _verdicts(sheet) else None,
        "label": latest.corrected_label,
        "confidence": latest.confidence,
        "text": latest.text,
    }
