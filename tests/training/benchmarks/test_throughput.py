import json

import pytest

from training.__main__ import main


def test_throughput_prints_its_ratios(capsys):
    words = ["throughput", "nih", "--films", "8", "--repeats", "1", "--device", "cpu"]
    for setting in ("weights=none", "image_size=64", "depth=16", "batch_size=8"):
        words += ["--set", setting]
    assert main(words) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["epoch"]["share_of_bare_loop"] > 0
    assert result["update"]["passes"] > 0
    memory = result["memory"]
    assert (memory["films"], memory["prototypes"]) == ([16, 128], 200)
    vectors = 112 * 200 * 16 * 4 / 2**20  # images, prototypes, depth, bytes
    assert memory["all_vectors_would_add_mb"] == pytest.approx(vectors, abs=0.1)
