"""The folder of a batch: walked whole, or given up with the reason, and it stops no other."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.jobs import MOST_ATTEMPTS
from app.services import batches
from app.services.inference import folder_listing, queue
from app.services.workplace import Workplace
from dprotonet.images.walk import FoundFile
from tests.app.services.batch_states import states
from tests.app.services.workplaces import FakePool, png

if sys.platform == "linux":  # elsewhere a name that is no text cannot be made

    def test_a_folder_whose_name_is_no_text_is_read(
        with_images: Workplace, pool: FakePool, images: Path
    ) -> None:
        folder = Path(os.fsdecode(os.fsencode(images.parent) + b"/\xf6" + b"o" * 240))
        inner = folder / ("i" * 250)
        inner.mkdir(parents=True)
        (inner / "a.png").write_bytes(png(5))
        assert folder in batches.subfolders(with_images, images.parent)
        job = batches.start_folder(with_images, inner)
        queue.run_pending(with_images, pool)
        assert states(with_images, job.job_id) == [("a.png", "done")]
        whole = batches.start_folder(with_images, folder)
        queue.run_pending(with_images, pool)
        assert batches.progress(with_images, whole.job_id).title.startswith("%F6oo")
        assert states(with_images, whole.job_id) == [("a.png", "duplicate")]


def test_a_folder_that_cannot_be_walked_is_given_up_and_what_was_found_is_read(
    with_images: Workplace,
    pool: FakePool,
    images: Path,
    other_folder: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    walk = folder_listing.walk
    begun: list[str] = []

    def failing(paths: list[Path], **more: object) -> Iterator[FoundFile]:
        for number, file in enumerate(walk(paths)):
            if str(paths[0]) == str(images) and number == 2:
                begun.append(str(paths[0]))
                raise OSError("the disk does not answer")
            yield file

    monkeypatch.setattr(folder_listing, "walk", failing)
    monkeypatch.setattr(folder_listing, "CHUNK", 1)
    job = batches.start_folder(with_images, images)
    other = batches.start_folder(with_images, other_folder)
    queue.run_pending(with_images, pool)
    state = batches.progress(with_images, job.job_id)
    assert len(begun) == MOST_ATTEMPTS
    assert state.counts == {"done": 2} and state.job.state == "done" and not state.listing
    assert state.job.message.startswith("What it reads could not be listed to its end")
    assert batches.progress(with_images, other.job_id).counts == {"done": 2}


def test_a_folder_whose_listing_ends_the_worker_each_time_fails_and_says_so(
    with_images: Workplace,
    pool: FakePool,
    images: Path,
    other_folder: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    walk = folder_listing.walk

    def dying(paths: list[Path], **more: object) -> Iterator[FoundFile]:
        if str(paths[0]) == str(images):
            raise KeyboardInterrupt
        return walk(paths)

    monkeypatch.setattr(folder_listing, "walk", dying)
    job = batches.start_folder(with_images, images)
    other = batches.start_folder(with_images, other_folder)
    for _ in range(MOST_ATTEMPTS):
        with pytest.raises(KeyboardInterrupt):
            queue.run_pending(with_images, pool)
        queue.begin(with_images)
    queue.run_pending(with_images, pool)
    state = batches.progress(with_images, job.job_id)
    assert state.job.state == "failed" and "stopped 3 times" in state.job.message
    assert batches.progress(with_images, other.job_id).counts == {"done": 2}


def test_a_worker_that_leaves_in_the_midst_of_a_listing_counts_no_attempt(
    with_images: Workplace, pool: FakePool, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_listing, "CHUNK", 1)
    job = batches.start_folder(with_images, images)
    for _ in range(MOST_ATTEMPTS + 1):
        queue.run_next(with_images, pool, stop=lambda: True)
        queue.begin(with_images)
    queue.run_pending(with_images, pool)
    state = batches.progress(with_images, job.job_id)
    assert (state.job.state, state.counts) == ("done", {"done": 3}) and not state.job.message
