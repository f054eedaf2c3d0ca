"""Real schedulers and workers on the loopback device, and what is said where there is none."""

from __future__ import annotations

import builtins
import json
import socket
from collections import Counter
from pathlib import Path, PurePath
from types import SimpleNamespace

import pytest

from dprotonet.bundle.bundle import Bundle
from dprotonet.cli.arguments import PredictRequest
from dprotonet.cli.inputs import InputFile
from dprotonet.cli.recorded import dispatch
from dprotonet.cli.recorded.dispatch import KILLER, Dispatch, SchedulerGone, connected
from dprotonet.cli.recorded.recorders import run_digest
from dprotonet.errors import ReadableError, WrongRequest
from tests.dprotonet.cli.recorded import deadly_work
from tests.dprotonet.cli.recorded.clusters import cluster
from tests.dprotonet.cli.small_images import write_broken, write_png
from tests.paths import ROOT

STARTING = 180  # seconds that workers may take to be there, on a busy machine


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with cluster(tmp_path_factory.mktemp("cluster"), workers=2) as found:
        yield found


def sources(*names: str) -> list[tuple[InputFile, None]]:
    return [(InputFile(Path(name), PurePath(name), 1), None) for name in names]


def test_workers_write_what_one_process_writes_and_a_second_run_nothing(
    shell, bundle, address, tmp_path
):
    for number in range(6):
        write_png(tmp_path / "in" / f"{number}.png", seed=number)
    write_broken(tmp_path / "in" / "broken.png")
    (tmp_path / "in" / "text.txt").write_text("No finding.")
    out = tmp_path / "r.jsonl"
    command = ("predict", tmp_path / "in", "--model", bundle, "--out", out)

    assert shell(*command, "--scheduler", address)[0] == 1
    written = out.read_bytes()
    assert shell(*command, "--scheduler", address)[0] == 1
    assert out.read_bytes() == written
    _, usual, _ = shell("predict", tmp_path / "in", "--model", bundle)
    records = [json.loads(line) for line in written.splitlines()]
    for record in records:
        del record["run"], record["last_of_file"]
    assert sorted(records, key=lambda one: one["path"]) == usual


def test_explanations_are_written_by_the_workers(shell, bundle, address, tmp_path):
    for number in range(2):
        write_png(tmp_path / "in" / f"{number}.png", seed=number)
    status, _, _ = shell(
        *("explain", tmp_path / "in", "--model", bundle, "--tier", "instant"),
        *("--out", tmp_path / "maps", "--records", tmp_path / "r.jsonl", "--scheduler", address),
    )

    records = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text().splitlines()]
    assert status == 0 and len(records) == 2
    assert all(Path(path).is_file() for one in records for path in one["files"].values())


def test_a_worker_that_cannot_open_the_files_stops_the_run(bundle, address, tmp_path):
    with connected(address) as client:
        client.wait_for_workers(2, timeout=STARTING)
        request = PredictRequest((), bundle, "cpu", "json")
        run = run_digest(request, Bundle.load(bundle, with_model=False))
        with pytest.raises(ReadableError, match="A worker cannot do this: there is no"):
            list(Dispatch(client, request, run).made(iter(sources(str(tmp_path / "away.png")))))


# Last of those on the cluster: its workers are new then, and have imported nothing yet.
def test_a_worker_that_dies_loses_nothing_and_only_its_killer_is_blamed(address, tmp_path):
    names = [f"innocent {n}" for n in range(12)]
    names[3:3] = ["killer", "once"]
    with connected(address) as client:
        client.wait_for_workers(2, timeout=STARTING)
        one = Dispatch(client, None, str(tmp_path), work=deadly_work.run)  # type: ignore[arg-type]
        records = [record for made in one.made(iter(sources(*names))) for record in made]

    assert Counter(record["path"] for record in records) == Counter(names)
    assert [record["path"] for record in records if "error" in record] == ["killer"]
    assert records[-1]["error"] == KILLER


def test_where_no_scheduler_answers_the_error_says_so(shell, bundle, tmp_path, monkeypatch):
    monkeypatch.setattr(dispatch, "CONNECT_SECONDS", 0.5)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens there
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        status, _, err = shell(
            *("predict", write_png(tmp_path / "a.png"), "--model", bundle),
            *("--out", tmp_path / "r.jsonl", "--scheduler", address),
        )

    assert status == 2 and f"No dask scheduler answers at {address}" in err


def test_without_dask_the_error_says_how_to_install_it(monkeypatch):
    usual = builtins.__import__

    def refuse(name, *rest, **more):
        if name == "distributed":
            raise ImportError(name)
        return usual(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)

    with pytest.raises(WrongRequest, match="pip install distributed=="), connected("tcp://x:1"):
        pass


def test_the_version_to_install_is_the_one_that_is_tested():
    pinned = (ROOT / "requirements-dev.txt").read_text().splitlines()

    assert f"{dispatch.MISSING.split()[-1]} \\" in pinned


class FakeClient:
    """A scheduler that goes away with the work, or never does it."""

    def __init__(self, status: str) -> None:
        self.status, self.cancelled, self._answer = "running", [], status

    def submit(self, work, request, run, source, place, *, pure):
        future = SimpleNamespace(key=source.path.name, status=self._answer)
        is_over = self._answer != "pending"
        future.add_done_callback = lambda call: call(future) if is_over else None
        return future

    def nthreads(self):
        return {"worker": 1}

    def cancel(self, futures):
        self.cancelled += [future.key for future in futures]


def test_a_scheduler_that_goes_away_ends_the_run_with_a_sentence():
    client = FakeClient("cancelled")

    with pytest.raises(SchedulerGone, match="give the same command"):
        next(Dispatch(client, None, "1").made(iter(sources("a", "b"))))  # type: ignore[arg-type]
    assert client.cancelled == ["b"]


def test_an_interrupt_cancels_what_is_at_hand(monkeypatch):
    client = FakeClient("pending")
    one = Dispatch(client, None, "1")  # type: ignore[arg-type]
    monkeypatch.setattr(one, "_next", lambda: (_ for _ in ()).throw(KeyboardInterrupt))

    with pytest.raises(KeyboardInterrupt):
        next(one.made(iter(sources("a", "b", "c"))))
    assert client.cancelled == ["a", "b"]
