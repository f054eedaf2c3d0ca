"""What a model could learn from, and what stands in the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.domain.actors import Actor
from app.domain.bundles import BundleInfo
from app.domain.errors import Refused
from app.services.editing import learning, proposals
from app.services.workplace import Workplace
from tests.app.services.editing.conftest import WithData

ALONE = Actor("Reader One")


def test_without_a_data_folder_the_setting_is_named(
    workplace: Workplace, judged: BundleInfo
) -> None:
    state = learning.state(workplace, judged.digest)
    assert "DPROTONET_TRAINING_DATA" in state.obstacle
    with pytest.raises(Refused, match="DPROTONET_TRAINING_DATA"):
        learning.start(workplace.of(ALONE), judged.digest)


def test_without_a_judgement_there_is_nothing_to_learn_from(
    with_data: WithData, parent: BundleInfo
) -> None:
    workplace = with_data()
    assert "Nobody has judged" in learning.state(workplace, parent.digest).obstacle
    with pytest.raises(Refused, match="Nobody has judged"):
        learning.start(workplace.of(ALONE), parent.digest)


def test_judgements_are_counted_by_prototype_and_the_latest_signature_counts(
    with_data: WithData, judged: BundleInfo
) -> None:
    workplace = with_data()
    state = learning.state(workplace, judged.digest)
    assert state.judgements == {"p01": {"artefact": 1}, "p02": {"useful": 1}}
    assert (state.obstacle, state.job, state.is_running) == ("", None, False)


def test_what_was_said_of_the_parents_prototypes_counts_for_its_edited_version(
    with_data: WithData, judged: BundleInfo
) -> None:
    workplace = with_data()
    proposal = proposals.propose(workplace.of(ALONE), judged.digest, off=("p00",), tolerance=1e6)
    version = proposals.approve(workplace.of(ALONE), proposal.proposal_id).version or ""
    assert learning.state(workplace, version).judgements["p01"] == {"artefact": 1}
    other = workplace.models.find("chest-phantom")
    assert other is not None and learning.state(workplace, other.digest).judgements == {}


def test_the_same_model_is_not_asked_to_learn_twice(
    with_data: WithData, judged: BundleInfo
) -> None:
    workplace = with_data()
    first = learning.start(workplace.of(ALONE), judged.digest)
    again = learning.start(workplace.of(ALONE), judged.digest)
    assert first.job_id == again.job_id and first.kind == "learn"
    assert learning.state(workplace, judged.digest).is_running


def test_a_folder_of_folders_gives_each_model_its_own_data(
    with_data: WithData, tmp_path: Path
) -> None:
    workplace = with_data()
    assert learning.training_data(workplace, "editable") == tmp_path / "sets" / "data"
    (tmp_path / "sets" / "data" / "editable").mkdir()
    assert learning.training_data(workplace, "editable") == tmp_path / "sets" / "data" / "editable"
