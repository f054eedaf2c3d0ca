"""The waterfall in words and numbers that a radiologist can follow."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from app.views.review.waterfall import odds_text, question, sum_text, waterfall_html

from app.domain.evidence import reasons, waterfall
from dprotonet.inference.prediction import Prediction, PrototypeMatch
from tests.app.domain.test_evidence import row
from tests.app.views.conftest import FullPool
from tests.app.views.screen import Screen, bare

POSITIVE = Prediction(
    label="finding",
    probabilities={"none": 0.2, "finding": 0.8},
    logits={"none": -0.5, "finding": 1.3},
    threshold=0.5,
    matches=(PrototypeMatch("p00", "finding", 0.9, 1.3, -0.5),),
    closest_similarity=0.9,
    no_prototype_is_close=False,
    seconds=0.1,
    bundle="0" * 64,
    runner_up="none",
)


def test_the_rows_say_every_number_in_text_and_end_with_the_sum() -> None:
    bars = waterfall(reasons([row("p00", 2.0, "abc"), row("p01", -0.2), row("p03", 0.5, "abc")]))
    html = waterfall_html(POSITIVE, bars)
    assert "What speaks for “finding” rather than “none”" in html
    rows = re.findall(r'<th scope="row">(.*?)</th>.*?<td>(.*?)</td></tr>', html)
    assert rows == [
        ("p00, p03 · finding", "+2.50"),
        ("p01 · finding", "−0.20"),
        ("Together", "+1.80"),
    ]


def test_names_of_classes_cannot_become_markup() -> None:
    evil = row("p00", 1.0, of="<img src=x onerror=alert(1)>")
    html = waterfall_html(POSITIVE, waterfall(reasons([evil])))
    assert "<img" not in html and "&lt;img" in html


def test_the_sum_is_said_as_odds() -> None:
    assert bare(odds_text(POSITIVE)) == "about 6.0 to 1 for “finding” rather than “none”"
    even = replace(POSITIVE, logits={"none": 1.3, "finding": 1.3})
    assert "even odds" in odds_text(even)
    sure = replace(POSITIVE, logits={"none": -500.0, "finding": 500.0})
    assert "more than 1,000 to 1" in odds_text(sure)


def test_a_class_that_is_called_by_its_threshold_alone_is_said_to_be() -> None:
    unlikely = replace(
        POSITIVE,
        probabilities={"none": 0.6, "finding": 0.4},
        logits={"none": 0.4, "finding": 0.0},
        threshold=0.3,
    )
    text = bare(sum_text(unlikely))
    assert "1.5 to 1 for “none” rather than “finding”" in text
    assert "“finding” is called nevertheless, because of its threshold" in text
    assert "nevertheless" not in sum_text(POSITIVE)


def test_a_negative_call_is_read_from_its_own_side() -> None:
    negative = replace(
        POSITIVE,
        label="none",
        probabilities={"none": 0.8, "finding": 0.2},
        logits={"none": 1.0, "finding": 0.0},
        runner_up="finding",
    )
    assert question(negative) == "speaks for “none” rather than “finding”"
    assert "2.7 to 1 for “none”" in bare(odds_text(negative))


def test_a_prediction_of_an_earlier_version_says_what_its_bars_are() -> None:
    earlier = replace(POSITIVE, runner_up=None)
    assert question(earlier) == "speaks for “finding”"
    assert "saved by an earlier version" in sum_text(earlier)


class SilentPool(FullPool):
    def predict(self, *args: object, **named: object) -> Prediction:  # type: ignore[override]
        said = super().predict(*args)  # type: ignore[arg-type]
        silent = tuple(replace(m, contribution=0.0, against=0.0) for m in said.matches)
        return replace(
            said,
            matches=silent,
            logits=dict.fromkeys(said.logits, 0.0),
            runner_up="none" if said.label == "finding" else "finding",
        )


class RunnerUpPool(FullPool):
    def predict(self, *args: object, **named: object) -> Prediction:  # type: ignore[override]
        said = super().predict(*args)  # type: ignore[arg-type]
        matches = tuple(replace(m, against=-m.contribution) for m in said.matches)
        return replace(said, matches=matches, runner_up="none")


@pytest.fixture
def pool(request: pytest.FixtureRequest) -> FullPool:
    return SilentPool() if "silent" in request.node.name else RunnerUpPool()


def tables(screen: Screen) -> list[str]:
    values = [str(html.value) for html in screen.app.get("html")]
    return [value for value in values if '<table class="waterfall"' in value]


def test_where_all_is_silent_the_page_says_that_no_prototype_speaks(image: Screen) -> None:
    assert "No prototype speaks." in image.text
    assert not tables(image)


def test_the_page_asks_what_speaks_for_one_class_rather_than_the_other(image: Screen) -> None:
    (table,) = tables(image)
    assert "What speaks for “finding” rather than “none”" in table
    assert "Together, before calibration: about" in image.text
    assert "the log-odds of one against the other" in image.text
