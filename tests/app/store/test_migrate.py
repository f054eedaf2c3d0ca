"""Migrations build what the rows say, and nothing is changed without a backup."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from app.domain.errors import Refused
from app.store import SqlStore, migrate
from app.store.backup import KEPT, backup
from app.store.migrate import upgrade
from app.store.rows import Base
from dprotonet.errors import ReadableError
from dprotonet.explain.settings import MDMSettings
from tests.app.store.databases import NOW
from tests.app.store.test_sql_store import case

SECOND = """
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "9999", "0002", None, None
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
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'old.sqlite3'}"
    with monkeypatch.context() as patch:
        copied = tmp_path / "first"
        shutil.copytree(migrate.MIGRATIONS, copied)
        (copied / "versions" / "0002_tiers_of_heatmaps.py").unlink()
        patch.setattr(migrate, "MIGRATIONS", copied)
        upgrade(url, backups=tmp_path / "backups", now=NOW)
    store = SqlStore(url)
    with store.write() as tx:
        tx.cases.add(case(1))
    usual = MDMSettings().digest
    with store.engine.begin() as connection:
        for name, digest in (("e1", usual), ("e2", "0" * 64)):
            connection.execute(text(EXPLANATION), {"id": name, "node": name, "digest": digest})
        for name, kind in (("j1", "explain"), ("j2", "predict")):
            connection.execute(text(JOB), {"id": name, "kind": kind})
    store.close()
    assert upgrade(url, backups=tmp_path / "backups", now=NOW) is not None
    with store.read() as tx:
        found = tx.explanations.of_frame("c1", frame=0, model="m")
        assert {one.explanation_id: one.tier for one in found} == {"e1": "standard", "e2": ""}
        assert [one.is_of_earlier_settings for one in found] == [
            one.explanation_id == "e2" for one in found
        ]
        assert all(one.measured is None and one.measuring_seconds == 0 for one in found)
        assert (tx.jobs.get("j1").tier, tx.jobs.get("j2").tier) == ("standard", None)
    store.close()


def test_a_migration_that_fails_changes_nothing(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _with_second_migration(tmp_path, monkeypatch, SECOND + '    op.execute("no such statement")\n')
    with pytest.raises(Exception, match="no such"):
        upgrade(sqlite_url, backups=tmp_path / "backups", now=NOW)
    store = SqlStore(sqlite_url)
    with store.engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "0002"
        columns = len(Base.metadata.tables["case"].columns)
        counted = text("SELECT count(*) FROM pragma_table_info('case')")
        assert connection.scalar(counted) == columns


def test_a_database_of_a_later_version_is_not_touched(sqlite_url: str, tmp_path: Path) -> None:
    store = SqlStore(sqlite_url)
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '7777'"))
    with pytest.raises(Refused, match="later version"):
        upgrade(sqlite_url, backups=tmp_path, now=NOW)


def test_a_backup_taken_while_others_write_can_be_restored(sqlite_url: str, tmp_path: Path) -> None:
    store = SqlStore(sqlite_url)
    with store.write() as tx:
        tx.cases.add(case(1))
    with store.write() as tx:
        tx.cases.add(case(2))  # not committed yet: not in the backup
        saved = backup(sqlite_url, tmp_path / "backups", now=NOW)
    restored = SqlStore(f"sqlite:///{saved}")
    with restored.read() as tx:
        assert list(tx.cases.ids()) == ["c1"] and tx.cases.get("c1") == case(1)
    assert saved.stat().st_mode & 0o077 == 0


def test_only_the_newest_backups_are_kept(sqlite_url: str, tmp_path: Path) -> None:
    made = [
        backup(sqlite_url, tmp_path / "b", now=NOW + timedelta(hours=n)) for n in range(KEPT + 2)
    ]
    assert sorted((tmp_path / "b").iterdir()) == made[2:]


def test_a_damaged_database_is_not_backed_up_as_if_it_were_well(
    sqlite_url: str, tmp_path: Path
) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    data = bytearray(path.read_bytes())
    data[5000:30000] = b"\xff" * 25000
    path.write_bytes(bytes(data))
    with pytest.raises(ReadableError, match=r"database is damaged.*python -m app restore FILE"):
        backup(sqlite_url, tmp_path / "b", now=NOW)
    assert not list((tmp_path / "b").iterdir())


def _with_second_migration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str = SECOND
) -> None:
    copied = tmp_path / "migrations"
    shutil.copytree(migrate.MIGRATIONS, copied)
    (copied / "versions" / "9999_second.py").write_text(source)
    monkeypatch.setattr(migrate, "MIGRATIONS", copied)
