"""The head is noted outside, and found again there."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from app.domain.errors import Refused
from app.services.audit import anchors, reading, verifying
from app.services.uploading import intake
from app.services.workplace import Workplace
from tests.app.services.workplaces import png
from tests.app.store.audit.tampering import run, take_guards_down


@pytest.fixture
def line(workplace: Workplace) -> str:
    """The anchor of a chain of two entries."""
    for number in range(2):
        intake.add(workplace, png(number), name="a.png")
    return anchors.anchor_line(workplace)


def test_an_anchor_in_a_file_is_compared(workplace: Workplace, line: str, tmp_path: Path) -> None:
    file = tmp_path / "anchors.txt"
    anchors.append_to_file(line, file)
    intake.add(workplace, png(2), name="b.png")
    anchors.append_to_file(anchors.anchor_line(workplace), file)
    first, second = noted = anchors.read_file(file)
    assert (first.sequence, second.sequence) == (2, 3)
    assert second.hash == reading.head(workplace).hash
    assert verifying.verify(workplace, anchors=noted).count == 0
    take_guards_down(workplace.store)
    run(workplace.store, "DELETE FROM audit WHERE sequence = 3")
    told = verifying.verify(workplace, anchors=noted).problems
    assert told[-1].endswith("names entry 3, but the chain ends with entry 2.")


def test_anchors_are_found_among_the_lines_of_a_log(line: str, tmp_path: Path) -> None:
    log = tmp_path / "syslog"
    log.write_text(f"Nov 27 02:40 host cron: hello\nNov 27 02:41 host {line}\n\n")
    (anchor,) = anchors.read_file(log)
    assert anchor.sequence == 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "no anchor in"),
        ("dprotonet-audit entry=2 hash=", "Line 1 of the anchors was altered or cut off"),
        (f"dprotonet-audix entry=2 hash={'a' * 64} at=now", "Line 1 of the anchors"),
    ],
)
def test_what_is_no_anchor_is_refused(text: str, sentence: str, tmp_path: Path) -> None:
    file = tmp_path / "anchors.txt"
    file.write_text(text)
    with pytest.raises(Refused, match=sentence):
        anchors.read_file(file)
    with pytest.raises(Refused, match="could not be read"):
        anchors.read_file(tmp_path / "none")


def test_without_an_entry_there_is_nothing_to_anchor(workplace: Workplace, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no entry yet"):
        anchors.anchor_line(workplace)
    with pytest.raises(Refused, match="could not be written"):
        anchors.append_to_file("", tmp_path / "none" / "anchors.txt")


@pytest.mark.skipif(sys.platform == "win32", reason="a socket as a file")
def test_a_system_log_gets_the_line_and_one_that_is_not_there_is_told(tmp_path: Path) -> None:
    address = str(tmp_path / "log")
    with pytest.raises(Refused, match="No system log listens"):
        anchors.send_to_syslog("dprotonet-audit", address)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(address)
        anchors.send_to_syslog("dprotonet-audit entry=2", address)
        assert b"dprotonet-audit entry=2" in listener.recv(999)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        anchors.send_to_syslog("dprotonet-audit", f"127.0.0.1:{listener.getsockname()[1]}")
        assert b"dprotonet-audit" in listener.recv(999)
