from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt
from scipy.stats import chi2_contingency

from training.data.splits import split_of
from training.datasets.phantom.dataset import phantom_samples
from training.datasets.phantom.parameters import FINDINGS, Shortcut


@pytest.fixture(scope="module")
def listed():
    return phantom_samples(17, 2400)


def test_an_image_does_not_depend_on_how_many_are_listed(listed):
    assert phantom_samples(17, 40) == listed[:40]


def test_another_seed_lists_other_images(listed):
    other = phantom_samples(18, 40)
    assert {s.facts.seed for s in other}.isdisjoint(s.facts.seed for s in listed)


def test_every_class_and_split_has_its_fraction_of_images(listed):
    counts = np.bincount([s.label for s in listed], minlength=len(FINDINGS))
    assert counts.min() > 0.2 * len(listed)
    shares = [split_of(s.patient_id) for s in listed]
    assert 0.15 < shares.count("test") / len(listed) < 0.25


def test_patients_have_several_images_in_one_row(listed):
    patients = [s.patient_id for s in listed]
    assert max(patients.count(p) for p in set(patients[:50])) > 1
    assert all(
        a.facts.patient_seed == b.facts.patient_seed
        for a, b in pairwise(listed)
        if a.patient_id == b.patient_id
    )


@pytest.mark.parametrize(
    "fact",
    ["view", "sex", "habitus", "marker_side", "marker_text", "devices", "shape", "exposure"],
)
def test_what_misleads_is_independent_of_the_class(listed, fact):
    def value(facts):
        if fact == "shape":
            return facts.rows, facts.columns
        if fact == "devices":
            return len(facts.devices)
        return facts.exposure > 1 if fact == "exposure" else getattr(facts, fact)

    values = sorted({value(s.facts) for s in listed})
    assert len(values) > 1
    table = np.zeros((len(values), len(FINDINGS)))
    for sample in listed:
        table[values.index(value(sample.facts)), sample.label] += 1
    table = table[table.sum(axis=1) >= 40]  # the test wants at least about ten a cell
    assert chi2_contingency(table).pvalue > 0.001


def test_a_shortcut_goes_with_its_class_alone():
    samples = phantom_samples(19, 1200, shortcut=Shortcut("effusion", 0.9, 0.1))
    shares = [
        np.mean([s.facts.shortcut_token for s in samples if s.label == label])
        for label in range(len(FINDINGS))
    ]
    at = FINDINGS.index("effusion")
    assert abs(shares[at] - 0.9) < 0.06
    assert all(abs(share - 0.1) < 0.06 for k, share in enumerate(shares) if k != at)


def test_loading_in_parallel_gives_the_same_images():
    samples = phantom_samples(23, 6, size=96)
    alone = [s.load().pixels for s in samples]
    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(lambda s: s.load().pixels, samples))
    assert all(np.array_equal(a, b) for a, b in zip(alone, together, strict=True))


def test_a_sample_is_named_by_its_pixels():
    first, second = phantom_samples(23, 2, size=96)
    assert first.image_sha256() == first.image_sha256(first.load())
    assert first.image_sha256() != second.image_sha256()
    assert first.mask().any() == (first.label != FINDINGS.index("none"))


def test_a_finding_is_evidence_that_alone_is_gone_without_it():
    everywhere = Shortcut("effusion", 1.0, 1.0)  # its token stays
    found = [s for s in phantom_samples(1, 14, size=96, shortcut=everywhere) if s.label]
    assert {s.label for s in found} == {1, 2, 3}
    for sample in found:
        evidence, image = sample.evidence(), sample.load()
        assert evidence.kind == "finding" and np.array_equal(evidence.mask, sample.mask())
        change = np.abs(image.pixels.astype(float) - evidence.without.pixels)
        away = distance_transform_edt(~evidence.mask) / 96  # of the image's side
        assert change[away > 0.3].max() == 0
        assert change[away < 0.1].sum() > 0.95 * change.sum()
        assert change[evidence.mask].mean() > 10 * change[away > 0.1].mean()
