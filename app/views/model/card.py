"""The model card: intended use, limits, hashes, and which model is active."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import streamlit as st

from app.domain.bundles import NO_PROTOTYPES, BundleInfo
from app.domain.text import counted
from app.services import models
from app.services.trust import approval as trust
from app.services.trust import stopping
from app.services.trust.activation import asked_activation
from app.services.workplace import Workplace
from app.views.model.check import draw_check
from app.views.model.gallery import draw_gallery
from app.views.model.gate import draw_gate
from app.views.model.in_use import draw_in_use
from app.views.model.learning import draw_learning
from app.views.model.measures import draw_measures
from app.views.model.prototype_figures import draw_concept_figures, draw_prototype_figures
from app.views.model.reasons import draw_edit, preselect_off
from app.views.model.stop_switch import draw_switch
from app.views.model.versions import draw_versions
from app.views.shared.errors import show_errors_on_top
from app.views.shared.format import plain
from app.views.shared.header import draw_stop_note
from app.views.shared.navigation import asked_model, asked_prototype, forget_asked
from dprotonet.modeling.classifiers.options import ClassifierOptions
from dprotonet.modeling.concepts.options import ConceptOptions

if TYPE_CHECKING:
    from dprotonet.bundle.bundle import Bundle

REASONS = "Edit its reasons"
HERE = "How does it do here?"
IN_USE = "In use here"
TRUST = (
    "This installation reads images only with models on its list of trusted models, or signed by a "
    "key on it. This one can be looked at. Whoever keeps the list can add it."
)
TWO = "Which model reads new uploads takes two persons: another one with the role lead confirms it."
_CHOSEN = "card-model"


def draw_choice(workplace: Workplace) -> BundleInfo | None:
    """All models by name, and why some cannot be used."""
    infos = models.all(workplace)
    usable = {info.digest: info for info in infos if not info.problem}
    active = models.active(workplace)
    chosen = None
    _choose_first(usable, models.chosen(workplace))
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="case-bar"):
        if usable:
            digest = st.selectbox(
                "Model",
                list(usable),
                format_func=lambda digest: (
                    f"{usable[digest].title_of_version} · {usable[digest].short}"
                ),
                key=_CHOSEN,
                on_change=forget_asked,
                label_visibility="collapsed",
                width=320,
            )
            chosen = usable.get(digest or "")
        if chosen is not None:
            is_active = active is not None and chosen.digest == active.digest
            _draw_activate(workplace, chosen, is_active=is_active)
            draw_switch(workplace, chosen)
    if chosen is not None:
        draw_stop_note(workplace, chosen.digest, "This model")
    for info in infos:
        if info.problem:
            st.error(f"{plain(info.name)}: {plain(info.problem)}", icon=":material/error:")
    return chosen


def _choose_first(usable: Mapping[str, BundleInfo], active: BundleInfo | None) -> None:
    """Begin with the model of the link that the reader came by, or with the active one."""
    if st.session_state.get(_CHOSEN) in usable:
        return
    asked, prototype = asked_model(), asked_prototype()
    if asked is not None and asked in usable:
        st.session_state[_CHOSEN] = asked
        if prototype is not None:
            preselect_off(usable[asked], prototype)
    elif active is not None:
        st.session_state[_CHOSEN] = active.digest


def _draw_activate(workplace: Workplace, info: BundleInfo, *, is_active: bool) -> None:
    approval = trust.approval(workplace, info)
    if not approval.is_approved:
        st.markdown(":orange-badge[:material/lock: not trusted here]", width="content", help=TRUST)
        return
    if approval.by:
        st.markdown(f":blue-badge[:material/verified: by {plain(approval.by)}]", width="content")
    if stopping.stop_of(workplace, info.digest) is not None:
        st.markdown(":red-badge[:material/front_hand: stopped]", width="content")
        return
    if is_active:
        st.markdown(":green-badge[:material/check: active: reads new uploads]", width="content")
        return
    asked = asked_activation(workplace)
    waits = asked is not None and asked.digest == info.digest
    if asked is not None and waits:
        who = f"{plain(asked.by)} asks for it to be active"
        st.markdown(f":orange-badge[:material/hourglass: {who}]", width="content", help=TWO)
        if asked.by == workplace.actor.name:
            return
    if workplace.actor.may("change models"):
        st.button(
            "Confirm" if waits else "Set active",
            key="card-activate",
            help="Read new uploads with this model. Existing cases keep theirs.",
            on_click=_activate,
            args=(workplace, info.digest),
        )


def _activate(workplace: Workplace, digest: str) -> None:
    with show_errors_on_top():
        models.set_active(workplace, digest)


def draw_card(workplace: Workplace, info: BundleInfo, bundle: Bundle) -> None:
    """The card, its metrics, its prototypes."""
    card = bundle.card
    st.markdown(f"### {plain(card.title)}")
    about, measures, here, in_use, prototypes, reasons = st.tabs(
        ["Card", "Performance", HERE, IN_USE, _reasons_title(info), REASONS],
        default=REASONS if asked_prototype() else None,
    )
    with about:
        _draw_about(info, bundle)
    with measures:
        draw_measures(card, info.noun)
    with here:
        draw_check(workplace, info)
    with in_use:
        draw_in_use(workplace, info)
    with prototypes:
        if bundle.has_prototypes:
            (draw_concept_figures if bundle.concepts else draw_prototype_figures)(card)
            draw_gallery(workplace, info, bundle)
        else:
            _draw_none(info)
    with reasons:
        if bundle.has_prototypes:
            draw_edit(workplace, info, bundle)
            draw_versions(workplace, info)
        else:
            _draw_none(info)
        if bundle.has_prototypes and not bundle.concepts:
            draw_learning(workplace, info)


def _reasons_title(info: BundleInfo) -> str:
    if not info.concepts:
        return f"Prototypes ({len(info.in_use)})"
    return f"Concepts ({sum(name in info.in_use for name in info.concepts)})"


def _draw_none(info: BundleInfo) -> None:
    st.info(info.noun.say(NO_PROTOTYPES), icon=":material/info:")


def _draw_about(info: BundleInfo, bundle: Bundle) -> None:
    card = bundle.card
    left, right = st.columns([0.6, 0.4], gap="large")
    with left:
        if card.summary:
            st.markdown(plain(card.summary))
        if card.note_on_classes:
            st.info(plain(card.note_on_classes), icon=":material/label:")
        _draw_part("Intended use", card.intended_use)
        _draw_part("Data", card.data)
        if card.limits:
            st.markdown("##### Limits")
            st.markdown("\n".join(f"- {plain(limit)}" for limit in card.limits))
        draw_gate(bundle, info.noun)
        _draw_part("Licence", card.licence)
    with right:
        _draw_facts(bundle)


def _draw_part(title: str, text: str) -> None:
    if text:
        st.markdown(f"##### {title}")
        st.markdown(plain(text))


def network_facts(bundle: Bundle) -> dict[str, str]:
    """What the network is built of, by name."""
    options = bundle.manifest.options
    size = f"{options.image_size} × {options.image_size} pixels"
    if bundle.rows is None:
        size += ", aspect ratio kept, padded"
    else:
        attributes = counted(len(bundle.rows.table.attributes), "attribute")
        size += f", made of {attributes} by {bundle.rows.encoding.name}"
    if isinstance(options, ClassifierOptions):
        return {
            "Network": f"{options.architecture} ({options.source}), imported",
            "Input": f"{size}, {'colour' if options.colour else 'grey'}",
        }
    if isinstance(options, ConceptOptions):
        return {
            "Backbone": options.backbone,
            "Input": size,
            "Concepts": ", ".join(options.concepts),
            "Axes": str(options.depth or "as many as the backbone's channels"),
            "Activation": options.activation,
        }
    return {
        "Backbone": options.backbone,
        "Input": size,
        "Masks": options.masks,
        "Similarity": options.similarity,
        "Depth": str(options.depth),
    }


def _thresholds(bundle: Bundle) -> str:
    if bundle.thresholds is not None:
        return ", ".join(f"{name} {threshold:.3g}" for name, threshold in bundle.thresholds.items())
    return "none" if bundle.threshold is None else f"{bundle.threshold:.3g}"


def _draw_facts(bundle: Bundle) -> None:
    counts = {name: 0 for name in bundle.classes}
    for record in bundle.prototypes:
        counts[record.class_name] += 1
    st.markdown("##### Classes")
    st.markdown(
        "\n".join(
            f"- {plain(name)}"
            + (f": {count} prototypes" if bundle.has_prototypes and not bundle.concepts else "")
            + (" (negative class)" if name == bundle.negative_class else "")
            for name, count in counts.items()
        )
    )
    st.markdown("##### Network")
    facts = {
        **network_facts(bundle),
        "Temperature": f"{bundle.temperature:.3g}",
        "Threshold": _thresholds(bundle),
    }
    st.markdown("\n".join(f"- {name}: {plain(value)}" for name, value in facts.items()))
    with st.expander("Hashes (SHA-256)"):
        st.caption(f"Bundle  \n`{bundle.digest}`")
        for part, digest in bundle.manifest.parts.items():
            st.caption(f"{plain(part.capitalize())}  \n`{digest}`")
