import pytest

from dprotonet.errors import WrongRequest
from dprotonet.explain.nodes import (
    ClassNode,
    ConceptNode,
    PrototypeNode,
    VectorNode,
    marked_nodes,
    node_of,
    parse_node,
)
from tests.dprotonet.tiny_concepts import CONCEPTS, make_tiny_concept_bundle

CLASSES = ("none", "effusion")
IDS = ("p00", "p01", "p02")


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("class:effusion", ClassNode(1, "effusion")),
        ("prototype:p02", PrototypeNode(2, "p02")),
        ("vector:p00", VectorNode(0, "p00")),
    ],
)
def test_a_node_is_read_from_its_text_and_writes_the_same_text(text, node):
    assert parse_node(text, CLASSES, IDS) == node
    assert node.name == text


def test_class_alone_is_the_predicted_class():
    assert parse_node("class", CLASSES, IDS, predicted="effusion") == ClassNode(1, "effusion")


def test_class_alone_without_a_prediction_asks_for_a_name():
    with pytest.raises(WrongRequest, match="class:none or class:effusion"):
        parse_node("class", CLASSES, IDS)


def test_a_class_name_may_hold_colons_and_spaces():
    classes = ("no finding", "a: b")
    assert parse_node("class:a: b", classes).index == 1


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("class:pleural", "class:none or class:effusion"),
        ("prototype:p77", "prototype:p00, prototype:p01 or prototype:p02"),
        ("vector:", "vector:p00, vector:p01 or vector:p02"),
        ("logit:3", "class, class:none or class:effusion"),
        ("", "prototype:p00"),
    ],
)
def test_a_wrong_node_is_a_sentence_that_lists_the_choices(text, choices):
    with pytest.raises(WrongRequest) as caught:
        parse_node(text, CLASSES, IDS)
    assert choices in str(caught.value)
    assert str(caught.value).endswith(".")


def test_a_plain_classifier_is_said_to_have_no_prototypes():
    with pytest.raises(WrongRequest, match="no prototypes"):
        parse_node("prototype:p00", CLASSES)


def test_a_long_list_of_choices_is_cut_short():
    with pytest.raises(WrongRequest) as caught:
        parse_node("prototype:x", CLASSES, [f"p{i:02}" for i in range(40)])
    assert "p39" in str(caught.value) and "p20" not in str(caught.value)


def test_a_concept_is_a_node_by_its_name(tmp_path):
    node = parse_node("concept:AP view", CLASSES, concepts=("token", "AP view"))
    assert node == ConceptNode(1, "AP view") and node.name == "concept:AP view"
    bundle = make_tiny_concept_bundle(tmp_path / "concepts", responses=False)
    assert node_of(bundle, f"concept:{CONCEPTS[0]}") == ConceptNode(0, CONCEPTS[0])
    with pytest.raises(WrongRequest, match="no prototypes"):
        node_of(bundle, f"prototype:{CONCEPTS[0]}")


def test_a_mask_reader_marks_classes_and_what_has_a_name(tmp_path):
    bundle = make_tiny_concept_bundle(tmp_path / "concepts", responses=False)
    names = [node.name for node in marked_nodes(bundle)]
    assert names == ["class:none", "class:finding", *(f"concept:{name}" for name in CONCEPTS)]


def test_a_wrong_concept_is_a_sentence_that_lists_the_choices():
    with pytest.raises(WrongRequest, match="Choose concept:token or concept:AP view"):
        parse_node("concept:x", CLASSES, concepts=("token", "AP view"))
    with pytest.raises(WrongRequest, match="no concepts"):
        parse_node("concept:x", CLASSES, IDS)
