"""Files of a batch that are read by a thread, and what becomes of those that nobody wants then."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.domain.errors import Unavailable
from app.services import batches
from app.services.inference import queue
from app.services.inference.reading_ahead import ReadingAhead, discard
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.store.batch_items import ClaimedItem
from app.store.files.blobs import STAGING
from app.store.together.new_cases import NewCases
from tests.app.services.workplaces import FakePool, png


@pytest.fixture
def items(with_images: Workplace, images: Path) -> list[ClaimedItem]:
    """Three images and a text, taken."""
    (images / "4.txt").write_text("no image")
    batches.start_folder(with_images, images)
    queue.run_next(with_images, FakePool())
    with with_images.store.write() as tx:
        first = tx.batch_items.claim(with_images.clock())
        assert first is not None
        return [first, *tx.claimed_files.more_of(first, most=9)]


def staged(workplace: Workplace) -> int:
    return len(list((workplace.settings.data / "blobs" / STAGING).glob("*")))


def test_each_file_comes_in_its_order_with_what_is_known_of_it(
    with_images: Workplace, items: list[ClaimedItem]
) -> None:
    intake.add(with_images, png(1), name="known.png", predict=False)
    with ReadingAhead(with_images, items) as files:
        found = list(files)
    assert [item for item, _ in found] == items
    assert [ahead is None for _, ahead in found] == [False, True, False, True]
    assert found[0][1] is not None
    first, image = found[0][1]
    assert first.facts.format == "png"
    assert image.shape == (first.facts.rows, first.facts.columns)
    assert staged(with_images) == 4, "two files and their thumbnails"
    for _, ahead in found:
        if ahead is not None:
            discard(with_images, ahead[0])
    assert staged(with_images) == 0


def test_what_is_read_when_nobody_wants_it_any_more_is_discarded(
    with_images: Workplace, items: list[ClaimedItem], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_end = threading.Event(), threading.Event()
    real = with_images.image_reader.look_and_read

    def slow(source: Any) -> Any:
        begun.set()
        assert may_end.wait(30)
        return real(source)

    monkeypatch.setattr(with_images.image_reader, "look_and_read", slow)
    ahead = ReadingAhead(with_images, items)
    with ahead as files:
        started = threading.Thread(target=lambda: next(files), daemon=True)
        started.start()
        assert begun.wait(30)
        may_end.set()
        started.join(30)
    ahead._thread.shutdown(wait=True)
    assert staged(with_images) == 2, "the one that was handed out is its taker's"


def test_a_store_that_is_away_is_no_files_fault(
    with_images: Workplace,
    items: list[ClaimedItem],
    monkeypatch: pytest.MonkeyPatch,
    away: Callable[..., None],
) -> None:
    monkeypatch.setattr(NewCases, "known_files", away)
    ahead = ReadingAhead(with_images, items)
    with pytest.raises(Unavailable), ahead as files:
        next(files)
    ahead._thread.shutdown(wait=True)  # another one was being read
    assert staged(with_images) == 0


@pytest.fixture
def away() -> Callable[..., None]:
    """What a store does that cannot be reached."""

    def refuse(*args: object) -> None:
        raise Unavailable("The database cannot be reached.")

    return refuse
