import json
import subprocess
import sys

import pytest

from dprotonet.inference.support import Support

OUTSIDE = Support("outside", 41.2, 15.0, 18.3, ("unlike the others", "modality US"))


@pytest.mark.parametrize(
    "support", [OUTSIDE, Support("inside"), Support("inside", 2.5, 15.0, 18.3)]
)
def test_what_the_gate_says_comes_back_from_json_unchanged(support):
    assert Support.from_json(json.loads(json.dumps(support.to_json()))) == support


def test_only_outside_is_unsupported():
    assert not OUTSIDE.supported
    assert Support("caution", reasons=("at the edge",)).supported
    assert Support("inside").supported


def test_the_reasons_are_one_sentence():
    assert OUTSIDE.sentence == "Unlike the others; modality US."
    assert Support("inside").sentence == ""


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"verdict": "maybe"}, "verdict"),
        ({"verdict": "outside"}, "reason"),
        ({"verdict": "inside", "reasons": ("odd",)}, "reason"),
        ({"verdict": "inside", "distance": float("nan")}, "finite"),
    ],
)
def test_a_verdict_checks_itself(values, why):
    with pytest.raises(ValueError, match=why):
        Support(**values)


def test_verdicts_need_no_torch():
    code = "import sys, dprotonet.inference.support; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=".").returncode == 0
