"""“How does it do here?”: a check on a site's own images, its report, and the site's threshold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from app.domain.bundles import BundleInfo
from app.domain.jobs import Job
from app.domain.text import local_time
from app.services import batches
from app.services.checks import checking, site_choice
from app.services.workplace import Workplace
from app.views.model.measures import FIGURES, reliability_chart, roc_chart
from app.views.shared.download import draw_download
from app.views.shared.errors import show_errors, show_errors_on_top
from app.views.shared.format import plain
from app.views.shared.program_progress import EVERY, draw_progress
from app.views.shared.server_folder import choose_root, choose_subfolder
from dprotonet.bundle.figure_text import TITLES, figure_text
from dprotonet.images.file_names import printable
from dprotonet.inference.site_settings import SiteSettings

_LEFT_OUT = ""
_MOST_CLASSES = 30  # a folder with more subfolders holds other things
_DOWNLOADS = (
    (checking.REPORT, "Report (HTML)", "text/html"),
    (checking.REPORT_MARKDOWN, "Report (Markdown)", "text/markdown"),
    (checking.RESULTS, "Figures (JSON)", "application/json"),
)


def draw_check(workplace: Workplace, info: BundleInfo) -> None:
    """What is in use, a new check, and the latest one's report."""
    with show_errors():
        _draw_in_use(workplace, info)
        known = checking.newest(workplace, info.digest)
        active = next((job for job in known if job.is_active), None)
        left, right = st.columns([0.34, 0.66], gap="large")
        with left:
            if active is not None:
                st.fragment(draw_progress, run_every=EVERY)(
                    workplace, active, "Checking", key="check", title="Check"
                )
            elif workplace.actor.may("change models"):
                _draw_new(workplace, info)
        with right:
            _draw_latest(workplace, info, known)


def _draw_in_use(workplace: Workplace, info: BundleInfo) -> None:
    state = site_choice.state(workplace, info.digest)
    if state.in_use is None:
        st.caption(
            f"New {info.noun.several} are read with the model's own threshold and calibration."
        )
    else:
        step = state.steps[-1]
        st.info(
            f"New {info.noun.several} are read with the {plain(state.in_use.stamp.text)}. "
            f"Chosen by {plain(step.by)}.",
            icon=":material/tune:",
        )
        if not workplace.actor.may("change models"):
            return
        _draw_confirmed(
            "Stop using this site's threshold",
            f"I want new {info.noun.several} to be read with the model's own threshold again",
            key="site-stop",
            on_click=_stop,
            args=(workplace, info.digest),
        )


def _draw_new(workplace: Workplace, info: BundleInfo) -> None:
    if info.reads_rows:
        st.markdown("##### Check it on your own rows")
        st.caption(checking.OF_ROWS)
        return
    st.markdown("##### Check it on your own images")
    st.caption(
        "A server folder with one sub-folder of images for each class, or with a table "
        "labels.csv (columns file, label, patient). Nothing is changed by a check."
    )
    root = choose_root(
        workplace,
        key="check",
        otherwise=", or check in a terminal: `python -m training accept`",
    )
    if root is None:
        return
    with show_errors():
        folder = choose_subfolder(root, batches.subfolders(workplace, root), key="check")
        found = checking.class_names(workplace, folder)
        if len(found) > _MOST_CLASSES:
            st.caption("This folder has many subfolders. Choose the one that holds the classes.")
            return
        names = _draw_names(info, found)
        if st.button("Check", type="primary", key="check-start", icon=":material/rule:"):
            checking.start(workplace, info.digest, folder, names=names)
            st.rerun()


def _draw_names(info: BundleInfo, found: tuple[str, ...]) -> dict[str, str]:
    """What the folders mean that are not called as a class; they are left out until it is said."""
    known = {name.casefold() for name in info.classes}
    names = {}
    for name in found:
        if name.casefold() in known:
            continue
        names[name] = st.selectbox(
            f"The folder “{printable(name)}” is",
            (_LEFT_OUT, *info.classes),
            format_func=lambda meant: meant or "left out",
            key=f"check-name-{info.digest}-{name}",
        )
    return names


def _draw_latest(workplace: Workplace, info: BundleInfo, known: tuple[Job, ...]) -> None:
    over = [job for job in known if not job.is_active]
    if not over:
        st.markdown("##### No check yet")
        st.caption("The report of the latest check will be here, with a threshold of your own.")
        return
    job = over[0]
    if job.state == "failed":
        st.error(plain(job.message), icon=":material/error:")
    done = [job for job in over if job.state == "done"]
    if done:
        _draw_report(workplace, info, done[0])


def _draw_report(workplace: Workplace, info: BundleInfo, job: Job) -> None:
    results = checking.results(workplace, job.job_id)
    data = results["data"]
    st.markdown(
        f"##### {data['images']} images, {local_time(job.finished_at or job.created_at)}, "
        f"by {plain(str(results['made_by']))}"
    )
    for remark in results["remarks"]:
        st.warning(plain(str(remark)), icon=":material/info:")
    figures = results.get("figures")
    if figures:
        st.dataframe(figures_table(results), hide_index=True, height="content")
        roc, reliability = st.columns(2)
        curves = figures["curves"]
        _draw_chart(roc, roc_chart(curves["roc"]), "check-roc")
        _draw_chart(reliability, reliability_chart(curves["reliability"]), "check-reliability")
        slices = slices_table(results)
        if len(slices):
            st.markdown("##### Worst slices")
            st.dataframe(slices, hide_index=True, height="content")
    with st.container(horizontal=True):
        for name, label, kind in _DOWNLOADS if workplace.actor.may("export") else ():
            draw_download(
                workplace, label, checking.report, job.job_id, name, file_name=name, kind=kind
            )
    if not workplace.actor.may("change models"):
        return
    _draw_settings(workplace, info, job, results)
    st.button(
        "Delete this check", key="check-delete", on_click=_delete, args=(workplace, job.job_id)
    )


def figures_table(results: Mapping[str, Any]) -> pd.DataFrame:
    """One row per figure: on these images, on the model card, with a calibration of the site's."""
    figures, card = results["figures"], results["card"]
    after = results.get("recalibrated", {}).get("after")
    rows = []
    for key in FIGURES:
        if key in figures:
            here = figures.get(f"{key}_interval", figures[key])
            row = {"Figure": TITLES[key], "These images": figure_text(here)}
            row |= {"Model card": figure_text(card.get(key))} if card else {}
            row |= {"With own calibration": figure_text(after.get(key))} if after else {}
            rows.append(row)
    return pd.DataFrame(rows)


def slices_table(results: Mapping[str, Any]) -> pd.DataFrame:
    """The slices that have enough images, the worst first."""
    rows = [
        {
            "Slice": f"{row['kind']} {row['group']}" + (" (worse)" if row["worse"] else ""),
            "Images": row["images"],
            "AUROC": figure_text(row["auroc"]),
            "Accuracy": figure_text(row["accuracy"]),
        }
        for row in results["slices"]["rows"]
    ]
    return pd.DataFrame(rows)


def _draw_chart(place: Any, figure: Any, key: str) -> None:
    if figure is not None:
        place.plotly_chart(figure, config={"displayModeBar": False}, key=key)


def _draw_settings(
    workplace: Workplace, info: BundleInfo, job: Job, results: Mapping[str, Any]
) -> None:
    own = checking.settings(workplace, job.job_id)
    if own is None:
        why = results.get("recalibrated", {}).get("why_not")
        if why:
            st.caption(f"No threshold of this site's own: {plain(str(why))}.")
        return
    st.markdown("##### A threshold and calibration of this site's own")
    st.caption(settings_text(own))
    current = site_choice.state(workplace, info.digest).in_use
    if current is not None and current.digest == own.digest:
        st.caption("In use.")
        return
    _draw_confirmed(
        "Use this site's threshold",
        "I have looked at the figures and want new images to be read with it",
        key=f"site-use-{job.job_id}",
        on_click=_use,
        args=(workplace, info.digest, own),
    )


def settings_text(own: SiteSettings) -> str:
    """The settings and what to expect of them, as Markdown."""
    if own.thresholds is not None:
        each = ", ".join(f"{plain(name)} {at:.3g}" for name, at in own.thresholds.items())
        threshold = f"thresholds {each}"
    else:
        threshold = "no threshold" if own.threshold is None else f"threshold {own.threshold:.3g}"
    return (
        f"Temperature {own.temperature:.3g}, {threshold}, fitted on {own.images} images. The "
        "figures with own calibration are of images that the fit did not see. The model is not "
        "changed; cases that were read before keep their threshold."
    )


def _draw_confirmed(label: str, confirmation: str, *, key: str, on_click: Any, args: Any) -> None:
    """A button that wants a tick first."""
    is_confirmed = st.checkbox(confirmation, key=f"confirm-{key}")
    st.button(label, key=key, disabled=not is_confirmed, on_click=on_click, args=args)


def _use(workplace: Workplace, model: str, own: SiteSettings) -> None:
    with show_errors_on_top():
        site_choice.use(workplace, model, own)


def _stop(workplace: Workplace, model: str) -> None:
    with show_errors_on_top():
        site_choice.stop(workplace, model)


def _delete(workplace: Workplace, job_id: str) -> None:
    with show_errors_on_top():
        checking.delete(workplace, job_id)
