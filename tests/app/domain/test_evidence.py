"""Few reasons, each once, and bars that add up."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.cases import GallerySource, SheetMatch
from app.domain.evidence import MOST_BARS, is_silent, reasons, waterfall
from dprotonet.inference.prediction import PrototypeMatch
from dprotonet.modeling.reasons.options import ReasonKind


def row(
    name: str,
    evidence: float,
    images: str = "",
    *,
    of: str = "finding",
    against: float = 0.0,
    kind: ReasonKind = "prototype",
) -> SheetMatch:
    sources = tuple(
        GallerySource(n, f"i{letter}", letter * 64, 0.1, 0.9, has_picture=True, has_heatmap=True)
        for n, letter in enumerate(images)
    )
    match = PrototypeMatch(name, of, 0.9, evidence + against, against, kind=kind)
    return SheetMatch(match, sources)


def test_prototypes_that_show_the_same_images_are_one_reason() -> None:
    found = reasons([row("p00", 1.0, "abc"), row("p01", 0.5, "abd"), row("p02", 0.25, "cba")])
    assert [reason.prototypes for reason in found] == [("p00", "p02"), ("p01",)]
    assert found[0].evidence == pytest.approx(1.25)


def test_patches_of_one_image_are_one_reason_only_where_they_are_the_same_patch() -> None:
    def patch(name: str, place: str) -> SheetMatch:
        one = row(name, 1.0, "a")
        return replace(one, sources=(replace(one.sources[0], place=place),))

    found = reasons([patch("p00", "00ff"), patch("p01", "ff00"), patch("p02", "00ff")])
    assert [reason.prototypes for reason in found] == [("p00", "p02"), ("p01",)]


def test_only_the_images_that_are_shown_count() -> None:
    assert len(reasons([row("p00", 1.0, "abcd"), row("p01", 0.5, "abce")])) == 1


def test_other_classes_other_directions_and_missing_images_are_reasons_of_their_own() -> None:
    apart = [
        row("p00", 1.0, "abc"),
        row("p01", 1.0, "abc", of="none"),
        row("p02", -1.0, "abc"),
        row("p03", 1.0),
        row("p04", 1.0),
    ]
    assert len(reasons(apart)) == 5


def test_the_bars_go_up_then_down_and_small_ones_of_a_direction_come_together() -> None:
    small = [row(f"p1{n}", 0.01) for n in range(3)]
    bars = waterfall(reasons([row("p00", -0.5), row("p01", 1.0), row("p02", 2.0), *small]))
    assert [bar.reason and bar.reason.prototypes for bar in bars] == [
        ("p02",),
        ("p01",),
        None,
        ("p00",),
    ]
    assert [bar.count for bar in bars] == [1, 1, 3, 1]
    assert [bar.start for bar in bars] == pytest.approx([0.0, 2.0, 3.0, 3.03])


def test_small_ones_for_and_against_do_not_hide_each_other() -> None:
    rows = [row(f"p{n:02}", 1.0 if n % 2 else -1.0) for n in range(MOST_BARS + 4)]
    others = [bar for bar in waterfall(reasons(rows)) if bar.reason is None]
    assert [bar.evidence for bar in others] == [2.0, -2.0]


def test_a_single_small_reason_keeps_its_name_and_one_that_says_nothing_has_no_bar() -> None:
    bars = waterfall(reasons([row("p00", 1.0), row("p01", 0.01), row("p02", 0.0)]))
    assert [bar.reason and bar.reason.prototypes for bar in bars] == [("p00",), ("p01",)]
    assert waterfall(reasons([row("p00", 0.0)])) == ()


@given(st.lists(st.tuples(st.floats(-5, 5), st.sampled_from(["abc", "abd", ""])), max_size=40))
def test_the_bars_always_add_up_and_are_few(parts: list[tuple[float, str]]) -> None:
    matches = [row(f"p{n:02}", value, images) for n, (value, images) in enumerate(parts)]
    bars = waterfall(reasons(matches))
    total = sum(match.match.evidence for match in matches)
    assert sum(bar.evidence for bar in bars) == pytest.approx(total, abs=1e-9)
    assert len(bars) <= MOST_BARS + 2
    assert sum(bar.count for bar in bars) <= len(matches)
    assert bool(bars) or total == pytest.approx(0, abs=1e-9)


def test_a_model_is_silent_only_where_no_prototype_adds_anything() -> None:
    assert is_silent([row("p00", 0.0), row("p01", 0.0)])
    assert not is_silent([row("p00", 0.0, against=0.5)])
    assert not is_silent([row("p00", 0.1)])


def test_a_concept_is_a_reason_of_its_own_and_all_else_is_one() -> None:
    found = reasons(
        [
            row("token", 1.5, "abc", kind="concept"),
            row("leads", 0.4, "abc", kind="concept"),
            row("other (none)", -0.7, kind="other"),
            row("other (finding)", 0.2, kind="other"),
        ]
    )
    assert [reason.name for reason in found] == ["token", "leads", "all else"]
    assert found[2].evidence == pytest.approx(-0.5)
