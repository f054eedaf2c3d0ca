import numpy as np

from dprotonet.prototypes.kmeans import class_kmeans


def test_kmeans_finds_groups_that_are_there_and_leaves_no_centre_empty():
    chance = np.random.default_rng(0)
    groups = np.eye(3)[np.arange(30) % 3] + chance.normal(0, 0.02, (30, 3))
    vectors = np.repeat(groups[:, None], 3, axis=1)
    start = np.array([[1.0, 0.1, 0.0], [1.0, 0.0, 0.1], [1.0, 0.1, 0.1]])
    result = class_kmeans(vectors, start, "cosine")
    groups_of = sorted(sorted({row % 3 for row in members}) for members in result.members)
    assert groups_of == [[0], [1], [2]]
