from dataclasses import replace

import numpy as np
import pytest

from dprotonet.bundle.bundle import Bundle
from dprotonet.inference.predictor import Predictor
from training.evaluation.evidence.check import confirmed_evidence, on_network_grid


@pytest.fixture(scope="module")
def predictor(folder):
    return Predictor(Bundle.load(folder), gate=False)


def test_only_what_the_network_needs_for_the_right_class_is_confirmed(predictor, evident):
    results = [confirmed_evidence(predictor, sample) for sample in evident]
    # The network calls 5 and 6 as the other class, and 4 and 7 the same without their evidence.
    assert [number for number, result in enumerate(results) if result] == [0, 1, 2, 3]
    assert [result.kind for result in results if result] == ["patch", "text", "patch", "text"]


def test_a_sample_without_evidence_has_none(predictor, samples):
    assert confirmed_evidence(predictor, samples[0]) is None


def test_what_is_too_small_for_the_network_s_grid_cannot_be_looked_for(predictor, evident):
    whole = evident[0].evidence()
    nothing = replace(whole, mask=np.zeros_like(whole.mask))
    assert confirmed_evidence(predictor, replace(evident[0], evidence=lambda: nothing)) is None


def test_it_lies_on_the_network_s_grid_where_it_lies_on_its_own(predictor, evident):
    mask = on_network_grid(predictor, evident[0].evidence())
    assert mask.shape == (64, 64) and mask[:16, :16].all() and mask.sum() == 256
