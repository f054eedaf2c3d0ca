from dprotonet.modeling.classifiers.options import ClassifierOptions
from dprotonet.modeling.concepts.options import ConceptOptions
from dprotonet.modeling.options import ModelOptions

CLASSES = ("none", "finding")


def test_every_kind_of_network_names_its_reasons_in_one_order():
    kinds = (
        (ModelOptions(CLASSES, prototypes_per_class=1), ("prototype", "prototype")),
        (
            ConceptOptions(CLASSES, ("device",), concept_classes=(1,)),
            ("concept", "other", "other"),
        ),
        (ClassifierOptions(CLASSES, "torchvision", "resnet18"), ()),
    )
    for options, expected in kinds:
        assert options.prototype_kinds == expected
        assert len(options.prototype_ids) == len(options.prototype_classes) == len(expected)
        assert options.part_of("backbone.conv.weight") in options.parts
