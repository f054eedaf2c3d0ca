"""Signs of life: rows where several workers share the database, else a file; and what is put back
by one that leaves."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.services import batches, explanations
from app.services.inference import frames, queue, workers
from app.services.inference.frames import Pulse, explain_frame
from app.services.uploading import intake
from app.services.workplace import Workplace
from tests.app.services.workplaces import FakePool, make_workplace_with_folder, png


@pytest.fixture
def workplace(tmp_path: Path, database_url: str, assets: Path) -> Iterator[Workplace]:
    opened = make_workplace_with_folder(tmp_path / "data", database_url, assets)
    yield opened
    opened.close()


def test_a_worker_that_gave_a_sign_lives_until_it_leaves(workplace: Workplace) -> None:
    assert not workers.is_any_alive(workplace)
    workers.enter(workplace)
    workers.sign(workplace, device="cpu")
    living = workers.living(workplace)
    assert living.count == 1 and living.memory > 1_000_000
    assert workers.is_any_alive(workplace)
    workers.leave(workplace)
    assert workers.living(workplace) == workers.Living(0, 0)


def test_only_where_the_database_is_shared_a_worker_has_an_id(workplace: Workplace) -> None:
    workers.enter(workplace)
    is_shared = workplace.settings.database_url.startswith("postgresql")
    assert (workplace.store.holder is not None) == is_shared == workplace.store.is_shared


def test_an_old_file_is_no_sign_of_life(workplace: Workplace) -> None:
    if workplace.store.is_shared:
        pytest.skip("there is no file")
    workers.sign(workplace, device="cpu")
    os.utime(workers.worker_mark(workplace), (0, 0))
    assert workers.living(workplace) == workers.Living(0, 0)


def test_what_a_leaving_worker_holds_is_done_by_another_and_counts_no_attempt(
    workplace: Workplace,
) -> None:
    if not workplace.store.is_shared:
        pytest.skip("the next start takes it up")
    pool = FakePool()
    (workplace.settings.folders[0] / "a.png").write_bytes(png(1))
    intake.add(workplace, png(2), name="b.png")
    job = batches.start_folder(workplace, workplace.settings.folders[0])
    workers.enter(workplace)
    workers.sign(workplace, device="cpu")
    with workplace.store.write() as tx:
        held = tx.jobs.claim(workplace.clock())
        assert held is not None and tx.folder_listings.claim(workplace.clock()) is not None
    assert workers.leave(workplace) == 2
    with workplace.store.read() as tx:
        assert tx.jobs.get(held.job_id).attempts == tx.jobs.get(job.job_id).attempts == 0
    workers.enter(workplace)
    queue.run_pending(workplace, pool)
    assert batches.progress(workplace, job.job_id).counts == {"done": 1}
    assert len(pool.predicted) == 2


def test_what_two_workers_were_asked_for_at_once_is_kept_once(workplace: Workplace) -> None:
    pool = FakePool()
    case = str(intake.add(workplace, png(1, level=200), name="a.png").case_id)
    queue.run_pending(workplace, pool)
    explanations.request(workplace, case, frame=0, node="class:finding", tier="draft")
    explain, inner = pool.explain, FakePool()

    def meanwhile(*arguments, **named):  # type: ignore[no-untyped-def]
        found = explain(*arguments, **named)
        if not inner.explained:  # another worker is done with the same before this one
            with workplace.store.read() as tx:
                model = str(tx.cases.get(case).model)
            pulse = Pulse(workplace, "another", lambda: False)
            explain_frame(
                *(workplace, inner, case),
                frame=0,
                model=model,
                node="class:finding",
                tier="draft",
                seed=0,
                pulse=pulse,
            )
        return found

    pool.explain = meanwhile  # type: ignore[method-assign]
    queue.run_pending(workplace, pool)
    with workplace.store.read() as tx:
        model = str(tx.cases.get(case).model)
        known = tx.explanations.of_node(case, frame=0, model=model, node="class:finding", seed=0)
    assert len(known) == 1 and inner.explained == ["class:finding"]


def test_a_busy_worker_gives_way_when_no_idle_one_takes_what_goes_first(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "LOOK_SECONDS", 0.0)
    (workplace.settings.folders[0] / "a.png").write_bytes(png(1))
    job = batches.start_folder(workplace, workplace.settings.folders[0])
    pulse = Pulse(workplace, job.job_id, lambda: False, is_whole=False, gives_way=True)
    assert not pulse.cancelled()
    intake.add(workplace, png(2), name="b.png")
    # Where there is another worker, it has had one look's time to take it.
    assert pulse.cancelled() == (not workplace.store.is_shared)
    assert pulse.cancelled()
