import torch

from dprotonet.modeling.options import ModelOptions
from tests.dprotonet.tiny_bundle import network_input, tiny_images, tiny_model
from tests.dprotonet.tiny_concepts import tiny_concept_model


def networks():
    options = ModelOptions(("none", "finding"), prototypes_per_class=2, depth=8, image_size=64)
    return tiny_model(options), tiny_concept_model()


def test_the_logits_are_the_sum_of_what_the_reasons_add():
    for network in networks():
        with torch.inference_mode():
            said = network(network_input(tiny_images(2)))
            added = network.contributions(said.similarities)
        assert added.shape == (8, 2, len(network.prototype_ids))
        assert torch.allclose(added.sum(dim=-1), said.logits, atol=1e-5)


def test_every_tensor_belongs_to_a_part():
    for network in networks():
        keys = [key for tensors in network.parts().values() for key in tensors]
        assert sorted(keys) == sorted(network.state_dict())
        assert set(network.part_digests()) == set(network.options.parts)
