import json

import numpy as np

from dprotonet.images.reader import read_frames
from training.datasets.phantom.demo_cases import CASES, DEMO_CASES, write_demo_cases


def test_the_demo_cases_are_those_that_the_command_writes(tmp_path):
    index = write_demo_cases(tmp_path)
    cases = json.loads(index.read_text(encoding="utf-8"))["cases"]
    assert [case["file"] for case in cases] == [case.file for case in DEMO_CASES]
    for case in cases:
        frames = list(read_frames(tmp_path / case["file"]))
        assert len(frames) == len(case["frames"])
        for frame in case["frames"]:
            assert (frame["box"] is None) == (frame["finding"] == "none")
        # On the machine that made them they are equal to the bit. Another processor's exp and
        # power may differ in the last bit, which moves a few pixels by a step.
        committed = read_frames(CASES / case["file"])
        for new, old in zip(frames, committed, strict=True):
            assert np.abs(new.unit() - old.unit()).max() < 0.02
    assert sum(f.stat().st_size for f in CASES.iterdir()) < 6_000_000
