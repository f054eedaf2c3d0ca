"""Migrations build what the rows say, and nothing is changed without a backup."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from app.domain.annotations import VERDICTS
from app.domain.cases import CaseFilters
from app.domain.errors import Damaged, Refused
from app.store import migrate
from app.store.migrate import upgrade
from app.store.rows import Base
from app.store.sql_store import SqlStore, make_engine
from dprotonet.explain.explanation import READER, SEARCH
from dprotonet.explain.settings import TIERS, MDMSettings
from dprotonet.images.file_names import path_of
from dprotonet.inference.site_settings import SiteStamp
from tests.app.domain.audit.audit_entries import event
from tests.app.store.databases import NOW
from tests.app.store.example_cases import case
from tests.app.store.test_case_list import refused, rows, save, signed

HEAD = sorted(path.name[:4] for path in (migrate.MIGRATIONS / "versions").glob("0*.py"))[-1]

SECOND = """
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "9999", "HEAD", None, None
def upgrade():
    with op.batch_alter_table("case") as table:
        table.add_column(sa.Column("note", sa.String(10)))
        table.alter_column("file_name", type_=sa.String(300))
"""

EXPLANATION = """
INSERT INTO explanation (id, case_id, frame, pixel_sha256, model, node, settings_digest, seed,
    heatmap_key, facts, created_at)
VALUES (:id, 'c1', 0, 'p', 'm', :node, :digest, 0, 'k', '{"value_before": 0.8, "value_after": 0.7,
    "passes_forward": 32, "passes_backward": 16, "seconds": 0.5, "stop_reason": "steps",
    "raw_range": [0, 1], "faithfulness": {"insertion_auc": 0.6}, "placement": {"stored": [8, 8],
    "network": 8, "resized": [8, 8], "offset": [0, 0]}}', '2026-03-01 12:00:00')
"""
JOB = """
INSERT INTO job (id, kind, state, work_key, case_id, frame, model, seed, progress, message,
    attempts, cancel_requested, title, explain, listing, created_at)
VALUES (:id, :kind, 'waiting', :id, 'c1', 0, 'm', 0, 0, '', 0, 0, '', 0, 0, '2026-03-01 12:00:00')
"""

CASE = """
INSERT INTO "case" (id, file_name, file_sha256, pixel_sha256, file_bytes, format, rows, columns,
    frames, colour, bits, modality, view_position, laterality, body_part, transfer_syntax,
    photometric, study_uid, series_uid, study_key, source, model, created_at)
VALUES (:id, :name, :id, :id, 5, 'dicom', 4, 6, 1, 0, 8, '', '', '', '', '', '', '', '', :study,
    'upload', 'm', :created)
"""
ITEM = """
INSERT INTO job_item (job_id, position, name, path, state, message, attempts, case_id, file_sha256)
VALUES ('b1', :position, 'a.dcm', :path, :state, '', 1, 'c1', :file)
"""
PREDICTION = """
INSERT INTO prediction (case_id, frame, model, label, probability, result, created_at)
VALUES (:case, 0, 'm', 'sick', 0.75, '{"label": "sick", "probabilities": {"well": 0.25,
    "sick": 0.75}, "logits": {"well": 0.0, "sick": 1.0}, "threshold": null, "matches": [],
    "closest_similarity": 0.5, "no_prototype_is_close": false, "seconds": 0.1, "bundle": "m"}',
    '2026-03-01 12:00:00')
"""
ANNOTATION = """
INSERT INTO annotation (case_id, frame, revision, reader, verdict, confidence, text, model,
    model_name, created_at)
VALUES (:case, 0, :revision, 'me', :verdict, 3, '', 'm', 'toy', '2026-03-01 12:00:00')
"""


@pytest.fixture
def store_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], SqlStore]]:
    """Makes a new database as the program of an earlier revision made it."""
    stores: list[SqlStore] = []

    def make(revision: str) -> SqlStore:
        url = f"sqlite:///{tmp_path / 'old.sqlite3'}"
        copied = tmp_path / f"up-to-{revision}"
        shutil.copytree(migrate.MIGRATIONS, copied)
        for path in (copied / "versions").glob("0*.py"):
            if path.name[:4] > revision:
                path.unlink()
        with monkeypatch.context() as patch:
            patch.setattr(migrate, "MIGRATIONS", copied)
            upgrade(url, backups=tmp_path / "backups", now=NOW)
        stores.append(SqlStore(url))
        return stores[-1]

    yield make
    for store in stores:
        store.close()


@pytest.fixture
def upgraded(tmp_path: Path) -> Callable[[SqlStore], Path | None]:
    """Brings such a database up to date; gives the backup that was written before."""

    def bring_up_to_date(store: SqlStore) -> Path | None:
        store.close()
        return upgrade(str(store.engine.url), backups=tmp_path / "backups", now=NOW)

    return bring_up_to_date


def _with_second_migration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str = SECOND
) -> None:
    copied = tmp_path / "migrations"
    shutil.copytree(migrate.MIGRATIONS, copied)
    (copied / "versions" / "9999_second.py").write_text(source.replace("HEAD", HEAD))
    monkeypatch.setattr(migrate, "MIGRATIONS", copied)


def _insert_case(store: SqlStore, case_id: str, name: str, *, study: str, minute: int) -> None:
    values = {"id": case_id, "name": name, "study": study, "created": f"2026-03-01 12:{minute:02}"}
    values["created"] += ":00.000000"
    with store.engine.begin() as connection:
        connection.execute(text(CASE), values)


def test_the_migrations_build_exactly_the_rows_tables(database_url: str) -> None:
    store = SqlStore(database_url)
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    store.close()


def test_an_up_to_date_database_is_left_alone(database_url: str, tmp_path: Path) -> None:
    assert upgrade(database_url, backups=tmp_path / "backups", now=NOW) is None
    assert not (tmp_path / "backups").exists()


def test_a_rebuilt_table_keeps_the_rows_that_hang_on_it_and_a_backup_is_made(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.services.jobs import enqueue_prediction

    store = SqlStore(database_url)
    with store.write() as tx:
        tx.cases.add(case(1))
        enqueue_prediction(tx, case_id="c1", frame=0, model="m", now=NOW)
    store.close()
    _with_second_migration(tmp_path, monkeypatch)
    saved = upgrade(database_url, backups=tmp_path / "backups", now=NOW)
    assert saved is not None and saved.stat().st_size > 0
    with store.engine.connect() as connection:
        assert connection.scalar(text('SELECT count(note) FROM "case"')) == 0
        assert connection.scalar(text("SELECT case_id FROM job")) == "c1"
    store.close()


def test_heatmaps_and_jobs_from_before_there_were_tiers_are_found_again(
    store_of: Callable[[str], SqlStore], upgraded: Callable[[SqlStore], Path | None]
) -> None:
    store = store_of("0001")
    _insert_case(store, "c1", "a.dcm", study="1.2", minute=0)
    usual = MDMSettings().digest
    with store.engine.begin() as connection:
        for name, digest in (("e1", usual), ("e2", "0" * 64)):
            connection.execute(text(EXPLANATION), {"id": name, "node": name, "digest": digest})
        for name, kind in (("j1", "explain"), ("j2", "predict")):
            connection.execute(text(JOB), {"id": name, "kind": kind})
    assert upgraded(store) is not None
    with store.read() as tx:
        result = tx.explanations.of_frame("c1", frame=0, model="m")
        assert {one.explanation_id: one.tier for one in result} == {"e1": "standard", "e2": ""}
        assert [one.is_of_earlier_settings for one in result] == [
            one.explanation_id == "e2" for one in result
        ]
        assert all(one.faithfulness is None and one.measuring_seconds == 0 for one in result)
        assert (tx.jobs.get("j1").tier, tx.jobs.get("j2").tier) == ("standard", None)


def test_the_list_of_an_older_database_is_summed_up(
    store_of: Callable[[str], SqlStore], upgraded: Callable[[SqlStore], Path | None]
) -> None:
    store = store_of("0002")
    _insert_case(store, "c1", "ÄRGER.dcm", study="1.2", minute=0)
    _insert_case(store, "c2", "b.dcm", study="1.2", minute=5)
    _insert_case(store, "c3", "c.dcm", study="c3", minute=3)
    _insert_case(store, "c4", "d.dcm", study="c4", minute=1)
    with store.engine.begin() as connection:
        for case_id in ("c1", "c3"):
            connection.execute(text(PREDICTION), {"case": case_id})
        connection.execute(text(ANNOTATION), {"case": "c3", "revision": 1, "verdict": "accept"})
        connection.execute(text(ANNOTATION), {"case": "c3", "revision": 2, "verdict": "reject"})
    upgraded(store)
    with store.read() as tx:
        newest = tx.case_list.page(CaseFilters(), page=0, size=9, now=NOW).rows
        result = tx.case_list.page(CaseFilters(text="ärger"), page=0, size=9, now=NOW).rows
        assert [row.case_id for row in newest] == ["c2", "c1", "c3", "c4"]
        assert [row.case_id for row in result] == ["c1"]
        states = {row.case_id: (row.status, row.label, row.verdict) for row in newest}
    assert states == {
        "c1": ("new", "sick", None),
        "c2": ("failed", None, None),
        "c3": ("done", "sick", "reject"),
        "c4": ("failed", None, None),
    }
    with store.write() as tx:
        assert tx.predictions.note_findings("m", "well") == 2
        assert tx.predictions.note_findings("m", "well") == 0
        first = tx.case_list.page(CaseFilters(order="probability"), page=0, size=2, now=NOW).rows
        assert {row.case_id for row in first} == {"c1", "c3"}


def test_images_that_were_taken_for_duplicates_say_so_and_can_be_read_again(
    store_of: Callable[[str], SqlStore], upgraded: Callable[[SqlStore], Path | None]
) -> None:
    store = store_of("0002")
    _insert_case(store, "c1", "a.dcm", study="1.2", minute=0)
    with store.engine.begin() as connection:
        connection.execute(text(JOB), {"id": "b1", "kind": "batch"})
        connection.execute(text("UPDATE job SET folder = '/a%20b' WHERE id = 'b1'"))
        # The case's own hash is "c1", as its id.
        rows = [("c1", "done"), ("c1", "duplicate"), ("c2", "duplicate"), ("c3", "duplicate")]
        for position, (digest, state) in enumerate(rows):
            path = None if position == 3 else f"in/{position} 100%25.dcm"
            values = {"position": position, "path": path, "state": state, "file": digest}
            connection.execute(text(ITEM), values)
    upgraded(store)
    with store.read() as tx:
        result = tx.batch_report.page("b1", page=0, size=9).rows
        assert [row.state for row in result] == ["done", "duplicate", "error", "error"]
        assert [row.case_id for row in result] == ["c1", "c1", None, None]
        assert "took this file for a duplicate" in result[2].message
        assert [row.path for row in result[1:]] == ["in/1 100%25.dcm", "in/2 100%25.dcm", "a.dcm"]
        assert tx.cases.get("c1").pixel_hash == "decoded"
    with store.write() as tx:
        tx.batches.resume("b1", failed_too=True)
        item = tx.batch_items.claim(NOW)
    assert item is not None and path_of(str(item.path)) == "in/2 100%25.dcm"
    assert path_of(str(item.folder)) == "/a%20b"


def _add_predicted_case(connection: Connection, **more: str) -> None:
    """The case "c1" with its prediction; ``more`` are columns that came later, and their SQL."""
    columns = {"study_newest": ":created"} | more
    case = CASE.replace("created_at)", f"created_at, {', '.join(columns)})").replace(
        ":created)", f":created, {', '.join(columns.values())})"
    )
    values = {"id": "c1", "name": "a.dcm", "study": "1.2", "created": "2026-03-01 12:00:00.000000"}
    connection.execute(text(case), values)
    connection.execute(text(PREDICTION), {"case": "c1"})


def _step(url: str, revision: str) -> None:
    """Migrate up or down to a revision."""
    engine = make_engine(url, foreign_keys=False)
    config = migrate._config()
    with engine.execution_options(dprotonet_begin="IMMEDIATE").begin() as connection:
        config.attributes["connection"] = connection
        newer = revision > (MigrationContext.configure(connection).get_current_revision() or "")
        (command.upgrade if newer else command.downgrade)(config, revision)
        migrate._check(connection)
    engine.dispose()


def test_predictions_of_before_models_had_gates_stay_as_they_are(
    store_of: Callable[[str], SqlStore], upgraded: Callable[[SqlStore], Path | None]
) -> None:
    store = store_of("0005")
    with store.engine.begin() as connection:
        _add_predicted_case(connection, read_state="'new'", label="'sick'")
        connection.execute(text(ANNOTATION), {"case": "c1", "revision": 1, "verdict": "accept"})
    upgraded(store)
    with store.read() as tx:
        prediction = tx.predictions.get("c1", frame=0, model="m")
        (annotation,) = tx.annotations.revisions("c1", frame=0)
    assert prediction is not None and prediction.support is None and prediction.supported
    assert (prediction.label, prediction.probability) == ("sick", 0.75)
    assert (annotation.verdict, annotation.support) == ("accept", None)
    assert [(row.label, row.support) for row in rows(store)] == [("sick", None)]


def test_the_way_back_keeps_all_but_the_predictions_of_refused_images(database_url: str) -> None:
    store = SqlStore(database_url)
    with store.write() as tx:
        for number in (1, 2, 3):
            tx.cases.add(case(number, model="m"))
    save(store, "c1", 0.9)
    for case_id in ("c2", "c3"):
        save(store, case_id, refused())
    with store.write() as tx:
        tx.annotations.add(signed("c1", 1, "accept"))
        tx.annotations.add(signed("c2", 1, "rightly refused"))
    store.close()
    _step(database_url, "0005")
    with store.engine.connect() as connection:
        verdicts = connection.execute(text("SELECT verdict, text FROM annotation ORDER BY id"))
        assert list(verdicts) == [("accept", "why"), ("supplement", "rightly refused: why")]
        assert list(connection.execute(text("SELECT case_id, label FROM prediction"))) == [
            ("c1", "sick")
        ]
        states = connection.execute(text('SELECT read_state, verdict FROM "case" ORDER BY id'))
        assert list(states) == [("read", "accept"), ("read", "supplement"), ("open", None)]
    for table in ("annotation", "prediction"):
        with pytest.raises(IntegrityError), store.engine.begin() as connection:
            column = "verdict" if table == "annotation" else "label"
            value = "'wrongly refused'" if table == "annotation" else "NULL"
            connection.execute(text(f"UPDATE {table} SET {column} = {value}"))
    store.close()
    _step(database_url, HEAD)
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    assert [row.label for row in rows(store)] == [None, None, "sick"]
    store.close()


def test_what_was_read_before_sites_had_settings_was_read_under_the_models_own(
    store_of: Callable[[str], SqlStore], upgraded: Callable[[SqlStore], Path | None]
) -> None:
    store = store_of("0007")
    with store.engine.begin() as connection:
        _add_predicted_case(connection)
        connection.execute(text(JOB), {"id": "j1", "kind": "predict"})
    upgraded(store)
    with store.read() as tx:
        prediction = tx.predictions.get("c1", frame=0, model="m", site="")
        assert prediction is not None and prediction.site is None
        assert (tx.cases.get("c1").site, tx.jobs.get("j1").site) == ("", "")
    assert prediction is not None
    stamp = SiteStamp("e" * 64, "2026-11-26", 240)
    with store.write() as tx:
        tx.predictions.save(
            "c1",
            frame=0,
            model="m",
            prediction=replace(prediction, site=stamp),
            negative_class="well",
            now=NOW,
        )
    with store.read() as tx:  # both are there, neither for the other
        own = tx.predictions.get("c1", frame=0, model="m", site="")
        of_site = tx.predictions.get("c1", frame=0, model="m", site=stamp.digest)
    assert own == prediction
    assert of_site is not None and of_site.site == stamp
    store.close()
    _step(str(store.engine.url), "0007")
    with store.engine.connect() as connection:
        assert list(connection.execute(text("SELECT case_id FROM prediction"))) == [("c1",)]
    store.close()


def test_heatmaps_of_before_mask_readers_were_searched_and_measured_maps_go_on_the_way_back(
    store_of: Callable[[str], SqlStore], upgraded: Callable[[SqlStore], Path | None]
) -> None:
    store = store_of("0008")
    with store.engine.begin() as connection:
        _add_predicted_case(connection)
        values = {"id": "e1", "node": "class:sick", "digest": MDMSettings().digest}
        connection.execute(text(EXPLANATION), values)
    upgraded(store)
    with store.read() as tx:
        searched = tx.explanations.get("e1")
        assert searched.drawn_by == SEARCH
        assert tx.predictions.maps("c1", frame=0, model="m") is None
    measured = replace(
        searched,
        explanation_id="e2",
        tier="instant",
        settings_digest=TIERS["instant"].digest,
        drawn_by=READER,
    )
    with store.write() as tx:
        tx.explanations.add(measured)
    with store.engine.begin() as connection:
        for name in ("j1", "b1"):
            connection.execute(text(JOB), {"id": name, "kind": "explain"})
        connection.execute(text("UPDATE job SET explanation_id = 'e2'"))
        connection.execute(text("UPDATE job SET tier = 'instant' WHERE id = 'j1'"))
        item = {"position": 0, "path": "a", "state": "done", "file": "f"}
        connection.execute(text(ITEM), item)
        connection.execute(text("UPDATE job_item SET explanation_id = 'e2'"))
    with store.read() as tx:
        assert tx.explanations.get("e2") == measured
    store.close()
    _step(str(store.engine.url), "0008")
    with store.engine.connect() as connection:
        assert list(connection.execute(text("SELECT id FROM explanation"))) == [("e1",)]
        assert list(connection.execute(text("SELECT id, explanation_id FROM job"))) == [
            ("b1", None)
        ]
        assert connection.scalar(text("SELECT explanation_id FROM job_item")) is None
        assert len(list(connection.execute(text("SELECT * FROM prediction")))) == 1
    store.close()


def test_signatures_from_before_the_audit_name_no_entry_and_the_way_back_loses_it(
    store_of: Callable[[str], SqlStore], upgraded: Callable[[SqlStore], Path | None]
) -> None:
    store = store_of("0009")
    with store.engine.begin() as connection:
        _add_predicted_case(connection)
        connection.execute(text(ANNOTATION), {"case": "c1", "revision": 1, "verdict": "accept"})
    upgraded(store)
    with store.write() as tx:
        (before,) = tx.annotations.revisions("c1", frame=0)
        assert (before.audit_sequence, before.audit_hash, before.audit_salt) == (None, None, None)
        tx.audit.append(event(1))
    with store.read() as tx:
        assert tx.audit.missing_guards() == () and tx.audit.count() == 1
    store.close()
    _step(str(store.engine.url), "0009")
    _step(str(store.engine.url), HEAD)
    with store.read() as tx:
        assert tx.audit.missing_guards() == () and tx.audit.count() == 0
        assert tx.annotations.revisions("c1", frame=0) == (before,)
    store.close()


def test_a_verdict_or_a_confidence_that_there_is_not_is_refused_by_the_table(
    database_url: str,
) -> None:
    store = SqlStore(database_url)
    with store.write() as tx:
        tx.cases.add(case(1, model="m"))
        for revision, verdict in enumerate(VERDICTS, start=1):
            tx.annotations.add(signed("c1", revision, verdict))
    for change in ("verdict = 'nonsense'", "confidence = 9"):
        with pytest.raises(IntegrityError), store.engine.begin() as connection:
            connection.execute(text(f"UPDATE annotation SET {change}"))
    store.close()


def test_a_migration_that_fails_changes_nothing(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _with_second_migration(tmp_path, monkeypatch, SECOND + '    op.execute("no such statement")\n')
    with pytest.raises(Exception, match="no such"):
        upgrade(sqlite_url, backups=tmp_path / "backups", now=NOW)
    store = SqlStore(sqlite_url)
    with store.engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == HEAD
        columns = len(Base.metadata.tables["case"].columns)
        counted = text("SELECT count(*) FROM pragma_table_info('case')")
        assert connection.scalar(counted) == columns


def test_a_database_that_lost_rows_by_another_programs_hand_is_refused_in_words(
    store_of: Callable[[str], SqlStore], upgraded: Callable[[SqlStore], Path | None]
) -> None:
    store = store_of("0002")
    _insert_case(store, "c1", "a.dcm", study="1.2", minute=0)
    with store.engine.begin() as connection:
        connection.execute(text(JOB), {"id": "b1", "kind": "batch"})
    with sqlite3.connect(str(store.engine.url.database)) as other:
        other.execute("UPDATE job SET case_id = 'nowhere'")
    other.close()
    with pytest.raises(Damaged, match=r"rows belong to others.*python -m app restore FILE"):
        upgraded(store)
    with store.engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "0002"


def test_a_database_of_a_later_version_is_not_touched(sqlite_url: str, tmp_path: Path) -> None:
    store = SqlStore(sqlite_url)
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '7777'"))
    with pytest.raises(Refused, match="later version"):
        upgrade(sqlite_url, backups=tmp_path, now=NOW)
