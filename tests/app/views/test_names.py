"""Names of files and classes are shown as text, on every page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from app.services import explanations, models, review
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.views.shared.format import JOINER, chart_text, plain
from dprotonet.images.types import GrayOrColourImage
from dprotonet.inference.prediction import Prediction
from tests.app.services.workplaces import png
from tests.app.views.conftest import FullPool
from tests.app.views.names import CLASSES, FILES
from tests.app.views.screen import Screen, bare
from tests.dprotonet.tiny_bundle import make_tiny_bundle

# Kinds of elements that read no Markdown in what they are given; a chart is looked at by itself.
TEXT_ONLY = {"selectbox", "text", "text_area", "text_input", "arrow_data_frame", "bidi_component"}


class OddPool(FullPool):
    """A model with odd names of classes."""

    def predict(self, model: str, image: GrayOrColourImage) -> Prediction:
        found = super().predict(model, image)
        named = dict(zip(("none", "finding"), CLASSES, strict=True))
        return replace(
            found,
            label=named[found.label],
            probabilities={named[name]: p for name, p in found.probabilities.items()},
            logits={named[name]: logit for name, logit in found.logits.items()},
            matches=tuple(
                replace(match, class_name=named[match.class_name]) for match in found.matches
            ),
        )


@pytest.fixture
def pool() -> FullPool:
    return OddPool()


@pytest.fixture
def odd(workplace: Workplace) -> Workplace:
    """The workplace with a model of odd classes, which is active."""
    make_tiny_bundle(workplace.settings.own_models / "odd", CLASSES, name="odd")
    models.activate(workplace, "odd")
    return workplace


def strings(message: Any) -> Iterator[str]:
    """All text in a message of Streamlit's."""
    for field, value in message.ListFields():
        for one in value if field.is_repeated else [value]:
            if field.message_type is not None:
                if not field.message_type.GetOptions().map_entry:
                    yield from strings(one)
            elif isinstance(one, str) and field.name != "id":
                yield one


def markdown(screen: Screen) -> list[str]:
    """All text of a page that may be read as Markdown."""
    found: list[str] = []
    for node in screen.app.main:
        kind = getattr(node, "type", "")
        if kind not in TEXT_ONLY | {"plotly_chart"} and getattr(node, "proto", None) is not None:
            found += strings(node.proto)
    return found


def check(screen: Screen, *shown: str) -> None:
    texts = markdown(screen)
    for name in (*FILES, *CLASSES):
        assert not [text for text in texts if name in text]
    for name in shown:
        assert any(name in bare(text) for text in texts), f"{name} is not on the page"


def test_every_page_escapes_the_names_of_files_and_classes(
    screen: Screen, odd: Workplace, worker: Callable[[], int]
) -> None:
    ids = [
        str(intake.add(odd, png(number, level=level), name=name).case_id)
        for number, (name, level) in enumerate(zip(FILES, [200, 20] * 9, strict=False))
    ]
    worker()
    check(screen.run(), *FILES, CLASSES[1])
    for case_id, right in zip(ids[:2], CLASSES, strict=True):  # a finding and a negative
        explanations.request(odd, case_id, node=f"class:{CLASSES[1]}")
        review.sign(
            odd,
            case_id,
            verdict="reject",
            corrected_label=right,
            confidence=1,
            expected_revision=0,
        )
    for file, case_id in zip(FILES[:2], ids[:2], strict=True):
        screen.app.query_params["case"] = case_id
        check(screen.run(), "Explaining" if file == FILES[0] else CLASSES[1])
    worker()
    for file, case_id in zip(FILES[:2], ids[:2], strict=True):
        screen.app.query_params["case"] = case_id
        check(screen.run(), file, *CLASSES, f"Class {CLASSES[1]}")
        charts = screen.app.get("plotly_chart")
        assert charts and not [chart for chart in charts if "<a" in chart.proto.spec]
    screen.app.query_params.clear()
    screen.open("batch").upload(("www.example.com.png", png(99))).press("Start")
    worker()
    check(screen.run(), "www.example.com.png")
    screen.open("annotations")
    screen.app.session_state["notes-table"] = {
        "selection": {"rows": [0], "columns": [], "cells": []}
    }
    check(screen.run(), FILES[1])
    check(screen.open("model"), *CLASSES)


@pytest.mark.parametrize(
    "name",
    [
        *FILES,
        *CLASSES,
        "https://x.y/z",
        "WWW.example.com",
        "mailto:me@example.com",
        ":+1:",
        ":streamlit:",
        ":material/home:",
        "a <- b",
        "a <-> b",
        "1 >= 0 ~= 0",
        "    code",
        "one\r\n\ttwo",
    ],
)
def test_what_is_put_in_between_can_be_taken_out_again_and_nothing_else_changes(name: str) -> None:
    shown = plain(name)
    assert bare(shown) == " ".join(name.split())
    assert name not in shown, "something keeps it from being read as markup"


def test_ordinary_names_get_no_invisible_letters() -> None:
    for name in ("00001992_002.jpg", "Röntgen Thorax (2).dcm", "IM000001", "no pneumonia, 40 %"):
        assert JOINER not in plain(name)


def test_what_turns_text_around_or_is_no_text_is_left_out() -> None:
    assert bare(plain("a\u202egnp.exe")) == "agnp.exe"
    assert bare(plain("a\udcff.png")) == "a?.png"
    assert chart_text("a\udcff & <b>") == "a? &amp; &lt;b&gt;"
