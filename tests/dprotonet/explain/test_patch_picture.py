import numpy as np

from dprotonet.explain.patch_picture import BOX_COLOUR, with_box, with_map
from dprotonet.prototypes.own_map import OwnMap

GREY = np.full((112, 112), 90, np.uint8)


def test_a_box_of_the_network_s_square_is_drawn_on_a_picture_of_another_size():
    picture = with_box(GREY, (32, 64, 96, 128), 224)
    painted = (picture == BOX_COLOUR).all(axis=2)
    rows, columns = np.flatnonzero(painted.any(axis=1)), np.flatnonzero(painted.any(axis=0))
    assert (rows[0], rows[-1], columns[0], columns[-1]) == (16, 47, 32, 63)
    assert not painted[20:40, 40:55].any() and (picture[30, 48] == 90).all()


def test_a_map_colours_the_place_that_is_most_similar_and_leaves_the_rest():
    cells = np.zeros((7, 7), np.float32)
    cells[1, 1] = 1.0
    activation = OwnMap.of(cells)
    assert activation is not None
    picture = with_map(GREY, activation).astype(int)
    assert np.abs(picture[24, 24] - 90).max() > 30
    assert (picture[90, 90] == 90).all()
