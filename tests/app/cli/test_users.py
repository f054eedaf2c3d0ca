"""The commands for users, and the link that they print."""

from pathlib import Path

import pytest

from app.cli.main import main


def test_users_are_added_listed_changed_and_closed(
    data: Path, capsys: pytest.CaptureFixture
) -> None:
    assert main(["users", "list"]) == 0
    assert "There is no user yet" in capsys.readouterr().out
    assert main(["users", "add", "Root", "--role", "admin", "--role", "lead"]) == 0
    assert "http://localhost:8501/sign-in/link?key=" in capsys.readouterr().out
    assert main(["users", "add", "ann", "--role", "reader"]) == 0
    assert main(["users", "roles", "ann", "--role", "auditor"]) == 0
    assert main(["users", "disable", "ann"]) == 0
    assert main(["users", "reset", "root"]) == 0
    capsys.readouterr()
    assert main(["users", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["ann  auditor  disabled", "root  admin, lead  has set no password yet"]
    assert main(["users", "enable", "ann"]) == 0
    assert main(["users", "disable", "root"]) == 1
    assert main(["users", "add", "bob", "--role", "king"]) == 1
    err = capsys.readouterr().err
    assert "only administrator" in err and "no role “king”" in err
