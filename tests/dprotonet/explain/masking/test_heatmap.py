import pytest
import torch

from dprotonet.explain.masking.heatmap import INK, inked, scaled, voted
from dprotonet.explain.masking.masks import ranked


def maps():
    at = torch.linspace(0, 1, 16)
    return torch.stack([at[:, None].expand(16, 16), at[None, :].expand(16, 16)])


def test_the_vote_adds_the_masks_scaled_alike():
    one = voted(maps() * torch.tensor([1.0, 4.0])[:, None, None])
    assert one[-1, -1] == 2
    assert one[-1, 0] == pytest.approx(one[0, -1])


def test_the_vote_drops_what_few_masks_mark():
    six = torch.zeros(6, 10, 10)
    six[:, 0] = 1.0
    six[5, 9, 9] = 0.5  # the only mark of one mask among six, beside its first row
    six[5, 1:9] = 0.6
    assert voted(six)[0].min() > 0


def test_scaling_keeps_the_raw_range_and_marks_nothing_outside():
    valid_mask = torch.ones(16, 16, dtype=torch.bool)
    valid_mask[0] = False
    one = scaled(maps()[0] * 4 - 1, valid_mask)
    assert one.raw_range == pytest.approx((4 / 15 - 1, 3.0), abs=1e-5)
    assert one.values[0].max() == 0 and one.values[1].min() == 0 and one.values.max() == 1


@pytest.mark.parametrize("to_heatmap", [scaled, inked])
def test_an_entirely_flat_map_marks_nothing(to_heatmap):
    assert to_heatmap(torch.full((8, 8), 3.0)).values.max() == 0


def test_ink_keeps_the_order_of_the_pixels_and_is_the_same_for_every_map():
    raw = torch.randn(2, 32, 32, generator=torch.Generator().manual_seed(0))
    raw[1] = raw[1].exp() * 100
    heats = [inked(one) for one in raw]
    for one, heatmap in zip(raw, heats, strict=True):
        assert torch.equal(ranked(one[None]), ranked(heatmap.values[None]))
        assert heatmap.values.max() == 1 and heatmap.raw_range == (
            float(one.min()),
            float(one.max()),
        )
    assert heats[0].values.sum() == pytest.approx(float(heats[1].values.sum()))
    assert heats[0].values.mean() == pytest.approx(INK, rel=0.02)


def test_ink_is_spread_over_the_image_alone():
    valid_mask = torch.zeros(32, 32, dtype=torch.bool)
    valid_mask[:16] = True
    raw = torch.randn(32, 32, generator=torch.Generator().manual_seed(0)) + 9 * (~valid_mask)
    heatmap = inked(raw, valid_mask).values
    assert heatmap[16:].max() == 0 and heatmap.max() == 1
    assert heatmap[:16].mean() == pytest.approx(INK, rel=0.02)
