import pytest

from dprotonet.bundle.reader.facts import ReaderFacts


def test_facts_go_to_json_and_back(read):
    facts = read.reader_facts
    assert facts is not None
    assert ReaderFacts.from_json(facts.to_json()) == facts


@pytest.mark.parametrize(
    "spoil",
    [
        {"made_with": {"backbone": "0" * 64}},
        {"made_with": {"backbone": "0" * 64, "masks": "short"}},
        {"images": -1},
        {"steps": True},
        {"fills": [3]},
        {"validation": float("nan")},
        {"validation_before": "much"},
        {"another": 1},
        {"options": {}},
    ],
)
def test_facts_that_cannot_be_are_refused(read, spoil):
    with pytest.raises(ValueError, match="mask reader"):
        ReaderFacts.from_json({**read.reader_facts.to_json(), **spoil})


def test_a_reader_is_bound_to_backbone_and_masks_alone(read):
    parts, facts = dict(read.manifest.parts), read.reader_facts
    assert facts.fits(parts)
    assert facts.fits({**parts, "prototypes": "0" * 64, "head": "0" * 64})
    assert not facts.fits({**parts, "masks": "0" * 64})
    assert not facts.fits({**parts, "backbone": "0" * 64})
