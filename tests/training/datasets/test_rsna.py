from training.datasets.samples import Box


def test_rsna_gathers_the_boxes_of_an_image(made):
    samples, _ = made("rsna")
    assert samples["aaa"].boxes == (Box(10, 12, 8, 9, "opacity"), Box(30, 12, 8, 9, "opacity"))
    assert [s.label for s in samples.values()] == [1, 0, 0]
