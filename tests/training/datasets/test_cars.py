from training.datasets.samples import Box


def test_cars_reads_its_matlab_tables(made):
    samples, dataset = made("cars")
    assert dataset.classes[1] == "Acura RL Sedan 2012"
    assert samples["test-00002"].official_split == "test" and samples["test-00002"].label == 1
    assert samples["train-00001"].boxes == (Box(3, 4, 30, 40, "car"),)
