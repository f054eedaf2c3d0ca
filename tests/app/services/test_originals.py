"""Files and rows: what a reader deletes is gone, and nothing else ever is."""

import threading
from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import delete

from app.domain.errors import Missing
from app.services import batches, originals, review
from app.services.originals import MOST_ASIDE
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.store.rows import CaseEntry
from app.store.sql_store import Transaction
from tests.app.services.workplaces import START, png


@pytest.fixture
def add(workplace: Workplace) -> Callable[[int], list[str]]:
    """Takes in images and says the keys of their files."""

    def taken(count: int, first: int = 0) -> list[str]:
        keys = []
        for number in range(first, first + count):
            result = intake.add(workplace, png(number), name=f"{number}.png", predict=False)
            with workplace.store.read() as tx:
                keys.append(tx.cases.get(result.case_id).file_sha256)
        return keys

    return taken


def forget_rows(workplace: Workplace, keys: list[str]) -> None:
    """As an older database: the rows are not there, and nobody deleted them."""
    with workplace.store.write() as tx:
        tx._session.execute(delete(CaseEntry).where(CaseEntry.file_sha256.in_(keys)))


def files(workplace: Workplace) -> set[str]:
    return set(workplace.blobs.all_keys())


def test_a_file_without_a_row_is_put_aside_under_the_day_and_not_removed(
    workplace: Workplace, add: Callable[[int], list[str]]
) -> None:
    (kept,) = add(1)
    orphan = workplace.blobs.put(b"nobody names me")
    done = originals.tidy(workplace)
    assert (done.put_aside, done.left, done.missing, done.brought_back) == (1, 0, 0, 0)
    assert files(workplace) == {kept}
    aside = workplace.settings.data / "orphans" / START.date().isoformat() / orphan
    assert aside.read_bytes() == b"nobody names me"
    assert [one.key for one in originals.orphans(workplace)] == [orphan]
    assert originals.tidy(workplace).put_aside == 0


def test_what_was_put_aside_comes_back_when_a_row_names_it_again(
    workplace: Workplace, add: Callable[[int], list[str]]
) -> None:
    keys = add(3)
    with workplace.store.read() as tx:
        cases = [tx.cases.get(case_id) for case_id in list(tx.cases.ids())]
    forget_rows(workplace, keys)
    assert originals.tidy(workplace).put_aside == 3 and not files(workplace)
    with workplace.store.write() as tx:
        for case in cases[:2]:
            tx.cases.add(case)
    assert originals.tidy(workplace).brought_back == 2
    assert files(workplace) == {case.file_sha256 for case in cases[:2]}
    assert len(originals.orphans(workplace)) == 1
    assert review.original(workplace, cases[0].case_id) == png(0)


def test_many_files_without_a_row_stay_where_they_are(
    workplace: Workplace, add: Callable[[int], list[str]], caplog: pytest.LogCaptureFixture
) -> None:
    keys = add(MOST_ASIDE + 1)
    forget_rows(workplace, keys)
    done = originals.tidy(workplace)
    assert (done.put_aside, done.left) == (0, MOST_ASIDE + 1)
    assert files(workplace) == set(keys) and not originals.orphans(workplace)
    assert f"{MOST_ASIDE + 1} of {MOST_ASIDE + 1} files are named by no row" in caplog.text
    assert "python -m app restore FILE" in caplog.text


def test_more_than_ten_are_put_aside_only_up_to_a_twentieth_of_all(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = {workplace.blobs.put(f"named {number}".encode()) for number in range(230)}
    monkeypatch.setattr(Transaction, "named_blobs", lambda tx: named)
    for number in range(MOST_ASIDE + 2):
        workplace.blobs.put(f"unnamed {number}".encode())
    assert originals.tidy(workplace).put_aside == MOST_ASIDE + 2  # 12 of 242 are 4.96 %
    for number in range(13):
        workplace.blobs.put(f"unnamed {number}".encode())
    assert originals.tidy(workplace).left == 13  # of 243: 5.3 %


def test_missing_files_are_counted_and_said(
    workplace: Workplace, add: Callable[[int], list[str]], caplog: pytest.LogCaptureFixture
) -> None:
    keys = add(3)
    workplace.blobs.delete(keys[0])
    assert originals.tidy(workplace).missing == 1
    assert "1 files that the database names are missing" in caplog.text
    with workplace.store.read() as tx:
        case = tx.cases.find(file_sha256=keys[0])
    assert case is not None
    with pytest.raises(Missing, match="Copy the folder of the originals back"):
        review.original(workplace, case.case_id)
    with pytest.raises(Missing):
        workplace.blobs.source(keys[0])


def test_a_reader_deletes_for_good(workplace: Workplace, add: Callable[[int], list[str]]) -> None:
    add(2)
    case_id = review.list_cases(workplace).rows[0].case_id
    review.delete_case(workplace, case_id)
    assert len(files(workplace)) == 1 and not originals.orphans(workplace)


def test_a_deletion_cut_short_after_its_rows_leaves_a_file_that_is_put_aside(
    workplace: Workplace, add: Callable[[int], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (key,) = add(1)
    case_id = review.list_cases(workplace).rows[0].case_id

    def killed(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(originals, "release_blobs", killed)
        with pytest.raises(KeyboardInterrupt):
            review.delete_case(workplace, case_id)
    assert review.list_cases(workplace).total == 0 and files(workplace) == {key}
    assert originals.tidy(workplace).put_aside == 1
    assert [one.key for one in originals.orphans(workplace)] == [key]


def test_a_file_that_is_being_taken_in_is_never_put_aside(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Between listing and moving the image is taken in; then the move has to see its row.
    orphan = workplace.blobs.put(png(1))
    listed = workplace.blobs.all_keys

    def listed_then_taken_in() -> object:
        result = list(listed())
        thread = threading.Thread(target=lambda: intake.add(workplace, png(1), name="a.png"))
        thread.start()
        thread.join()
        return iter(result)

    monkeypatch.setattr(workplace.blobs, "all_keys", listed_then_taken_in)
    assert originals.tidy(workplace).put_aside == 0
    assert workplace.blobs.exists(orphan)


def test_a_failed_upload_takes_its_file_away_but_not_one_that_was_there(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = workplace.blobs.put(png(1))

    def fails(*arguments: object, **more: object) -> None:
        raise OSError("no room for rows")

    monkeypatch.setattr(intake.jobs, "enqueue_prediction", fails)
    monkeypatch.setattr(batches.jobs, "enqueue", fails)
    for data in (png(1), png(2)):
        with pytest.raises(OSError, match="no room"):
            intake.add(workplace, data, name="a.png")
        with pytest.raises(OSError, match="no room"):
            batches.start_upload(workplace, [("a.png", data)])
    assert files(workplace) == {before}
    assert review.list_cases(workplace).total == 0


def test_orphans_are_deleted_when_somebody_says_so_except_an_only_copy(
    workplace: Workplace, add: Callable[[int], list[str]]
) -> None:
    keys = add(1)
    workplace.blobs.put(b"nobody names me")
    originals.tidy(workplace)
    workplace.blobs.set_aside(keys[0], day=date(2026, 3, 2).isoformat())  # and a row names it
    assert originals.delete_orphans(workplace) == 1
    assert [one.key for one in originals.orphans(workplace)] == keys
    assert originals.tidy(workplace).brought_back == 1 and files(workplace) == set(keys)
