import pytest
import torch

from dprotonet.explain.reader.images import ReaderImages, of_tensor


def test_every_image_is_trained_on_or_stops_the_training():
    images = torch.arange(20.0)[:, None, None, None].expand(-1, 3, 4, 4)
    given = of_tensor(images, seed=1)
    assert sorted([*given.train.tolist(), *given.validation.tolist()]) == list(range(20))
    assert len(given.validation) == 3
    assert torch.equal(given.load(torch.tensor([4, 2])), images[[4, 2]])


def test_without_masks_the_image_fills_the_grid_and_no_body_is_asked_for():
    given = of_tensor(torch.zeros(5, 3, 4, 4))
    like = torch.zeros(2, 3, 4, 4)
    assert given.valid(torch.tensor([0, 1]), like).all()
    assert given.body(torch.tensor([0, 1]), like) is None


def test_masks_go_with_their_rows():
    masks = torch.eye(3, dtype=torch.bool)[:, :, None].expand(-1, -1, 3)
    rows = torch.arange(3)
    given = ReaderImages(lambda r: torch.zeros(len(r), 3, 3, 3), rows, rows, masks, ~masks)
    like = torch.zeros(1, 3, 3, 3)
    assert torch.equal(given.valid(torch.tensor([2]), like), masks[2:])
    assert torch.equal(given.body(torch.tensor([2]), like), ~masks[2:])


def test_what_cannot_be_trained_on_is_refused():
    with pytest.raises(ValueError, match="at least 4"):
        of_tensor(torch.zeros(3, 3, 8, 8))
    with pytest.raises(ValueError, match="at least 4"):
        of_tensor(torch.zeros(9, 3, 8, 6))
    with pytest.raises(ValueError, match="train on"):
        ReaderImages(lambda rows: rows, torch.arange(3), torch.arange(0))
