"""The list says of a case what its own tables say, and finds a page without reading the rest."""

from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import event, insert, text

from app.domain.annotations import Annotation
from app.domain.cases import ORDERS, STATUSES, CaseFacts, CaseFilters, CaseRow
from app.domain.errors import NotFound
from app.services.jobs import enqueue_prediction
from app.store.files.identities import SealedIdentity
from app.store.rows import JobEntry, JobItemEntry
from app.store.sql_store import SqlStore
from dprotonet.inference.prediction import Prediction
from dprotonet.inference.support import Support
from tests.app.store.databases import NOW
from tests.app.store.example_cases import case


def predicted(p_sick: float) -> Prediction:
    probabilities = {"well": 1 - p_sick, "sick": p_sick}
    label = "sick" if p_sick >= 0.6 else "well"
    return Prediction(label, probabilities, probabilities, 0.6, (), 0.5, False, 0.1, "m")


def refused(**more: object) -> Prediction:
    """Of an image that the model was not made for."""
    facts = {"distance": 41.5, "caution_from": 12.0, "threshold": 18.25}
    support = Support("outside", reasons=("the image is in colour",), **(facts | more))  # type: ignore[arg-type]
    return Prediction(None, {}, {}, 0.6, (), 0.5, False, 0.1, "m", support=support)


def signed(case_id: str, revision: int, verdict: str, *, frame: int = 0) -> Annotation:
    return Annotation(
        case_id, frame, revision, "me", verdict, None, 3, "why", "m", "toy", None, None, NOW
    )  # type: ignore[arg-type]


def add(store: SqlStore, number: int, *, minute: int = 0, study: str = "", **more: object) -> str:
    facts = CaseFacts("dicom", 4, 6, study_uid=study)
    created = NOW + timedelta(minutes=minute)
    with store.write() as tx:
        tx.cases.add(case(number, facts=facts, created_at=created, model="m", **more))
    return f"c{number}"


def save(
    store: SqlStore,
    case_id: str,
    said: float | Prediction,
    *,
    frame: int = 0,
    model: str = "m",
) -> None:
    with store.write() as tx:
        tx.predictions.save(
            case_id,
            frame=frame,
            model=model,
            prediction=predicted(said) if isinstance(said, float) else said,
            negative_class="well",
            now=NOW,
        )


def rows(store: SqlStore, size: int = 50, page: int = 0, **filters: object) -> list[CaseRow]:
    with store.read() as tx:
        result = tx.case_list.page(CaseFilters(**filters), page=page, size=size, now=NOW)  # type: ignore[arg-type]
    return list(result.rows)


def ids(store: SqlStore, **filters: object) -> list[str]:
    return [row.case_id for row in rows(store, **filters)]


def test_a_case_goes_from_waiting_to_new_to_read(database_url: str) -> None:
    store = SqlStore(database_url)
    add(store, 1)
    assert rows(store)[0].status == "failed"  # nobody will predict it
    with store.write() as tx:
        job = enqueue_prediction(tx, case_id="c1", frame=0, model="m", now=NOW)
    assert rows(store)[0].status == "waiting" and ids(store, status="waiting") == ["c1"]
    save(store, "c1", 0.9)
    with store.write() as tx:
        tx.jobs.finish(job.job_id, state="done", now=NOW)
    (row,) = rows(store, status="new")
    assert (row.label, row.probability, row.verdict) == ("sick", 0.9, None)
    with store.write() as tx:
        tx.annotations.add(signed("c1", 1, "accept"))
        tx.annotations.add(signed("c1", 2, "reject"))
    (row,) = rows(store, status="done", verdict="reject")
    assert (row.verdict, row.reader) == ("reject", "me") and not rows(store, verdict="accept")
    store.close()


def test_a_job_that_fails_leaves_a_failed_case(database_url: str) -> None:
    store = SqlStore(database_url)
    add(store, 1)
    add(store, 2)
    with store.write() as tx:
        job = enqueue_prediction(tx, case_id="c1", frame=0, model="m", now=NOW)
        enqueue_prediction(tx, case_id="c2", frame=0, model="m", now=NOW)
        tx.jobs.finish(job.job_id, state="failed", now=NOW, message="Broken.")
    assert ids(store, status="failed") == ["c1"] and ids(store, status="waiting") == ["c2"]
    with store.read() as tx:
        assert tx.case_list.waiting(["c1", "c2"]) == {"c2"}
    store.close()


def test_another_model_shows_what_that_model_said(database_url: str) -> None:
    store = SqlStore(database_url)
    add(store, 1)
    save(store, "c1", 0.9)
    save(store, "c1", 0.2, model="other")
    assert rows(store)[0].label == "sick"
    with store.write() as tx:
        tx.cases.set_model("c1", "other")
    assert (rows(store)[0].label, rows(store)[0].probability) == ("well", 0.8)
    with store.write() as tx:
        tx.cases.set_model("c1", "third")
    assert rows(store)[0].label is None and rows(store)[0].status == "failed"
    store.close()


def test_another_frames_prediction_is_not_the_cases(database_url: str) -> None:
    store = SqlStore(database_url)
    add(store, 1)
    save(store, "c1", 0.9, frame=3)
    assert rows(store)[0].label is None
    store.close()


def test_most_probable_first_means_the_finding_not_the_label(database_url: str) -> None:
    store = SqlStore(database_url)
    # Of the four, c2 is called "well" with the highest probability of all, and c4 waits.
    for number, p_sick in ((1, 0.7), (2, 0.05), (3, 0.55)):
        add(store, number)
        save(store, f"c{number}", p_sick)
    add(store, 4)
    assert ids(store, order="probability") == ["c1", "c3", "c2", "c4"]
    store.close()


def test_files_of_one_study_lie_together_where_the_newest_of_them_is(database_url: str) -> None:
    store = SqlStore(database_url)
    add(store, 1, minute=0, study="1.2")
    add(store, 2, minute=1)
    add(store, 3, minute=2, study="1.2")
    assert ids(store) == ["c3", "c1", "c2"]
    assert ids(store, order="oldest") == ["c2", "c1", "c3"]
    assert {row.case_id: row.study_files for row in rows(store)} == {"c1": 2, "c2": 1, "c3": 2}
    with store.read() as tx:
        assert [row.case_id for row in tx.case_list.study("c1", NOW)] == ["c3"]
    with store.write() as tx:
        tx.cases.delete("c3")
    assert ids(store) == ["c2", "c1"]  # the study is as old as the file that is left
    with store.read() as tx, pytest.raises(NotFound):
        tx.case_list.study("c3", NOW)
    store.close()


def test_names_are_found_and_sorted_without_regard_to_case(database_url: str) -> None:
    store = SqlStore(database_url)
    names = ("b.dcm", "Ärger.dcm", "A.dcm", "100%_off.dcm", "100x.dcm")
    for number, name in enumerate(names):
        add(store, number, file_name=name)
    assert ids(store, order="name") == ["c3", "c4", "c2", "c0", "c1"]
    assert ids(store, text="ärg") == ["c1"] and ids(store, text="a.DCM") == ["c2"]
    assert ids(store, text="100%_") == ["c3"]  # no wildcards
    assert ids(store, text="c4") == ["c4"]  # a case's id
    store.close()


def test_pages_hold_every_case_once_in_every_order(database_url: str) -> None:
    store = SqlStore(database_url)
    for number in range(23):
        add(store, number, minute=number % 4, study=f"1.{number % 7}" if number % 3 else "")
        if number % 2:
            save(store, f"c{number}", 0.5)
    for order in ORDERS:
        result = [row.case_id for page in range(5) for row in rows(store, 5, page, order=order)]
        assert sorted(result) == sorted(f"c{number}" for number in range(23))
    store.close()


def test_sqlite_finds_a_page_in_an_index_alone(sqlite_url: str) -> None:
    store = SqlStore(sqlite_url)
    with store.write() as tx:
        for number in range(300):  # of so many it is worth while
            tx.cases.add(case(number, case_id=f"c{number}", created_at=NOW, model="m"))
        for number in range(100):
            tx.annotations.add(signed(f"c{number}", 1, "accept"))
    store.renew_statistics()
    for order, filters in product(ORDERS, NARROWED):
        words = page_plan(store, order=order, **filters)
        assert "USING COVERING INDEX" in words and "TEMP B-TREE" not in words, (order, filters)
    store.close()


NARROWED: tuple[dict[str, object], ...] = (
    *({}, {"status": "done"}, {"verdict": "accept"}, {"model": "m", "reader": "me"}),
    {"modality": "", "source": "upload", "since": NOW, "until": NOW + timedelta(days=1)},
    {"status": "failed", "label": "", "disagreement": None},
    {"text": "c"},
)


def page_plan(store: SqlStore, **filters: object) -> str:
    """How SQLite finds the ids of a page."""
    asked: list[tuple[str, Any]] = []

    def note(connection: object, cursor: object, statement: str, given: object, *_: object) -> None:
        asked.append((statement, given))

    event.listen(store.engine, "before_cursor_execute", note)
    rows(store, **filters)
    event.remove(store.engine, "before_cursor_execute", note)
    (page,) = [one for one in asked if "ORDER BY" in one[0] and "LIMIT" in one[0]]
    with store.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {page[0]}", page[1]).all()
    return " ".join(str(line) for line in plan)


def test_a_refused_image_has_no_label_and_is_behind_all_others(database_url: str) -> None:
    store = SqlStore(database_url)
    for number, said in ((1, 0.01), (2, refused()), (3, 0.9)):
        add(store, number)
        save(store, f"c{number}", said)
    assert ids(store, order="probability") == ["c3", "c1", "c2"]
    assert ids(store, status="refused") == ["c2"] and ids(store, status="new") == ["c3", "c1"]
    assert ids(store, label="sick") == ["c3"] and ids(store, label="well") == ["c1"]
    (row,) = rows(store, status="refused")
    assert (row.label, row.probability, row.support) == (None, None, "outside")
    with store.write() as tx:
        # The worker completes older rows at its start: a refused one is none of them.
        assert tx.predictions.note_findings("m", "well") == 0
        tx.annotations.add(signed("c2", 1, "rightly refused"))
    (row,) = rows(store, verdict="rightly refused")
    assert (row.status, row.support) == ("done", "outside") and not ids(store, status="refused")
    store.close()


def test_a_case_that_another_model_reads_is_no_longer_refused(database_url: str) -> None:
    store = SqlStore(database_url)
    add(store, 1)
    save(store, "c1", refused())
    save(store, "c1", 0.9, model="other")
    with store.write() as tx:
        tx.cases.set_model("c1", "other")
    (row,) = rows(store)
    assert (row.status, row.label, row.support) == ("new", "sick", None)
    store.close()


def claim(store: SqlStore, case_id: str, reader: str = "you") -> None:
    with store.write() as tx:
        tx.claims.take(case_id, reader, NOW)


def test_each_status_is_counted_as_it_is_listed(database_url: str) -> None:
    store = SqlStore(database_url)
    for number in range(9):
        add(store, number)
    for number, said in enumerate((0.9, 0.8, refused(), refused(), 0.1, refused(), 0.2)):
        save(store, f"c{number}", said)
    with store.write() as tx:
        tx.annotations.add(signed("c0", 1, "accept"))
        enqueue_prediction(tx, case_id="c7", frame=0, model="m", now=NOW)
    for case_id in ("c0", "c1", "c3", "c8"):  # whoever looks at what is signed begins nothing
        claim(store, case_id)
    expected = {
        "done": ["c0"],
        "in progress": ["c3", "c1"],
        "refused": ["c5", "c2"],
        "new": ["c6", "c4"],
        "waiting": ["c7"],
        "failed": ["c8"],
    }
    with store.read() as tx:
        page = tx.case_list.page(CaseFilters(), page=0, size=9, now=NOW)
    listed = {row.case_id: row.status for row in page.rows}
    for status in STATUSES:
        assert ids(store, status=status) == expected.get(status, [])
        assert page.counts.get(status, 0) == len(expected.get(status, []))
        assert [name for name, its in listed.items() if its == status] == expected.get(status, [])
    assert {row.case_id for row in page.rows if row.held_by == "you"} == {"c0", "c1", "c3", "c8"}
    store.close()


def test_what_is_most_doubtful_comes_first_until_it_is_signed(database_url: str) -> None:
    store = SqlStore(database_url)
    for number, said in enumerate((0.99, 0.61, 0.05, refused())):  # called from 0.6
        add(store, number)
        save(store, f"c{number}", said)
    assert ids(store, order="doubt") == ["c1", "c2", "c0", "c3"]
    assert [row.doubt_reason for row in rows(store, order="doubt")] == [*["threshold"] * 3, None]
    with store.write() as tx:
        tx.annotations.add(signed("c2", 1, "accept"))  # of a confidence of 3
    (row,) = rows(store, status="done")
    assert (row.doubt, row.doubt_reason) == (0.5, "confidence")
    store.close()


def test_cases_of_before_get_their_doubt_from_the_worker(database_url: str) -> None:
    store = SqlStore(database_url)
    add(store, 1)
    save(store, "c1", 0.6)
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE \"case\" SET doubt = -2, doubt_reason = ''"))
    assert rows(store)[0].doubt is None
    with store.write() as tx:
        assert tx.cases.complete_summaries() == 1 and tx.cases.complete_summaries() == 0
    assert rows(store)[0].doubt == 1.0
    store.close()


def test_each_filter_narrows_the_list_and_all_of_them_together(database_url: str) -> None:
    store = SqlStore(database_url)
    with store.write() as tx:
        tx.identities.put(f"{1:064x}", SealedIdentity("PAT1", "PAT1-x", "sealed"))
        for number, (modality, view) in enumerate((("DX", "PA"), ("DX", "AP"), ("CR", "PA"))):
            facts = CaseFacts("dicom", 4, 6, modality=modality, view_position=view)
            created = NOW + timedelta(hours=number)
            tx.cases.add(case(number, facts=facts, created_at=created, model="m"))
        tx.annotations.add(signed("c1", 1, "reject"))
        batch = {"id": "b1", "kind": "batch", "state": "done", "work_key": "b1"}
        tx._session.execute(insert(JobEntry).values(**JOB | batch))
        of_batch = {"job_id": "b1", "position": 0, "name": "1", "case_id": "c1"}
        tx._session.execute(insert(JobItemEntry).values(**ITEM | of_batch))
    narrow: dict[str, tuple[object, list[str]]] = {
        "patient": ("PAT1", ["c1"]),
        "modality": ("DX", ["c1", "c0"]),
        "view": ("PA", ["c2", "c0"]),
        "since": (NOW + timedelta(hours=1), ["c2", "c1"]),
        "until": (NOW + timedelta(hours=2), ["c1", "c0"]),
        "batch": ("b1", ["c1"]),
        "reader": ("me", ["c1"]),
        "disagreement": ("model", ["c1"]),
    }
    for name, (value, left) in narrow.items():
        assert ids(store, **{name: value}) == left, name
    assert ids(store, **{name: value for name, (value, _) in narrow.items() if name != "view"}) == [
        "c1"
    ]
    assert rows(store, patient="PAT1")[0].patient == "PAT1"
    with store.read() as tx:
        assert tx.case_list.views() == (("CR", "PA"), ("DX", "AP"), ("DX", "PA"))
    store.close()


JOB = {
    **{"frame": 0, "seed": 0, "progress": 1.0, "message": "", "attempts": 1, "title": ""},
    **{"cancel_requested": False, "explain": False, "listing": False, "created_at": NOW},
}
ITEM = {"state": "done", "message": "", "attempts": 1, "file_sha256": ""}
