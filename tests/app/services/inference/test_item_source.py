"""Where a file of a batch comes from."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.errors import Refused
from app.services import batches
from app.services.deidentify.arrival import Arrival
from app.services.inference import item_source, queue
from app.services.workplace import Workplace
from app.store.batch_items import ClaimedItem
from tests.app.services.workplaces import FakePool, png


def taken(workplace: Workplace) -> ClaimedItem:
    queue.run_next(workplace, FakePool())  # a folder is walked
    with workplace.store.write() as tx:
        item = tx.batch_items.claim(workplace.clock())
    assert item is not None
    return item


def test_a_file_of_a_folder_is_opened_where_it_lies(with_images: Workplace, images: Path) -> None:
    batches.start_folder(with_images, images)
    item = taken(with_images)
    assert item_source.kind(with_images, item) == "folder"
    assert item_source.opened(with_images, item) == images / "0.png"


def test_one_that_is_gone_has_become_a_link_or_is_too_large_is_refused(
    with_images: Workplace, images: Path
) -> None:
    batches.start_folder(with_images, images)
    item = taken(with_images)
    small = replace(with_images, settings=replace(with_images.settings, file_bytes=5))
    with pytest.raises(Refused, match="larger than"):
        item_source.opened(small, item)
    (images / "0.png").unlink()
    with pytest.raises(Refused, match="no longer exists"):
        item_source.opened(with_images, item)
    (images / "0.png").symlink_to(images / "1.png")
    with pytest.raises(Refused, match="become a link"):
        item_source.opened(with_images, item)


def test_an_upload_is_what_was_kept_of_it(workplace: Workplace) -> None:
    with workplace.store.read() as tx:
        assert not tx.batches.is_any_open()
    job = batches.start_upload(workplace, [("a.png", png(1)), ("b.png", png(2))])
    with workplace.store.write() as tx:
        item = tx.batch_items.claim(workplace.clock())
    assert item is not None and item.job.job_id == job.job_id
    assert item_source.kind(workplace, item) == "upload"
    source = item_source.opened(workplace, item)
    assert isinstance(source, Arrival) and source.name == "a.png"
