from types import SimpleNamespace

import pytest

from dprotonet.errors import ReadableError
from tests.dprotonet.tiny_bundle import make_tiny_bundle
from training.evaluation.gate import gate_figures, support_figures


def judged(*verdicts):
    supports = [None if v is None else SimpleNamespace(verdict=v) for v in verdicts]
    return [SimpleNamespace(support=support) for support in supports]


def test_refused_and_cautioned_images_are_counted_among_those_that_a_gate_read():
    figures = support_figures(judged("outside", "caution", "within", "within", None))
    assert figures == {"support": {"films": 4, "refused": 0.25, "cautioned": 0.25}}
    assert support_figures(judged(None, None)) == {}


def test_a_bundle_without_a_gate_says_how_to_add_one(tmp_path):
    bundle = make_tiny_bundle(tmp_path / "tiny", pictures=False)
    with pytest.raises(ReadableError, match="python -m training support"):
        gate_figures(bundle, (), (tmp_path,))
