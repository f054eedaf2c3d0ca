"""Proposed changes of a model, its versions, and undoing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from app.domain.bundles import BundleInfo
from app.domain.noun import Noun
from app.domain.proposals import Proposal, ProposalStep
from app.domain.text import counted, local_time, number
from app.services import models
from app.services.editing import proposals, versions
from app.services.editing.versions import Version
from app.services.workplace import Workplace
from app.views.model.reasons import draw_cost
from app.views.shared.errors import show_errors_on_top
from app.views.shared.format import plain

ALONE = (
    "You are the only reader here, so you may approve your own proposal. It is marked "
    "“approved by the proposer”."
)

_MOST_JUDGED = 8  # judgements that are listed one by one


def draw_versions(workplace: Workplace, info: BundleInfo) -> None:
    """What waits for a decision, the versions there are, and every step that was taken."""
    family = versions.family(workplace, info.digest)
    digests = {version.info.digest for version in family}
    known = [p for p in proposals.newest(workplace) if p.model in digests]
    waiting = [proposal for proposal in known if proposal.state == "proposed"]
    if waiting:
        st.markdown("##### Proposals")
        for proposal in waiting:
            _draw_proposal(workplace, proposal, info.noun)
    st.markdown("##### Versions")
    for version in family:
        _draw_version(workplace, version, known)
    if known:
        with st.expander("Every step"):
            st.markdown("\n".join(f"- {line}" for p in known for line in step_lines(p)))


def _draw_proposal(workplace: Workplace, proposal: Proposal, noun: Noun) -> None:
    with st.container(border=True, key=f"proposal-{proposal.proposal_id}", gap="small"):
        first = proposal.steps[0]
        st.markdown(
            f"**{plain(change_title(proposal))}** in {plain(proposal.model_name)} "
            f"`{proposal.model[:8]}`  \nProposed by {plain(first.actor.name)}, "
            f"{local_time(first.at)}" + (f": “{plain(proposal.reason)}”" if proposal.reason else "")
        )
        if proposal.cost is not None:
            draw_cost(proposal.cost, noun)
        else:
            st.caption("It was not measured on validation.")
        if proposal.kind == "learned":
            st.markdown(learned_text(versions.learned_facts(workplace, proposal.proposal_id)))
        active = models.active(workplace)
        if active is not None and active.digest != proposal.model:
            st.caption(
                f":material/warning: It was proposed for {plain(proposal.model_name)} "
                f"`{proposal.model[:8]}`, and the active model is {plain(active.name)} "
                f"`{active.short}`. What changed in between is not in it."
            )
        if workplace.actor == proposal.proposer and workplace.actor.is_alone:
            st.caption(ALONE)
        with st.container(horizontal=True):
            _button(workplace, "Approve and activate", proposals.approve, proposal, primary=True)
            _button(workplace, "Reject", proposals.reject, proposal)


def learned_text(facts: Mapping[str, Any]) -> str:
    """How similar the judged images are to the judged prototypes, or what the judged concepts add
    on them, before and after, and the figures on test images, as Markdown."""
    lines, measure = [], str(facts.get("measure", "similarity"))
    for key, title in (("forgotten", "Judged an artefact"), ("remembered", "Judged useful")):
        for entry in facts.get(key, ()):
            lines.append(
                f"- {title}: {plain(str(entry['prototype']))} on image "
                f"`{str(entry['image'])[:8]}`, {measure} {number(entry['before'])} before, "
                f"{number(entry['after'])} after"
            )
    for entry in facts.get("corrected_images", ()):
        lines.append(
            f"- Corrected to {plain(str(entry['class']))}: image `{str(entry['image'])[:8]}`, "
            f"probability {number(entry['before'])} before, {number(entry['after'])} after"
        )
    if len(lines) > _MOST_JUDGED:
        lines[_MOST_JUDGED:] = [f"- and {len(lines) - _MOST_JUDGED} more"]
    test = facts.get("test")
    if test:
        before, after = (
            ", ".join(
                f"{title} {number(test[side][name], 3)}"
                for name, title in (("auroc", "AUROC"), ("accuracy", "accuracy"))
                if test[side].get(name) is not None
            )
            for side in ("before", "after")
        )
        images = counted(int(test["images"]), "test image")
        lines.append(f"- On {images} of other patients: {before} before; {after} after")
    return "\n".join(lines)


def change_title(proposal: Proposal) -> str:
    """What it changes, as a phrase."""
    if proposal.kind == "learned":
        return "Learned from judgements"
    parts = [f"{', '.join(proposal.off)} switched off"] if proposal.off else []
    parts += [f"{', '.join(proposal.required)} required"] if proposal.required else []
    return "; ".join(parts) or "All prototypes in use again"


def _draw_version(workplace: Workplace, version: Version, known: list[Proposal]) -> None:
    info = version.info
    came_by = next((p for p in known if p.version == info.digest), None)
    with st.container(
        horizontal=True, vertical_alignment="center", key=f"row-version-{info.digest}"
    ):
        active = " :green-badge[active]" if version.is_active else ""
        marker = "↳ " * version.depth
        st.markdown(
            f"{marker}**{plain(info.name)}** `{info.short}` · {plain(version.change)}{active}",
            width="stretch",
        )
        if came_by is not None:
            st.caption(approval_text(came_by), width="content")
            if came_by.state == "active" and version.is_active:
                _button(workplace, "Undo", proposals.undo, came_by)
            elif came_by.state == "undone":
                _button(workplace, "Activate again", proposals.activate_again, came_by)


def approval_text(proposal: Proposal) -> str:
    """Who proposed and who approved a version, as Markdown."""
    proposed = f"proposed by {plain(proposal.proposer.name)}"
    if proposal.approver is None:
        return proposed
    if proposal.is_approved_by_the_proposer:
        return f"{proposed}, approved by the proposer"
    return f"{proposed}, approved by {plain(proposal.approver.name)}"


def step_lines(proposal: Proposal) -> list[str]:
    """One line per step, newest first, as Markdown."""
    return [
        f"{local_time(step.at)} · {plain(change_title(proposal))} in "
        f"{plain(proposal.model_name)} `{proposal.model[:8]}`: {_step_text(proposal, step)}"
        for step in reversed(proposal.steps)
    ]


def _step_text(proposal: Proposal, step: ProposalStep) -> str:
    text = f"**{step.state}** by {plain(step.actor.name)}"
    if step.state == "approved" and step.actor == proposal.proposer:
        text += " (the proposer)"
    if step.version:
        text += f", version `{step.version[:8]}`"
    return text + (f": “{plain(step.note)}”" if step.note else "")


def _button(
    workplace: Workplace,
    label: str,
    step: Callable[..., Proposal],
    proposal: Proposal,
    *,
    primary: bool = False,
) -> None:
    if not workplace.actor.may("change models"):
        return
    st.button(
        label,
        type="primary" if primary else "secondary",
        key=f"{label.split()[0].lower()}-{proposal.proposal_id}",
        on_click=_take,
        args=(workplace, step, proposal.proposal_id),
    )


def _take(workplace: Workplace, step: Callable[..., Proposal], proposal_id: str) -> None:
    with show_errors_on_top():
        step(workplace, proposal_id)
        _show_active(workplace)


def _show_active(workplace: Workplace) -> None:
    """The page goes on with the model that is active now."""
    active = models.active(workplace)
    if active is not None:
        st.session_state["card-model"] = active.digest
