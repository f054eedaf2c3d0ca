"""The commands for tokens of programs."""

from pathlib import Path

import pytest

from app.cli.main import main


def test_a_token_is_made_listed_and_revoked(data: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["tokens", "list"]) == 0
    assert "There is no token yet" in capsys.readouterr().out
    assert main(["tokens", "add", "night batch", "--days", "7"]) == 0
    token = capsys.readouterr().out.splitlines()[-1]
    assert len(token) > 40
    assert main(["tokens", "list"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert "night batch" in line and "never used" in line and token not in line
    assert main(["tokens", "revoke", line.split()[0]]) == 0
    assert main(["tokens", "revoke", line.split()[0]]) == 1
    assert main(["tokens", "add", "one", "--user", "ann"]) == 1
    assert "There are no accounts here" in capsys.readouterr().err
