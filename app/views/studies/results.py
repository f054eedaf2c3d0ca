"""What a study comes to, as tables; it is computed when it is asked for."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.domain.studies.agreement import Estimate
from app.domain.studies.results import PairKappa, Results
from app.domain.studies.study import Study
from app.domain.text import counted, number
from app.services.studies import outcomes
from app.services.workplace import Workplace
from app.views.shared.errors import show_errors
from app.views.shared.format import plain

_NOTE = (
    "In brackets: 95 % intervals, from resampled cases, of proportions after Wilson. Truth that "
    "readers agreed on flatters readers; a reference standard does not."
)


def draw_results(workplace: Workplace, study: Study) -> None:
    """A switch, and below it the figures from the reads so far."""
    st.markdown("###### Results")
    if not st.toggle("Compute them from the reads so far", key=f"results-{study.study_id}"):
        return
    with show_errors(), st.spinner("Computing…"):
        found = outcomes.study_results(workplace, study.study_id)
        if not found.agreement:
            st.caption("Nothing was read yet.")
            return
        for title, table in tables(found):
            st.caption(title)
            st.dataframe(table, hide_index=True, height="content")
        sources = ", ".join(f"{source} {count}" for source, count in found.truth.items())
        st.caption(f"Cases whose truth is known: {plain(sources) or 'none'}. {_NOTE}")


def tables(found: Results) -> list[tuple[str, pd.DataFrame]]:
    """Each table with its title; those that would be empty are left out."""
    made = [
        ("Readers together", _together(found)),
        ("Two readers each: Cohen's kappa", _pairs(found)),
        ("Each reader again", pd.DataFrame(_pair(one) for one in found.repeats)),
        ("Against the truth", _performance(found)),
        ("With the AI less alone, mean of the readers", _differences(found)),
        ("What the model's answer did", _influence(found)),
    ]
    return [(title, table) for title, table in made if len(table)]


def estimate(one: Estimate) -> str:
    """0.62 (0.41 to 0.80), n = 40."""
    if one.value is None:
        return "not defined"
    span = ""
    if one.low is not None and one.high is not None:
        span = f" ({number(one.low)} to {number(one.high)})"
    return f"{number(one.value)}{span}, n = {one.n}"


def _together(found: Results) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "": one.condition,
            "Fleiss' kappa": estimate(one.fleiss),
            "ICC(2,1) of confidence": estimate(one.icc_confidence),
            "ICC(2,1) of scores 1–10": estimate(one.icc_score),
        }
        for one in found.agreement
    )


def _pairs(found: Results) -> pd.DataFrame:
    return pd.DataFrame(
        {"": one.condition, **_pair(pair)} for one in found.agreement for pair in one.pairs
    )


def _pair(pair: PairKappa) -> dict[str, str]:
    return {
        "Readers": f"{pair.first}, {pair.second}",
        "Kappa": estimate(pair.kappa),
        "Weighted kappa of scores": estimate(pair.weighted),
    }


def _performance(found: Results) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Reader": one.reader,
            "": one.condition,
            "Sensitivity": estimate(one.sensitivity),
            "Specificity": estimate(one.specificity),
            "AUC": estimate(one.auc) if one.auc.n else "",
        }
        for one in found.performance
    )


def _differences(found: Results) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "": one.measure,
            "Alone": "" if one.alone is None else number(one.alone),
            "With AI": "" if one.with_ai is None else number(one.with_ai),
            "Difference": estimate(one.difference),
        }
        for one in found.differences
    )


def _influence(found: Results) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Reader": one.reader or f"all {counted(len(found.influence) - 1, 'reader')}",
            "Labels that changed": estimate(one.overrides),
            "Right, then misled": estimate(one.automation_bias),
            "Wrong, then corrected": estimate(one.corrected),
        }
        for one in found.influence
    )
