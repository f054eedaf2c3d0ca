"""Every way out of the command line has its exit status and one line."""

import pytest

import dprotonet
from dprotonet.cli import main as entry
from dprotonet.errors import ReadableError

REQUEST = ["predict", "a.png", "--model", "bundle"]


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (ReadableError("The model\nis damaged."), 2, "The model is damaged.\n"),
        (KeyboardInterrupt(), 130, "Interrupted.\n"),
    ],
)
def test_an_error_of_the_request_and_an_interrupt_are_one_line(
    error, status, line, capsys, monkeypatch
):
    def fail(*_: object) -> int:
        raise error

    monkeypatch.setattr(entry, "_run", fail)

    assert entry.main(REQUEST) == status
    out, err = capsys.readouterr()
    assert (out, err) == ("", line)


def test_what_a_library_prints_does_not_reach_the_records(capsys, monkeypatch):
    def run(request, stdout) -> int:
        print("a remark of a library")
        stdout.write("{}\n")
        return 1

    monkeypatch.setattr(entry, "_run", run)

    assert entry.main(REQUEST) == 1
    out, err = capsys.readouterr()
    assert (out, err) == ("{}\n", "a remark of a library\n")


def test_a_programming_error_is_not_turned_into_a_sentence(monkeypatch):
    monkeypatch.setattr(entry, "_run", lambda *_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        entry.main(REQUEST)


def test_usage_and_version_are_printed_with_status_0(capsys):
    assert entry.main(["--help"]) == 0
    assert capsys.readouterr().out.startswith("usage: ")
    assert entry.main(["--version"]) == 0
    assert capsys.readouterr().out == f"dprotonet {dprotonet.__version__}\n"
