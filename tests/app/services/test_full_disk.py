"""On a full disk nothing is half-done, pages go on, and cases can be deleted.

A real small disk is used where the system lets this user mount one.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.domain.errors import DiskFull
from app.services import batches, review
from app.services.inference import queue
from app.services.storage import retention
from app.services.uploading import intake, several
from app.services.workplace import Workplace
from app.settings import Settings
from app.store.migrate import upgrade
from tests.app.disks import disk, fill
from tests.app.services.workplaces import START, FakePool, make_workplace, png

__all__ = ["disk"]
LARGE = png(99, side=300)


@pytest.fixture
def small(disk: Path, assets: Path, empty_sqlite: Path) -> Iterator[Workplace]:
    """A workplace on it with four images, begun as the worker does."""
    workplace = make_workplace(Settings(disk / "data", assets=assets), database=empty_sqlite)
    queue.begin(workplace)
    for number in range(4):
        intake.add(workplace, png(number, side=60), name=f"{number}.png")
    yield workplace
    workplace.close()


def stored(workplace: Workplace) -> int:
    """Files in the blob folder, the staged ones too."""
    return sum(path.is_file() for path in workplace.settings.blobs.rglob("*"))


def test_an_upload_on_a_full_disk_leaves_nothing_and_says_why(disk: Path, small: Workplace) -> None:
    fill(disk)
    before = stored(small)
    (taken,) = several.add_many(small, [("large.png", LARGE)])
    assert taken.outcome == "error" and taken.message.startswith("The disk is full")
    with pytest.raises(DiskFull):
        batches.start_upload(small, [("large.png", LARGE), ("b.png", png(5))])
    assert review.list_cases(small).total == 4 and stored(small) == before
    assert batches.batches(small) == ()


def test_cases_are_deleted_on_a_full_disk_and_the_room_is_kept_back_again(
    disk: Path, small: Workplace
) -> None:
    fill(disk)
    reserve = disk / "data" / "review.sqlite3-reserve"
    assert reserve.exists()
    for left in (3, 2, 1):
        review.delete_case(small, review.list_cases(small).rows[0].case_id)
        assert review.list_cases(small).total == left
        assert len(list(small.blobs.all_keys())) == left
    (disk / "filler").unlink()
    queue.upkeep(small)
    assert reserve.exists()


def test_a_sites_rule_lets_cases_go_on_a_full_disk(disk: Path, small: Workplace) -> None:
    settings = replace(small.settings, keep_unread_days=1)
    later = replace(small, settings=settings, clock=lambda: START + timedelta(days=2))
    with small.store.write() as tx:  # a case that work waits for would be held
        for case_id in tx.cases.ids():
            for job in tx.jobs.of_case(case_id, frame=0):
                tx.jobs.cancel(job.job_id, now=START)
    plan = retention.plan(later)
    assert len(plan.due) == 4
    fill(disk)
    assert retention.apply(later, plan.digest).deleted == 4
    assert list(small.blobs.all_keys()) == []


def test_a_start_on_a_full_disk_gets_the_room_that_was_kept_back(
    disk: Path, small: Workplace, assets: Path
) -> None:
    small.close()  # the last one to leave removes the journal; the next has to create it again
    fill(disk)
    settings = small.settings
    assert upgrade(settings.store_url, backups=settings.backups, now=START) is None
    again = make_workplace(settings)
    assert review.list_cases(again).total == 4
    review.delete_case(again, review.list_cases(again).rows[0].case_id)
    assert review.list_cases(again).total == 3
    again.close()


def test_work_on_a_full_disk_fails_with_its_sentence_and_can_be_asked_for_again(
    disk: Path, small: Workplace, pool: FakePool
) -> None:
    fill(disk)
    with pytest.raises(DiskFull):
        queue.run_pending(small, pool)
    (disk / "filler").unlink()
    queue.take_up_again(small)
    queue.run_pending(small, pool)
    assert all(row.status == "new" for row in review.list_cases(small).rows)


def test_bytes_that_do_not_fit_leave_neither_rows_nor_files(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The same without a small disk: the system's call says that there is no room.
    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    for part in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(os, part, full)
            (taken,) = several.add_many(workplace, [("large.png", LARGE)])
        assert taken.message.startswith("The disk is full")
    assert review.list_cases(workplace).total == 0 and stored(workplace) == 0


def test_a_file_that_may_not_be_read_says_so_without_the_systems_words(
    workplace: Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "image.png"
    path.write_bytes(png(1))
    opened: Callable[..., object] = Path.open
    for number in (errno.EACCES, errno.EIO):

        def refused(self: Path, *words: object, n: int = number) -> object:
            if self == path:
                raise OSError(n, os.strerror(n), str(self))
            return opened(self, *words)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "open", refused)
            (taken,) = several.add_many(workplace, [("image.png", path)])
        assert taken.outcome == "error" and taken.message.startswith("The file could not be")
        assert os.strerror(number) not in taken.message
