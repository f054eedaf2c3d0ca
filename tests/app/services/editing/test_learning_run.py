"""A model learns in a process of its own: proposed, refused, broken or cancelled."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.actors import Actor
from app.domain.annotations import PrototypeJudgement
from app.domain.bundles import BundleInfo
from app.domain.jobs import Job
from app.services import jobs, models, training_program
from app.services.editing import learning, learning_run, proposals, versions
from app.services.inference import queue
from app.services.workplace import Workplace
from app.settings import Settings
from app.store.programs.learning_jobs import STOPPED
from tests.app.services.editing.conftest import WithData, judge
from tests.app.services.workplaces import make_workplace
from tests.app.store.one_database import one_database  # noqa: F401  it is the program that is tested
from tests.training.conftest import class_folder, trained

__all__ = ["class_folder", "trained"]
ALONE = Actor("Reader One")


def learned(
    workplace: Workplace, info: BundleInfo, *, stop: Callable[[], bool] = lambda: False
) -> Job:
    """The job of learning, to its end."""
    job = learning.start(workplace.of(ALONE), info.digest, reason="a marker")
    claimed = learning_run.claim(workplace)
    assert claimed is not None
    learning_run.run(workplace, *claimed, stop=stop)
    return jobs.get(workplace, job.job_id)


def test_what_was_learned_is_proposed_with_its_figures_and_never_activated(
    with_data: WithData, judged: BundleInfo
) -> None:
    workplace = with_data()
    job = learned(workplace, judged)
    assert (job.state, job.message, job.progress) == ("done", "", 1.0)
    (proposal,) = proposals.newest(workplace)
    assert (proposal.kind, proposal.state, proposal.model) == ("learned", "proposed", judged.digest)
    assert (proposal.proposer, proposal.reason) == (ALONE, "a marker")
    assert proposal.cost is not None
    assert (proposal.cost.before.auroc, proposal.cost.after.auroc) == (0.8, 0.85)
    assert (proposal.cost.images, proposal.cost.changed_calls) == (16, 1)
    active = models.active(workplace)
    assert active is not None and active.digest == judged.digest
    assert proposal.version not in {info.digest for info in models.all(workplace)}


def test_the_judged_images_go_with_the_judgements_and_nothing_of_them_stays(
    with_data: WithData, judged: BundleInfo
) -> None:
    workplace = with_data()
    job = learned(workplace, judged)
    facts = versions.learned_facts(workplace, job.job_id)
    assert [(entry["prototype"], entry["after"]) for entry in facts["forgotten"]] == [("p01", 0.2)]
    folder = workplace.settings.learning / job.job_id
    names = {path.name for path in folder.iterdir()}
    assert names == {"bundle", "comparison.json", "log.txt"}
    assert "judged.png" not in (folder / "log.txt").read_text()


def test_where_patients_are_held_the_program_is_told_to_name_no_file(
    with_data: WithData, judged: BundleInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[Sequence[str]] = []

    def run(at: Workplace, job: Job, command: Sequence[str], log: Path, **named: object) -> int:
        commands.append(command)
        log.touch()
        return 1

    monkeypatch.setattr(training_program, "run", run)
    workplace = with_data()
    for held in (False, True):
        learned(replace(workplace, holds_patients=held), judged)
    assert ["--unnamed" in command for command in commands] == [False, True]


def test_approving_moves_it_among_the_models_and_undoing_brings_the_parent_back(
    with_data: WithData, judged: BundleInfo
) -> None:
    workplace = with_data()
    job = learned(workplace, judged)
    approved = proposals.approve(workplace.of(ALONE), job.job_id)
    active = models.active(workplace)
    assert active is not None and active.digest == approved.version
    assert active.parent == judged.digest and active.path.parent == workplace.settings.own_models
    words = {v.info.digest: v.change for v in versions.family(workplace, active.digest)}
    assert words[active.digest] == "learned from judgements"
    proposals.undo(workplace.of(ALONE), job.job_id)
    active = models.active(workplace)
    assert active is not None and active.digest == judged.digest


def test_what_was_learned_and_altered_since_is_not_approved(
    with_data: WithData, judged: BundleInfo
) -> None:
    workplace = with_data()
    job = learned(workplace, judged)
    folder = versions.learned_folder(workplace, job.job_id)
    (folder / "prototypes.json").write_text("[]")
    with pytest.raises(Exception, match="Let the model learn again"):
        proposals.approve(workplace.of(ALONE), job.job_id)
    assert proposals.newest(workplace)[0].state == "proposed"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("wrong", "The data is another. Give the folder that it was trained on."),
        ("broken", "The training program ended without a result, with status 1."),
    ],
)
def test_a_run_without_a_result_says_why_and_leaves_nothing(
    with_data: WithData, judged: BundleInfo, data: str, said: str
) -> None:
    workplace = with_data(data)
    job = learned(workplace, judged)
    assert job.state == "failed" and job.message.startswith(said)
    assert proposals.newest(workplace) == ()
    assert list(workplace.settings.learning.iterdir()) == []


def test_cancelling_ends_the_process_and_leaves_nothing(
    with_data: WithData, judged: BundleInfo
) -> None:
    workplace = with_data("endless")
    job = learning.start(workplace.of(ALONE), judged.digest)
    claimed = learning_run.claim(workplace)
    assert claimed is not None
    never = threading.Event()
    thread = threading.Thread(
        target=learning_run.run, args=(workplace, *claimed), kwargs={"stop": never.is_set}
    )
    thread.start()
    end = time.monotonic() + 120
    while jobs.get(workplace, job.job_id).progress < 0.25:  # it named epoch 1 of 4
        assert time.monotonic() < end and thread.is_alive()
        time.sleep(0.05)
    jobs.cancel(workplace, job.job_id)
    thread.join(60)
    over = jobs.get(workplace, job.job_id)
    assert (over.state, over.message) == ("cancelled", "Cancelled.")
    assert list(workplace.settings.learning.iterdir()) == []
    assert proposals.newest(workplace) == ()


def test_a_worker_that_leaves_ends_the_process_and_says_so(
    with_data: WithData, judged: BundleInfo
) -> None:
    workplace = with_data("endless")
    job = learned(workplace, judged, stop=lambda: True)
    assert (job.state, job.message) == ("cancelled", STOPPED)


def test_the_next_start_ends_what_a_killed_worker_left_and_removes_the_copies(
    with_data: WithData, judged: BundleInfo
) -> None:
    workplace = with_data()
    job = learning.start(workplace.of(ALONE), judged.digest)
    assert learning_run.claim(workplace) is not None  # and then the worker was killed
    left = workplace.settings.learning / job.job_id / "said" / "images"
    left.mkdir(parents=True)
    (left / "0123").write_bytes(b"an original")
    queue.begin(workplace)
    over = jobs.get(workplace, job.job_id)
    assert (over.state, over.message) == ("failed", STOPPED)
    assert not left.parent.exists()
    assert not learning.state(workplace, judged.digest).is_running


def test_without_a_waiting_job_there_is_nothing_to_claim(workplace: Workplace) -> None:
    assert learning_run.claim(workplace) is None


@pytest.mark.parametrize(
    ("text", "progress"),
    [
        ("", None),
        ("reading images", None),
        ("epoch 1 of 8: forget 0.9\nepoch 3 of 8: forget 0.7", 0.375),
        ("Epoch 2/4", 0.5),
        ("epoch 9 of 8", 1.0),
        ("epoch 1 of 0", None),
    ],
)
def test_the_last_epoch_that_was_named_is_the_progress(text: str, progress: float | None) -> None:
    assert learning_run.progress_in(text) == progress


def test_the_training_program_gets_none_of_our_settings(
    with_data: WithData, judged: BundleInfo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment: dict[str, str] = {}
    usual = training_program.subprocess.Popen

    def noted(*words: object, **more: object) -> object:
        environment.update(more["env"])  # type: ignore[call-overload]
        return usual(*words, **more)  # type: ignore[call-overload]

    monkeypatch.setenv("DPROTONET_DATABASE_URL", "postgresql://u:secret@h/n")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setattr(training_program.subprocess, "Popen", noted)
    assert learned(with_data(), judged).state == "done"
    ours = [name for name in environment if name.startswith(("DPROTONET_", "AWS_"))]
    assert environment and not ours


def test_the_training_program_itself_learns_from_a_signed_judgement(
    sqlite_url: str, tmp_path: Path, trained: Path, class_folder: Path
) -> None:
    settings = Settings(
        tmp_path / "data",
        database_url=sqlite_url,
        assets=tmp_path,
        models=(trained,),
        training_data=class_folder,
    )
    workplace = make_workplace(settings)
    (info,) = models.all(workplace)
    image = min((class_folder / "alpha").glob("*.png"))
    artefact = PrototypeJudgement(usefulness="artefact", artefact="text")
    judge(workplace, info, image=image.read_bytes(), said={"p00": artefact})
    job = learned(workplace, info)
    assert (job.state, job.message) == ("done", "")
    (proposal,) = proposals.newest(workplace)
    assert proposal.cost is not None and proposal.cost.images > 0
    (judged_image,) = versions.learned_facts(workplace, job.job_id)["forgotten"]
    # A network of a few random epochs forgets little: that it does is training's own test.
    assert judged_image["prototype"] == "p00"
    assert -1 <= judged_image["after"] <= judged_image["before"] <= 1
    active = models.active(workplace)
    assert active is not None and active.digest == info.digest
    approved = proposals.approve(workplace.of(ALONE), proposal.proposal_id)
    assert workplace.models.get(approved.version or "").parent == info.digest
    workplace.close()
