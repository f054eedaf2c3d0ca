"""``migrate`` and ``backup``."""

from pathlib import Path

import pytest

from app.cli.main import main


def test_migrate_makes_a_private_folder_and_backup_writes_into_it(
    data: Path, capsys: pytest.CaptureFixture
) -> None:
    assert main(["backup"]) == 1
    assert "nothing to back up" in capsys.readouterr().err
    assert main(["migrate"]) == 0
    assert (data / "review.sqlite3").is_file()
    assert data.stat().st_mode & 0o777 == 0o700
    assert main(["backup"]) == 0
    assert Path(capsys.readouterr().out.splitlines()[-1]).is_file()
