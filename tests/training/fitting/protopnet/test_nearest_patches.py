from dprotonet.bundle.bundle import Bundle


def test_training_leaves_the_nearest_patches_of_every_prototype_in_the_bundle(
    patches, class_folder
):
    bundle = Bundle.load(patches)
    assert len(bundle.nearest) == 6 * len(bundle.prototype_ids)
    for name in bundle.prototype_ids:
        own = [patch for patch in bundle.nearest if patch.prototype == name]
        similar = [patch.similarity for patch in own]
        assert similar == sorted(similar, reverse=True)
        assert len({patch.sample_id for patch in own}) == 6
        assert all(patch.picture is not None for patch in own)


def test_the_nearest_patch_is_the_one_that_the_prototype_was_projected_onto(patches):
    bundle = Bundle.load(patches)
    for record in bundle.prototypes:
        nearest = next(patch for patch in bundle.nearest if patch.prototype == record.id)
        assert len(record.sources) == 1 and record.sources[0].similarity > 0.99
        assert nearest.similarity >= record.sources[0].similarity - 1e-3
        assert nearest.classes[0] in bundle.classes


def test_a_network_that_compares_regions_keeps_none(trained):
    assert Bundle.load(trained).nearest == ()
