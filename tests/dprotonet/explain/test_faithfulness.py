import json

import pytest
import torch

from dprotonet.explain.explanation import Faithfulness
from dprotonet.explain.faithfulness import curves, keep_and_remove, measure
from dprotonet.explain.masking.masks import ranked
from dprotonet.explain.nodes import ClassNode
from dprotonet.explain.settings import MDMSettings
from tests.dprotonet.explain.toys import SIZE, opened, patch_mask, toy_image

POSITION = (6, 22)


def probe(x=None, **settings):
    return opened(
        toy_image(squares=POSITION) if x is None else x,
        [ClassNode(1), ClassNode(0)],
        MDMSettings(precision="float32", **settings),
    )


def right_and_wrong():
    right = patch_mask(*POSITION).float()
    return torch.stack([right, 1 - right])


def test_a_full_mask_is_the_image_and_an_empty_one_the_fill():
    subject = probe()
    values = subject.values(torch.stack([torch.ones(SIZE, SIZE), torch.zeros(SIZE, SIZE)]))
    torch.testing.assert_close(values[0], subject.before, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(values[1], subject.filled, atol=1e-5, rtol=1e-5)


def test_a_map_of_the_patch_is_faithful_and_its_reverse_is_not():
    subject = probe()
    right, wrong = measure(
        subject,
        right_and_wrong(),
        [0, 0],
        steps=8,
        area=(16 / SIZE) ** 2,
        generator=torch.Generator().manual_seed(1),
    )
    assert right.beats_random and not wrong.beats_random
    assert right.score > 0.5 > 0 > wrong.score
    assert right.hidden_value < 0.2 < 0.8 < right.kept_value
    assert right.random_insertion_auc == wrong.random_insertion_auc


def test_the_same_map_is_unfaithful_for_the_other_class():
    subject = probe()
    maps = right_and_wrong()[:1].repeat(2, 1, 1)
    for_squares, for_none = keep_and_remove(subject, maps, [0, 1], (0.1, 0.3)).tolist()
    assert for_squares > 0.5 and for_none < -0.5


def test_curves_run_from_the_fill_to_the_image_and_back():
    subject = probe()
    inserted, deleted = curves(subject, ranked(right_and_wrong()), steps=5)
    assert inserted.shape == deleted.shape == (2, 6, 2)
    assert torch.equal(inserted[:, 0], deleted[:, -1])
    assert torch.equal(inserted[:, -1], deleted[:, 0])


def test_the_area_under_a_flat_curve_is_its_height():
    subject = probe(x=toy_image())  # no squares: nothing to lose
    (flat,) = measure(
        subject,
        torch.rand(1, SIZE, SIZE, generator=torch.Generator().manual_seed(2)),
        [0],
        steps=4,
        area=0.2,
        generator=torch.Generator().manual_seed(1),
    )
    assert flat.insertion_auc == pytest.approx(float(subject.before[0]), abs=0.02)
    assert flat.deletion_auc == pytest.approx(float(subject.before[0]), abs=0.02)


@pytest.mark.parametrize("fill", ["blur", "mean", "noise", "zero"])
def test_figures_name_their_fill_and_survive_json(fill):
    (result,) = measure(
        probe(fills=(fill,)),
        right_and_wrong()[:1],
        [0],
        steps=4,
        area=0.2,
        generator=torch.Generator().manual_seed(1),
    )
    assert result.fill == fill
    assert Faithfulness.from_json(json.loads(json.dumps(result.to_json()))) == result
