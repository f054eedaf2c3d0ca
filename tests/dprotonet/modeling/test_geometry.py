import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dprotonet.modeling.geometry import Placement

sides = st.integers(1, 700)
networks = st.integers(8, 256)
aspects = st.floats(0.3, 3)
image_settings = settings(max_examples=60, deadline=None)


@image_settings
@given(height=sides, width=sides, network=networks, aspect=aspects)
def test_an_image_fills_the_network_in_one_direction_and_keeps_its_aspect(
    height: int, width: int, network: int, aspect: float
):
    placement = Placement.of((height, width), network, aspect)
    rows, columns = placement.resized
    assert max(rows, columns) == network
    # The shorter side is rounded to whole pixels, and no image is thinner than one.
    tall, wide = height * aspect, float(width)
    assert abs(rows - max(1, network * min(1, tall / wide))) <= 0.5
    assert abs(columns - max(1, network * min(1, wide / tall))) <= 0.5
    over = (network - rows - 2 * placement.offset[0], network - columns - 2 * placement.offset[1])
    assert set(over) <= {0, 1}


@image_settings
@given(height=sides, width=sides, network=networks)
def test_a_full_map_comes_back_full_on_exactly_the_stored_grid(
    height: int, width: int, network: int
):
    placement = Placement.of((height, width), network)
    full = placement.map_to_stored(placement.valid_mask().float())
    assert full.shape == (height, width)
    assert torch.all(full == 1)


@image_settings
@given(height=sides, width=sides, network=networks, seed=st.integers(0, 99))
def test_no_value_leaves_its_range_in_either_direction(
    height: int, width: int, network: int, seed: int
):
    placement = Placement.of((height, width), network)
    image = torch.rand(2, height, width, generator=torch.Generator().manual_seed(seed))
    seen = placement.to_network(image, fill=-1)
    valid_mask = seen[:, placement.valid_mask()]
    assert torch.all(seen[:, ~placement.valid_mask()] == -1)
    assert valid_mask.min() >= image.min() and valid_mask.max() <= image.max()
    back = placement.map_to_stored(seen)
    assert back.min() >= valid_mask.min() and back.max() <= valid_mask.max()


@image_settings
@given(
    height=st.integers(30, 500),
    width=st.integers(30, 500),
    y=st.floats(0, 1),
    x=st.floats(0, 1),
    aspect=aspects,
)
def test_a_point_comes_back_within_a_pixel_of_the_coarser_grid(
    height: int, width: int, y: float, x: float, aspect: float
):
    placement = Placement.of((height, width), 128, aspect)
    row, column = int(y * (height - 1)), int(x * (width - 1))
    box = placement.box_to_network((column, row, column + 1, row + 1))
    centre_x, centre_y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    marked = torch.zeros(128, 128)
    marked[int(centre_y), int(centre_x)] = 1
    peak = int(placement.map_to_stored(marked).argmax())
    # One network pixel may be many stored ones; then the peak is anywhere in it.
    coarse_y = max(1.0, height / placement.resized[0])
    coarse_x = max(1.0, width / placement.resized[1])
    assert abs(peak // width - row) <= coarse_y
    assert abs(peak % width - column) <= coarse_x


@image_settings
@given(
    height=sides,
    width=sides,
    network=networks,
    aspect=aspects,
    corners=st.tuples(*[st.floats(0, 1)] * 4),
)
def test_boxes_go_there_and_back(height, width, network, aspect, corners):
    placement = Placement.of((height, width), network, aspect)
    x0, x1 = sorted(corners[:2])
    y0, y1 = sorted(corners[2:])
    box = (x0 * width, y0 * height, x1 * width, y1 * height)
    there = placement.box_to_network(box)
    assert all(-1e-6 <= value <= network + 1e-6 for value in there)
    assert placement.box_to_stored(there) == pytest.approx(box, abs=1e-6)


def test_a_box_that_reaches_over_the_padding_is_cut_at_the_image():
    placement = Placement.of((100, 50), 200)
    assert placement.box_to_stored((0, 0, 200, 200)) == (0, 0, 50, 100)


def test_the_image_stands_in_the_middle():
    placement = Placement.of((100, 50), 224)
    assert placement.resized == (224, 112) and placement.offset == (0, 56)


def test_flat_pixels_are_stretched_to_their_true_shape():
    # Each pixel twice as high as wide: 50 rows of 100 columns are a square image.
    assert Placement.of((50, 100), 224, pixel_aspect=2.0).resized == (224, 224)


def test_the_resizing_is_antialiased():
    stripes = torch.zeros(1, 1000, 1000)
    stripes[:, ::2] = 1
    small = Placement.of((1000, 1000), 100).to_network(stripes)
    assert torch.all((small - 0.5).abs() < 0.05)


def test_maps_of_any_leading_shape_come_back():
    placement = Placement.of((30, 20), 16)
    maps = torch.rand(4, 3, 16, 16)
    back = placement.map_to_stored(maps)
    assert back.shape == (4, 3, 30, 20)
    assert torch.equal(back[2, 1], placement.map_to_stored(maps[2, 1]))


def test_a_mask_is_true_where_half_a_network_pixel_is_covered():
    placement = Placement.of((40, 20), 20)
    mask = torch.zeros(40, 20, dtype=torch.bool)
    mask[:20] = True
    seen = placement.mask_to_network(mask)
    assert seen[:10, 5:15].all() and not seen[10:].any() and not seen[:, :5].any()


@pytest.mark.parametrize("shape", [(2, 3), (1, 4, 4), (1, 3, 5)])
def test_an_image_of_another_shape_is_a_mistake_of_the_caller(shape: tuple[int, ...]):
    with pytest.raises(ValueError, match="expected"):
        Placement.of((4, 5), 8).to_network(torch.zeros(shape))


def test_maps_of_another_size_are_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="expected"):
        Placement.of((4, 5), 8).map_to_stored(torch.zeros(7, 8))


@pytest.mark.parametrize("aspect", [0, -1, float("nan"), float("inf")])
def test_an_impossible_aspect_is_a_mistake_of_the_caller(aspect: float):
    with pytest.raises(ValueError, match="aspect"):
        Placement.of((4, 5), 8, aspect)
