"""``audit verify``, ``audit head`` and ``audit anchor``, also after a backup was restored."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from app.cli.arguments import parse
from app.cli.main import main
from app.cli.requests import AnchorAudit, ShowAuditHead, VerifyAudit
from app.settings import Settings
from app.store.sql_store import SqlStore
from tests.app.cli.test_upkeep import add, backup, settings
from tests.app.store.audit.tampering import run, take_guards_down
from tests.paths import ROOT

__all__ = ["add", "settings"]
DOCS = ROOT / "docs" / "audit.md"
Capture = pytest.CaptureFixture


def verified(capsys: Capture, *more: str) -> tuple[int, list[str]]:
    capsys.readouterr()
    status = main(["audit", "verify", *more])
    return status, capsys.readouterr().out.splitlines()


def test_one_changed_byte_is_found_and_named(
    settings: Settings, add: Callable[[int, int], None], capsys: Capture
) -> None:
    add(0, 3)
    status, (summary,) = verified(capsys)
    assert status == 0 and summary.startswith("3 entries read, 0 anchors compared: all agree.")
    store = SqlStore(settings.store_url)
    take_guards_down(store)
    run(store, "UPDATE audit SET actor = 'Reader Onf' WHERE sequence = 2")
    store.close()
    status, lines = verified(capsys)
    assert status == 1
    assert lines[-2:] == [
        "Entry 2: actor (actor) does not agree with what was recorded.",
        "3 entries read, 0 anchors compared: 4 problems.",
    ]


def test_a_head_is_printed_anchored_and_compared(
    settings: Settings, add: Callable[[int, int], None], tmp_path: Path, capsys: Capture
) -> None:
    assert main(["audit", "head"]) == 1
    assert "no entry yet" in capsys.readouterr().err
    add(0, 2)
    file = tmp_path / "anchors.txt"
    assert main(["audit", "anchor", "--file", str(file)]) == 0
    assert main(["audit", "head"]) == 0
    anchored, head = capsys.readouterr().out.splitlines()
    assert anchored.split(" at=")[0] == head.split(" at=")[0] and "entry=2 " in head
    assert file.read_text() == f"{anchored}\n"
    add(2, 3)
    assert verified(capsys, "--anchors", str(file))[0] == 0
    inside = settings.data / "anchors.txt"
    assert main(["audit", "anchor", "--file", str(inside)]) == 0
    assert "lies in the data folder" in capsys.readouterr().err
    assert main(["audit", "anchor", "--syslog", str(tmp_path / "none")]) == 1
    assert "No system log listens" in capsys.readouterr().err


def test_a_restored_chain_goes_on_and_says_where_it_was_cut(
    settings: Settings, add: Callable[[int, int], None], tmp_path: Path, capsys: Capture
) -> None:
    file = tmp_path / "anchors.txt"
    add(0, 2)
    saved = backup(capsys)
    add(2, 6)
    assert main(["audit", "anchor", "--file", str(file)]) == 0
    assert main(["restore", saved]) == 0
    before = re.search("before: (.*)", capsys.readouterr().out)
    status, lines = verified(capsys)
    assert status == 0 and lines[0].startswith("3 entries read")
    add(2, 3)
    status, lines = verified(capsys, "--anchors", str(file))
    assert status == 1 and lines[:-1] == [
        "The anchor of {} names entry 6, but the chain ends with entry 4. Entry 3 says that a "
        "backup was restored then: entries 3 to 6 of before are in the copy that the restore "
        "made.".format(file.read_text().split("at=")[1].strip())
    ]
    assert before is not None and main(["restore", before[1]]) == 0
    assert verified(capsys, "--anchors", str(file))[0] == 0  # what was saved is whole


def test_a_restore_without_a_database_before_is_recorded(
    settings: Settings, add: Callable[[int, int], None], capsys: Capture
) -> None:
    add(0, 1)
    saved = backup(capsys)
    store = SqlStore(settings.store_url)
    run(store, "DROP TABLE alembic_version", "DROP TABLE audit")
    store.close()
    assert main(["restore", saved]) == 0
    status, (summary,) = verified(capsys)
    assert status == 0 and summary.startswith("2 entries read")


def test_the_documents_commands_are_the_programs() -> None:
    commands = re.findall(r"python -m app audit ([a-z][^`\n]*)", DOCS.read_text(encoding="utf-8"))
    requests = {type(parse(["audit", *shlex.split(command)])) for command in commands}
    assert requests == {VerifyAudit, ShowAuditHead, AnchorAudit}
