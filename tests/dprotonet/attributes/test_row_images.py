import numpy as np
import pytest

from dprotonet.attributes.encodings.cpcr import CpcR
from dprotonet.attributes.row_images import RowImages
from dprotonet.modeling.preprocessing import Preprocessing
from tests.dprotonet.row_bundle import row_images, small_table, source_rows

ROW = source_rows()["sample-00"]


def test_the_networks_input_is_the_image_pixel_by_pixel():
    image = row_images().image(ROW)
    unit, placement = Preprocessing(64).place(image)
    assert (unit.permute(1, 2, 0).mul(255).round().byte().numpy() == image.pixels).all()
    assert placement.valid_mask().all()


def test_shares_sum_to_one_and_say_how_much_lay_on_the_background():
    shares = row_images().shares(ROW, np.random.default_rng(0).random((64, 64)))
    assert sum(shares.by_attribute.values()) == pytest.approx(1)
    assert list(shares.by_attribute) == list(small_table().names)
    assert 0 < shares.on_attributes < 0.05


def test_a_heatmap_on_one_point_is_its_two_attributes_by_halves():
    images = row_images()
    row, column = images.encoding.cells(images.table.units(ROW))[1]
    heatmap = np.zeros((64, 64), np.float32)
    heatmap[4 * row : 4 * row + 4, 4 * column : 4 * column + 4] = 0.7
    shares = images.shares(ROW, heatmap)
    assert shares.by_attribute == pytest.approx(
        {"radius": 0, "texture": 0, "stage": 0.5, "smoothness": 0.5}
    )
    assert shares.on_attributes == pytest.approx(1)
    assert [name for name, _ in shares.ranked][:2] == ["stage", "smoothness"]


def test_a_heatmap_beside_all_attributes_prefers_none():
    shares = row_images().shares(ROW, np.zeros((64, 64)))
    assert set(shares.by_attribute.values()) == {0.25}
    assert shares.on_attributes == 0


@pytest.mark.parametrize("heatmap", [np.zeros((32, 32)), np.full((64, 64), -1.0)])
def test_what_is_no_heatmap_of_the_image_is_refused(heatmap):
    with pytest.raises(ValueError, match="heatmap"):
        row_images().shares(ROW, heatmap)


def test_json_brings_table_and_encoding_back():
    assert RowImages.from_json(row_images().to_json()) == row_images()


def test_an_encoding_of_another_table_is_refused():
    with pytest.raises(ValueError, match="another number"):
        RowImages(small_table(), CpcR((0, 1)))
