def test_palm_reads_its_classes_from_names_and_joins_black_lesions(made):
    samples, _ = made("palm")
    assert {k: s.label for k, s in samples.items()} == {"H0001": 0, "N0001": 0, "P0001": 1}
    drawn = samples["P0001"].mask()
    assert drawn.sum() == 100 + 50 and drawn[6, 6] and drawn[32, 32] and not drawn[0, 0]
    assert samples["N0001"].mask is None
