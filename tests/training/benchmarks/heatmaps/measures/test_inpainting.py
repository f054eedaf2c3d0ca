import torch

from training.benchmarks.heatmaps.measures.inpainting import inpainted

SIDE = 28
WHOLE = torch.ones(SIDE, SIDE, dtype=torch.bool)
EMPTY = torch.full((3, SIDE, SIDE), 9.0)


def noise(seed=0):
    return torch.rand(3, SIDE, SIDE, generator=torch.Generator().manual_seed(seed))


def hole(rows=slice(10, 18), columns=slice(8, 20)):
    mask = torch.ones(1, SIDE, SIDE)
    mask[:, rows, columns] = 0
    return mask


def test_what_is_shown_stays_and_what_is_hidden_leaves_no_trace():
    image, mask = noise(), hole()
    filled = inpainted(image, mask, WHOLE, EMPTY)
    changed = torch.where(mask.bool()[0], image, noise(1))
    assert torch.equal(filled[0][:, mask[0] == 1], image[:, mask[0] == 1])
    assert torch.equal(filled, inpainted(changed, mask, WHOLE, EMPTY))
    assert not torch.allclose(filled[0], image)


def test_a_slope_goes_on_through_a_hole():
    slope = torch.linspace(0, 1, SIDE).expand(3, SIDE, SIDE)
    error = (inpainted(slope, hole(), WHOLE, EMPTY) - slope).abs()
    assert error.max() < 0.1  # the hole is 0.44 wide
    assert (slope.mean() - slope)[:, 10:18, 8:20].abs().max() > 0.2  # what its mean would show


def test_one_shown_pixel_gives_its_colour_to_all():
    image, mask = noise(), torch.zeros(1, SIDE, SIDE)
    mask[0, 3, 4] = 1
    filled = inpainted(image, mask, WHOLE, EMPTY)[0]
    assert torch.allclose(filled, image[:, 3, 4][:, None, None].expand_as(filled), atol=1e-5)


def test_with_nothing_shown_there_is_the_given_colour_and_the_masks_of_a_batch_are_apart():
    image, none = noise(), torch.zeros(1, SIDE, SIDE)
    both = inpainted(image, torch.cat([none, hole()]), WHOLE, EMPTY)
    assert torch.equal(both[0], EMPTY)
    assert torch.allclose(both[1], inpainted(image, hole(), WHOLE, EMPTY)[0], atol=1e-6)


def test_the_padding_stays_and_gives_its_colour_to_nothing():
    image, valid_mask = noise(), WHOLE.clone()
    valid_mask[:, :6] = False
    image[:, :, :6] = -50.0
    filled = inpainted(image, hole(columns=slice(6, 20)), valid_mask, EMPTY)[0]
    assert torch.equal(filled[:, :, :6], image[:, :, :6])
    assert filled[:, :, 6:].min() >= 0
