import json
import os
import subprocess
import sys

import pytest
import torch

from dprotonet.bundle.bundle import Bundle
from tests.training.conftest import PLAIN, SMALL
from training.cli.parser import main

SETTINGS = (
    *SMALL,
    "name=shared",
    "epochs=2",
    "batch_norm=frozen",
    "class_balance=false",
    "blackbox=false",
    *PLAIN,
)


def _words(folder, out):
    words = ["train", "folder", "--data", str(folder), "--out", str(out), "--device", "cpu"]
    return words + [word for setting in SETTINGS for word in ("--set", setting)]


def _train_by_two(folder, out):
    """What the one process that speaks prints."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    launcher = ["torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m"]
    line = [sys.executable, "-m", *launcher, "training", *_words(folder, out)]
    done = subprocess.run(line, env=environment, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def trained(class_folder, tmp_path_factory):
    """The same training by this process and by two others, of which one writes."""
    one, two = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("two")
    assert main(_words(class_folder, one)) == 0
    return one, two, _train_by_two(class_folder, two)


def test_two_processes_come_to_what_one_comes_to(trained):
    one, two, _ = trained
    first, second = (Bundle.load(out / "bundle") for out in (one, two))
    histories = [b.card.training["history"] for b in (first, second)]
    for a, b in zip(*histories, strict=True):
        assert a["log_loss"] == pytest.approx(b["log_loss"], abs=2e-3)
    own, other = first.model.state_dict(), second.model.state_dict()
    assert torch.allclose(own["head.weight"], other["head.weight"], atol=2e-2)
    cosine = torch.nn.functional.cosine_similarity(own["prototypes"], other["prototypes"])
    assert cosine.min() > 0.999


def test_only_one_of_them_writes_and_prints(trained):
    _, two, printed = trained
    assert json.loads(printed)["bundle"].endswith("bundle")
    assert len(json.loads((two / "run.json").read_text())["starts"]) == 1
    assert len(list(two.rglob("events.out.tfevents*"))) == 1
